//! A counter in the kernel that can be waited for: the bell of Linux.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use crate::{Error, Result};

/// `int eventfd(unsigned int initval, int flags)`: makes a counter at 0, non-blocking and
/// close-on-exec.
///
/// * strace: `eventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK) = 4`
/// * `EMFILE`, `ENFILE`, `ENOMEM`: handed up.
/// * Manual page: eventfd(2).
pub fn eventfd() -> Result<OwnedFd> {
    // SAFETY: takes no pointers.
    let answer = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
    let fd = Error::check("eventfd2", answer)?;
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// `ssize_t write(int fd, const void *buf, size_t count)` of eight bytes: adds `n`.
///
/// * strace: `write(4, "\1\0\0\0\0\0\0\0", 8) = 8`
/// * `EAGAIN`: the counter would pass 2^64 - 2. `EINTR`: call again.
/// * Manual page: eventfd(2).
pub fn add(counter: BorrowedFd<'_>, n: u64) -> Result<()> {
    let bytes = n.to_ne_bytes();
    // SAFETY: `bytes` is valid for reading its eight bytes.
    let answer = unsafe { libc::write(counter.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) };
    Error::check_len("write", counter, answer).map(drop)
}

/// `ssize_t read(int fd, void *buf, size_t count)` of eight bytes: takes the count and sets it
/// to 0.
///
/// * strace: `read(4, "\3\0\0\0\0\0\0\0", 8) = 8`
/// * `EAGAIN`: it was 0. `EINTR`: call again.
/// * Manual page: eventfd(2).
pub fn take(counter: BorrowedFd<'_>) -> Result<u64> {
    let mut bytes = [0u8; 8];
    // SAFETY: `bytes` is valid for writing its eight bytes.
    let answer = unsafe { libc::read(counter.as_raw_fd(), bytes.as_mut_ptr().cast(), bytes.len()) };
    Error::check_len("read", counter, answer)?;
    Ok(u64::from_ne_bytes(bytes))
}
