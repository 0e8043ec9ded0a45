//! A connection's bytes in several buffers, and before they are taken.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, BorrowedFd};

use crate::{Error, Result, control, sigpipe};

fn header(buffers: *mut libc::iovec, count: usize) -> libc::msghdr {
    let mut header = control::empty_header();
    header.msg_iov = buffers;
    // More than that (IOV_MAX) the kernel refuses; what is behind them waits for the next call.
    header.msg_iovlen = count.min(1024) as _;
    header
}

/// `ssize_t recvmsg(int sockfd, struct msghdr *msg, int flags)`: as [`recv`](crate::socket::recv),
/// into several buffers, one after the other.
///
/// * strace: `recvmsg(5, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="hel", iov_len=3},
///   {iov_base="lo", iov_len=8}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, 0) = 5`
/// * `EAGAIN`, `ECONNRESET`, `EINTR`: as of `recv`.
/// * Manual page: recvmsg(2).
pub fn recv_vectored(fd: BorrowedFd<'_>, bufs: &mut [IoSliceMut<'_>]) -> Result<usize> {
    let mut header = header(bufs.as_mut_ptr().cast(), bufs.len());
    // SAFETY: std promises that `IoSliceMut` is an iovec, and these are valid for writing.
    let answer = unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut header, 0) };
    Error::check_len("recvmsg", fd, answer)
}

/// `ssize_t sendmsg(int sockfd, const struct msghdr *msg, int flags)`: as
/// [`send`](crate::socket::send), from several buffers, one after the other.
///
/// * strace: `sendmsg(5, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="hel", iov_len=3},
///   {iov_base="lo", iov_len=2}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, MSG_NOSIGNAL) = 5`
/// * `EAGAIN`, `EPIPE`, `ECONNRESET`, `EINTR`: as of `send`.
/// * Manual page: sendmsg(2).
pub fn send_vectored(fd: BorrowedFd<'_>, bufs: &[IoSlice<'_>]) -> Result<usize> {
    let header = header(bufs.as_ptr().cast_mut().cast(), bufs.len());
    // SAFETY: std promises that `IoSlice` is an iovec, and the kernel only reads these.
    let answer = unsafe { libc::sendmsg(fd.as_raw_fd(), &raw const header, sigpipe::FLAG) };
    Error::check_len("sendmsg", fd, answer)
}

/// `ssize_t recv(int sockfd, void *buf, size_t len, int flags)` with `MSG_PEEK`: as
/// [`recv`](crate::socket::recv), but what is read stays to be read.
///
/// * strace: `recvfrom(5, "hello", 64, MSG_PEEK, NULL, NULL) = 5`
/// * Manual page: recv(2).
pub fn peek(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Result<usize> {
    let (to, len) = (buf.as_mut_ptr().cast(), buf.len());
    // SAFETY: `buf` is valid for writing its length.
    let answer = unsafe { libc::recv(fd.as_raw_fd(), to, len, libc::MSG_PEEK) };
    Error::check_len("recvfrom", fd, answer)
}

/// `ssize_t send(int sockfd, const void *buf, size_t len, int flags)` with `MSG_OOB`: sends an
/// urgent byte. The peer's `recv` ends before the place where it is.
///
/// * strace: `sendto(5, "!", 1, MSG_OOB|MSG_NOSIGNAL, NULL, 0) = 1`
/// * `EAGAIN`, `EPIPE`, `ECONNRESET`, `EINTR`: as of [`send`](crate::socket::send).
/// * Manual page: send(2), tcp(7), "Sockets API".
pub fn send_urgent(fd: BorrowedFd<'_>, byte: u8) -> Result<()> {
    let flags = libc::MSG_OOB | sigpipe::FLAG;
    // SAFETY: `byte` is one byte that may be read.
    let answer = unsafe { libc::send(fd.as_raw_fd(), (&raw const byte).cast(), 1, flags) };
    Error::check_len("sendto", fd, answer).map(drop)
}
