//! How descriptors are made where the kernel takes no flags for it: two calls of `fcntl` follow.
//! A program that another thread executes in between inherits the descriptor; `std` has the same
//! gap there.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use libc::{c_int, sockaddr_storage, socklen_t};

use crate::{Error, Result, sigpipe};

/// `int socket(int domain, int type, int protocol)`: non-blocking and close-on-exec.
pub(crate) fn socket(domain: c_int, kind: c_int, protocol: c_int) -> Result<OwnedFd> {
    let fd = blocking_socket(domain, kind, protocol)?;
    nonblocking(fd.as_fd())?;
    Ok(fd)
}

/// `int socket(int domain, int type, int protocol)`: close-on-exec.
pub(crate) fn blocking_socket(domain: c_int, kind: c_int, protocol: c_int) -> Result<OwnedFd> {
    // SAFETY: takes no pointers.
    let fd = Error::check("socket", unsafe { libc::socket(domain, kind, protocol) })?;
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    close_on_exec(fd.as_fd())?;
    sigpipe::never_from(fd.as_fd())?;
    Ok(fd)
}

/// `int socketpair(int domain, int type, int protocol, int sv[2])`
pub(crate) fn socketpair(domain: c_int, kind: c_int) -> Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    // SAFETY: `fds` has room for the two descriptors.
    let answer = unsafe { libc::socketpair(domain, kind, 0, fds.as_mut_ptr()) };
    Error::check("socketpair", answer)?;
    let (one, other) = both(fds)?;
    sigpipe::never_from(one.as_fd())?;
    sigpipe::never_from(other.as_fd())?;
    Ok((one, other))
}

/// `int accept(int sockfd, struct sockaddr *addr, socklen_t *addrlen)`: the connection and the
/// length of its peer's `name`.
pub(crate) fn accept4(
    listener: BorrowedFd<'_>,
    name: &mut MaybeUninit<sockaddr_storage>,
) -> Result<(OwnedFd, socklen_t)> {
    let mut len = size_of::<sockaddr_storage>() as socklen_t;
    // SAFETY: `name` has room for the `len` bytes that the kernel may write.
    let answer =
        unsafe { libc::accept(listener.as_raw_fd(), name.as_mut_ptr().cast(), &raw mut len) };
    let fd = Error::check_on("accept", listener, answer)?;
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    close_on_exec(fd.as_fd())?;
    nonblocking(fd.as_fd())?;
    sigpipe::never_from(fd.as_fd())?;
    Ok((fd, len))
}

/// `int pipe(int pipefd[2])`
pub(crate) fn pipe2() -> Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    // SAFETY: `fds` has room for the two descriptors.
    Error::check("pipe", unsafe { libc::pipe(fds.as_mut_ptr()) })?;
    both(fds)
}

fn both([one, other]: [c_int; 2]) -> Result<(OwnedFd, OwnedFd)> {
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    let one = unsafe { OwnedFd::from_raw_fd(one) };
    // SAFETY: likewise.
    let other = unsafe { OwnedFd::from_raw_fd(other) };
    for fd in [&one, &other] {
        close_on_exec(fd.as_fd())?;
        nonblocking(fd.as_fd())?;
    }
    Ok((one, other))
}

/// `recvmsg` has no flag for descriptors that come with a message.
pub(crate) const RECEIVED: c_int = 0;

/// A descriptor that came with a message. Whether it blocks is for its sender to say.
pub(crate) fn received(number: c_int) -> Result<OwnedFd> {
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    let fd = unsafe { OwnedFd::from_raw_fd(number) };
    close_on_exec(fd.as_fd())?;
    Ok(fd)
}

/// `int fcntl(int fd, F_SETFD, FD_CLOEXEC)`: there is no other flag of a descriptor to lose.
fn close_on_exec(fd: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: takes no pointers.
    let answer = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
    Error::check_on("fcntl", fd, answer).map(drop)
}

/// `int fcntl(int fd, F_SETFL, O_NONBLOCK)`: what was just made has no other flag to lose.
fn nonblocking(fd: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: takes no pointers.
    let answer = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
    Error::check_on("fcntl", fd, answer).map(drop)
}
