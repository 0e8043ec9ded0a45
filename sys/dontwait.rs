//! Sockets that are blocking and shared with others: told at each call not to wait.

use std::os::fd::{AsRawFd, BorrowedFd};

use crate::{Error, Result, sigpipe};

/// `ssize_t recv(int sockfd, void *buf, size_t len, MSG_DONTWAIT)`: as
/// [`socket::recv`](crate::socket::recv) of a non-blocking socket, whatever this one is.
///
/// * strace: `recvfrom(0, "hello", 16384, MSG_DONTWAIT, NULL, NULL) = 5`
/// * `EAGAIN`: nothing there now; `EINTR`: call again.
/// * Manual page: recv(2).
pub fn recv(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Result<usize> {
    let (start, len) = (buf.as_mut_ptr().cast(), buf.len());
    // SAFETY: `buf` is valid for writing its length.
    let answer = unsafe { libc::recv(fd.as_raw_fd(), start, len, libc::MSG_DONTWAIT) };
    Error::check_len("recvfrom", fd, answer)
}

/// `ssize_t send(int sockfd, const void *buf, size_t len, MSG_DONTWAIT)`: as
/// [`socket::send`](crate::socket::send) to a non-blocking socket, whatever this one is.
///
/// * strace: `sendto(1, "hello", 5, MSG_DONTWAIT|MSG_NOSIGNAL, NULL, 0) = 5`
/// * `EAGAIN`: no room now; `EPIPE`: the other end is gone; `EINTR`: call again.
/// * Manual page: send(2).
pub fn send(fd: BorrowedFd<'_>, buf: &[u8]) -> Result<usize> {
    let flags = libc::MSG_DONTWAIT | sigpipe::FLAG;
    // SAFETY: `buf` is valid for reading its length.
    let answer = unsafe { libc::send(fd.as_raw_fd(), buf.as_ptr().cast(), buf.len(), flags) };
    Error::check_len("sendto", fd, answer)
}
