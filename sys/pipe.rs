//! Pipes, and `read` and `write` on them.

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use crate::{Error, Result, born};

/// `int pipe2(int pipefd[2], int flags)`: makes a pipe, both ends non-blocking and
/// close-on-exec. The first is for reading.
///
/// * strace: `pipe2([3, 4], O_NONBLOCK|O_CLOEXEC) = 0`
/// * `EMFILE`, `ENFILE`: handed up.
/// * Manual page: pipe(2).
pub fn pipe2() -> Result<(OwnedFd, OwnedFd)> {
    born::pipe2()
}

/// `ssize_t read(int fd, void *buf, size_t count)`: 0 is the end.
///
/// * strace: `read(3, "hello", 16384) = 5`
/// * `EAGAIN`: nothing there now; `EINTR`: call again.
/// * Manual page: read(2).
pub fn read(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Result<usize> {
    // SAFETY: `buf` is valid for writing its length.
    let answer = unsafe { libc::read(fd.as_raw_fd(), buf.as_mut_ptr().cast(), buf.len()) };
    Error::check_len("read", fd, answer)
}

/// `ssize_t write(int fd, const void *buf, size_t count)`: how much was taken.
///
/// A pipe whose reader is gone raises SIGPIPE, which Rust programs ignore; programs in other
/// languages that embed this must ignore it themselves, as a pipe has no `MSG_NOSIGNAL`.
///
/// * strace: `write(4, "hello", 5) = 5`
/// * `EAGAIN`: full; `EPIPE`: the reader is gone; `EINTR`: call again.
/// * Manual page: write(2), pipe(7).
pub fn write(fd: BorrowedFd<'_>, buf: &[u8]) -> Result<usize> {
    // SAFETY: `buf` is valid for reading its length.
    let answer = unsafe { libc::write(fd.as_raw_fd(), buf.as_ptr().cast(), buf.len()) };
    Error::check_len("write", fd, answer)
}
