//! Pipes, and `read` and `write` on them.

use std::io::{IoSlice, IoSliceMut};
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

/// [`read`] into the spare capacity of `buf`, which need not be initialised, behind what it
/// holds. Without spare capacity nothing is read, and the answer is 0.
///
/// * strace: `read(3, "hello", 16384) = 5`
/// * Manual page: read(2).
pub fn read_append(fd: BorrowedFd<'_>, buf: &mut Vec<u8>) -> Result<usize> {
    let spare = buf.spare_capacity_mut();
    // SAFETY: `spare` is valid for writing its length, and the kernel reads none of it.
    let answer = unsafe { libc::read(fd.as_raw_fd(), spare.as_mut_ptr().cast(), spare.len()) };
    let n = Error::check_len("read", fd, answer)?;
    // SAFETY: the kernel wrote `n` bytes behind what was there.
    unsafe { buf.set_len(buf.len() + n) };
    Ok(n)
}

/// `IOV_MAX`: how many buffers a call takes at most, on every kernel here.
pub const IOV_MAX: usize = 1024;

fn count(buffers: usize) -> libc::c_int {
    libc::c_int::try_from(buffers).unwrap_or(libc::c_int::MAX)
}

/// `ssize_t readv(int fd, const struct iovec *iov, int iovcnt)`: [`read`] into several buffers,
/// one after the other.
///
/// * strace: `readv(3, [{iov_base="hel", iov_len=3}, {iov_base="lo", iov_len=8}], 2) = 5`
/// * `EAGAIN`: nothing there now; `EINTR`: call again. `EINVAL`: more than [`IOV_MAX`] buffers.
/// * Manual page: readv(2).
pub fn readv(fd: BorrowedFd<'_>, bufs: &mut [IoSliceMut<'_>]) -> Result<usize> {
    // SAFETY: an `IoSliceMut` is an `iovec`, by its promise; each is valid for writing its length.
    let answer =
        unsafe { libc::readv(fd.as_raw_fd(), bufs.as_mut_ptr().cast(), count(bufs.len())) };
    Error::check_len("readv", fd, answer)
}

/// `ssize_t writev(int fd, const struct iovec *iov, int iovcnt)`: [`write()`] from several buffers,
/// one after the other.
///
/// * strace: `writev(4, [{iov_base="hel", iov_len=3}, {iov_base="lo", iov_len=2}], 2) = 5`
/// * `EAGAIN`: full; `EPIPE`: the reader is gone, and SIGPIPE as for [`write()`]; `EINTR`: call
///   again. `EINVAL`: more than [`IOV_MAX`] buffers.
/// * Manual page: writev(2), pipe(7).
pub fn writev(fd: BorrowedFd<'_>, bufs: &[IoSlice<'_>]) -> Result<usize> {
    // SAFETY: an `IoSlice` is an `iovec`, by its promise; each is valid for reading its length.
    let answer = unsafe { libc::writev(fd.as_raw_fd(), bufs.as_ptr().cast(), count(bufs.len())) };
    Error::check_len("writev", fd, answer)
}
