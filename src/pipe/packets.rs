//! Pipes of packets.

use std::io;

use crate::pipe::{Receiver, Sender};

/// Makes a pipe that keeps what was written apart, which Linux has: each write of up to 4096 bytes
/// is a packet (more are several), each read takes one. What does not fit into the reader's buffer
/// is lost.
///
/// `read_to_end` and its like read across packets, and lose what does not fit as well: here `read`
/// is for you, with a buffer for the largest.
///
/// System calls: one `pipe2` with `O_DIRECT`.
///
/// # Errors
/// `EMFILE`, `ENFILE`: out of descriptors. `ENOSYS` (`Unsupported`): not on Linux.
///
/// ```
/// let (sender, receiver) = match eagain::pipe::packet_pipe() {
///     Err(e) if e.kind() == std::io::ErrorKind::Unsupported => return Ok(()), // not on Linux
///     pipe => pipe?,
/// };
/// sender.try_write(b"one")?;
/// sender.try_write(b"other")?;
/// let mut buf = [0; 4096];
/// assert_eq!(receiver.try_read(&mut buf)?, Some(3));
/// assert_eq!(receiver.try_read(&mut buf)?, Some(5));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn packet_pipe() -> io::Result<(Sender, Receiver)> {
    let (read, write) = eagain_sys::packet_pipe::pipe2_direct()?;
    Ok((Sender::from_non_blocking(write), Receiver::from_non_blocking(read)))
}
