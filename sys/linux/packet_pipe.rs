//! Pipes that keep what was written apart: Linux alone has them.

use std::os::fd::{FromRawFd, OwnedFd};

use crate::{Error, Result};

/// `int pipe2(int pipefd[2], O_DIRECT)`: makes a pipe of packets, both ends non-blocking and
/// close-on-exec. Each `write` of up to `PIPE_BUF` (4096) bytes is a packet, more are several. A
/// `read` takes one packet, and what does not fit into its buffer is lost; it comes back short
/// although others wait behind.
///
/// * strace: `pipe2([3, 4], O_NONBLOCK|O_DIRECT|O_CLOEXEC) = 0`
/// * `EMFILE`, `ENFILE`: handed up. `ENOSYS`: not on Linux, without asking.
/// * Manual page: pipe(2), "O_DIRECT".
pub fn pipe2_direct() -> Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    let flags = libc::O_DIRECT | libc::O_CLOEXEC | libc::O_NONBLOCK;
    // SAFETY: `fds` has room for the two descriptors.
    let answer = unsafe { libc::pipe2(fds.as_mut_ptr(), flags) };
    Error::check("pipe2", answer)?;
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    let read = unsafe { OwnedFd::from_raw_fd(fds[0]) };
    // SAFETY: likewise.
    let write = unsafe { OwnedFd::from_raw_fd(fds[1]) };
    Ok((read, write))
}
