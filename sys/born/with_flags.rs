//! How descriptors are made: non-blocking and close-on-exec from birth, so that no other thread
//! that executes a program can hand one on before its flag is set.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use libc::{SOCK_CLOEXEC, SOCK_NONBLOCK, c_int, sockaddr_storage, socklen_t};

use crate::{Error, Result, sigpipe};

/// `int socket(int domain, int type, int protocol)`: non-blocking and close-on-exec.
pub(crate) fn socket(domain: c_int, kind: c_int, protocol: c_int) -> Result<OwnedFd> {
    socket_of(domain, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol)
}

/// `int socket(int domain, int type, int protocol)`: close-on-exec.
pub(crate) fn blocking_socket(domain: c_int, kind: c_int, protocol: c_int) -> Result<OwnedFd> {
    socket_of(domain, kind | SOCK_CLOEXEC, protocol)
}

fn socket_of(domain: c_int, kind: c_int, protocol: c_int) -> Result<OwnedFd> {
    // SAFETY: takes no pointers.
    let fd = Error::check("socket", unsafe { libc::socket(domain, kind, protocol) })?;
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    sigpipe::never_from(fd.as_fd())?;
    Ok(fd)
}

/// `int socketpair(int domain, int type, int protocol, int sv[2])`
pub(crate) fn socketpair(domain: c_int, kind: c_int) -> Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    let kind = kind | SOCK_CLOEXEC | SOCK_NONBLOCK;
    // SAFETY: `fds` has room for the two descriptors.
    let answer = unsafe { libc::socketpair(domain, kind, 0, fds.as_mut_ptr()) };
    Error::check("socketpair", answer)?;
    let (one, other) = both(fds);
    sigpipe::never_from(one.as_fd())?;
    sigpipe::never_from(other.as_fd())?;
    Ok((one, other))
}

/// `int accept4(int sockfd, struct sockaddr *addr, socklen_t *addrlen, int flags)`: the
/// connection and the length of its peer's `name`.
#[inline]
pub(crate) fn accept4(
    listener: BorrowedFd<'_>,
    name: &mut MaybeUninit<sockaddr_storage>,
) -> Result<(OwnedFd, socklen_t)> {
    let mut len = size_of::<sockaddr_storage>() as socklen_t;
    // SAFETY: `name` has room for the `len` bytes that the kernel may write.
    let answer = unsafe {
        libc::accept4(
            listener.as_raw_fd(),
            name.as_mut_ptr().cast(),
            &raw mut len,
            SOCK_CLOEXEC | SOCK_NONBLOCK,
        )
    };
    let fd = Error::check_on("accept4", listener, answer)?;
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    sigpipe::never_from(fd.as_fd())?;
    Ok((fd, len))
}

/// `int pipe2(int pipefd[2], int flags)`
pub(crate) fn pipe2() -> Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    // SAFETY: `fds` has room for the two descriptors.
    let answer = unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) };
    Error::check("pipe2", answer)?;
    Ok(both(fds))
}

fn both([one, other]: [c_int; 2]) -> (OwnedFd, OwnedFd) {
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    let one = unsafe { OwnedFd::from_raw_fd(one) };
    // SAFETY: likewise.
    let other = unsafe { OwnedFd::from_raw_fd(other) };
    (one, other)
}

/// The flag of `recvmsg` by which descriptors that come with a message are close-on-exec.
pub(crate) const RECEIVED: c_int = libc::MSG_CMSG_CLOEXEC;

/// A descriptor that came with a message. Whether it blocks is for its sender to say.
pub(crate) fn received(number: c_int) -> Result<OwnedFd> {
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
