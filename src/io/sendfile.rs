//! From a file to a stream, within the kernel.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use eagain_sys::errno;
use eagain_sys::poller::Interest;
use eagain_sys::sendfile as sys;

use crate::source::Source;

/// How much is sent at once: a task that sends to a fast peer gives way now and then.
const MOST: u64 = 128 * 1024;

/// How much is read at once where the kernel does not do it all.
const PIECE: usize = 16 * 1024;

/// Sends up to `count` bytes of a file from `offset` on, which is advanced, without copying them
/// to the program and back. Returns how much it was: less than `count` where the file ends.
///
/// **A file that is not in memory is read from the disk while the loop waits**, 128 KiB at a time:
/// no kernel polls files. What is large and seldom read is rather read by
/// [`offload`](crate::offload()).
///
/// Cancel-safe: `offset` tells how much was sent. System calls: `sendfile`, again after each wait,
/// and one `epoll_ctl` the first time in the stream's life that it waits to write. Where there is
/// no such call (NetBSD, OpenBSD), or not for these two (what is no socket, except on Linux; some
/// file systems), `pread` and that of [`Source::write`] for each 16 KiB. Like `write`, it raises
/// `SIGPIPE` if the other end is gone and the program has not ignored that, as Rust programs do.
///
/// # Errors
/// As reading the file and writing the stream have them.
///
/// ```
/// use std::fs::File;
///
/// use eagain::net::TcpStream;
///
/// /// Answers with a file.
/// async fn answer(stream: &TcpStream, file: &File) -> std::io::Result<()> {
///     let len = file.metadata()?.len();
///     stream.write_all(format!("Content-Length: {len}\r\n\r\n").as_bytes()).await?;
///     let sent = eagain::io::sendfile(stream, file, &mut 0, len).await?;
///     if sent < len { Err(std::io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
/// }
/// ```
pub async fn sendfile(
    stream: &impl AsRef<Source>,
    file: &File,
    offset: &mut u64,
    count: u64,
) -> io::Result<u64> {
    let (stream, begin) = (stream.as_ref(), *offset);
    let end = begin.saturating_add(count);
    while *offset < end {
        let piece = MOST.min(end - *offset) as usize;
        let sent = stream.until(Interest::WRITE, || {
            stream.try_sys(Interest::WRITE, |fd| sys::sendfile(fd, file.as_fd(), *offset, piece))
        });
        match sent.await {
            Ok(0) => break,
            Ok(n) => *offset += n as u64,
            Err(e) if is_beyond_it(&e) => {
                by_hand(stream, file, offset, end).await?;
                break;
            }
            Err(e) => return Err(e),
        }
    }
    Ok(*offset - begin)
}

/// The kernel has no such call, or not for these two.
fn is_beyond_it(e: &io::Error) -> bool {
    let beyond = [errno::ENOSYS, errno::EINVAL, errno::ENOTSOCK, errno::EOPNOTSUPP];
    e.raw_os_error().is_some_and(|errno| beyond.contains(&errno))
}

async fn by_hand(stream: &Source, file: &File, offset: &mut u64, end: u64) -> io::Result<()> {
    let mut buf = vec![0; PIECE];
    while *offset < end {
        let room = (PIECE as u64).min(end - *offset) as usize;
        let read = file.read_at(&mut buf[..room], *offset)?;
        if read == 0 {
            return Ok(());
        }
        let mut rest = &buf[..read];
        while !rest.is_empty() {
            match stream.write(rest).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => {
                    *offset += n as u64;
                    rest = &rest[n..];
                }
            }
        }
    }
    Ok(())
}
