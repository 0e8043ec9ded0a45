//! Unix sockets: between processes of one machine, by a path, an abstract name (Linux), or no name.
//!
//! An address is std's `SocketAddr`, which also makes abstract names:
//! `std::os::linux::net::SocketAddrExt`.

use std::ffi::OsStr;
use std::mem::{MaybeUninit, offset_of};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::SocketAddr;
use std::slice;

use libc::{sockaddr_storage, socklen_t};
use nix::sys::socket::{SockaddrLike, UnixAddr};

use crate::kernel::abstract_name;
use crate::{Error, Result, born, sigpipe};

pub mod credentials;
pub mod passing;

/// What a Unix socket carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes, as TCP.
    Stream,
    /// Messages, each to any address: none is lost, and they keep their order.
    Datagram,
    /// Messages on a connection.
    Seqpacket,
}

impl Kind {
    fn number(self) -> i32 {
        match self {
            Kind::Stream => libc::SOCK_STREAM,
            Kind::Datagram => libc::SOCK_DGRAM,
            Kind::Seqpacket => libc::SOCK_SEQPACKET,
        }
    }
}

/// `int socket(int domain, int type, int protocol)`: makes a Unix socket, non-blocking and
/// close-on-exec.
///
/// * strace: `socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0) = 3`
/// * `EPROTONOSUPPORT`: macOS has no [`Kind::Seqpacket`]. `EMFILE`, `ENFILE`: handed up.
/// * Manual page: socket(2), unix(7).
pub fn socket(kind: Kind) -> Result<OwnedFd> {
    born::socket(libc::AF_UNIX, kind.number(), 0)
}

/// `int socketpair(int domain, int type, int protocol, int sv[2])`: makes two that are connected
/// with each other, non-blocking and close-on-exec.
///
/// * strace: `socketpair(AF_UNIX, SOCK_DGRAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0, [3, 4]) = 0`
/// * Errors: as [`socket`].
/// * Manual page: socketpair(2), unix(7).
pub fn pair(kind: Kind) -> Result<(OwnedFd, OwnedFd)> {
    born::socketpair(libc::AF_UNIX, kind.number())
}

/// An address as the kernel wants it.
fn raw(call: &'static str, fd: BorrowedFd<'_>, addr: &SocketAddr) -> Result<UnixAddr> {
    let name = match addr.as_pathname() {
        Some(path) => Some(UnixAddr::new(path)),
        None => abstract_name::to_raw(addr),
    };
    // One without a name names nobody.
    name.unwrap_or(Err(nix::Error::EINVAL)).map_err(|e| Error::from_nix(call, fd, e))
}

/// An address as the kernel gave it; without a name if it is none, or one that std cannot tell.
pub(crate) fn named(name: &MaybeUninit<sockaddr_storage>, len: socklen_t) -> SocketAddr {
    let name = name_in(name, len);
    let address = match name.strip_prefix(b"\0") {
        Some(name) => abstract_name::from_raw(name),
        None => SocketAddr::from_pathname(OsStr::from_bytes(name)).ok(),
    };
    address.unwrap_or_else(|| {
        SocketAddr::from_pathname("").expect("a path without a character is no name")
    })
}

/// The name in an address of which the kernel told the length: a path, or a NUL and an abstract name.
///
/// It may be longer than `struct sockaddr_un`: a path that fills that, as C programs may bind one,
/// comes with a NUL behind it (unix(7), "BUGS"), and macOS takes longer ones anyway.
fn name_in(name: &MaybeUninit<sockaddr_storage>, len: socklen_t) -> &[u8] {
    let begin = offset_of!(libc::sockaddr_un, sun_path);
    let len = len as usize;
    if len <= begin || len > size_of::<sockaddr_storage>() {
        return &[]; // none, or not all of it
    }
    let storage = name.as_ptr();
    // SAFETY: the kernel wrote more than what stands before the path, the family among it.
    let family = unsafe { (*storage).ss_family };
    if i32::from(family) != libc::AF_UNIX {
        return &[];
    }
    // SAFETY: the name begins within the address.
    let path = unsafe { storage.cast::<u8>().add(begin) };
    // SAFETY: the kernel wrote `len` bytes, of which `begin` stand before the path.
    let path = unsafe { slice::from_raw_parts(path, len - begin) };
    match path.iter().position(|byte| *byte == 0) {
        Some(end) if end > 0 => &path[..end],
        _ => path,
    }
}

/// `int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen)`: gives the socket a name.
/// A path is a file from then on, which stays when the socket is closed.
///
/// * strace: `bind(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 10) = 0`
/// * `EADDRINUSE`: there is such a file, or somebody has the name; the file may be left over by a
///   process that is gone. `ENOENT`, `EACCES`, `EROFS`: about the folder. `EINVAL`: an address
///   without a name.
/// * Manual page: bind(2), unix(7).
pub fn bind(fd: BorrowedFd<'_>, addr: &SocketAddr) -> Result<()> {
    let name = raw("bind", fd, addr)?;
    // SAFETY: `name` is a valid address of the length it tells.
    let answer = unsafe { libc::bind(fd.as_raw_fd(), name.as_ptr().cast(), name.len()) };
    Error::check_on("bind", fd, answer).map(drop)
}

/// `int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen)`: connects, at once or
/// not at all.
///
/// * strace: `connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 10) = 0`
/// * `EAGAIN` (Linux): the listener's queue is full; nothing was begun, and no event tells when to
///   try again. `ECONNREFUSED`: nobody listens there; on the BSDs also a full queue. `ENOENT`: no
///   such path. `EPROTOTYPE`: of another [`Kind`].
/// * Manual page: connect(2), unix(7).
pub fn connect(fd: BorrowedFd<'_>, addr: &SocketAddr) -> Result<()> {
    let name = raw("connect", fd, addr)?;
    // SAFETY: `name` is a valid address of the length it tells.
    let answer = unsafe { libc::connect(fd.as_raw_fd(), name.as_ptr().cast(), name.len()) };
    Error::check_on("connect", fd, answer).map(drop)
}

/// `int accept4(int sockfd, struct sockaddr *addr, socklen_t *addrlen, int flags)`: takes the first
/// connection from the queue, non-blocking and close-on-exec, and the name of its other end, which
/// mostly has none.
///
/// * strace: `accept4(3, {sa_family=AF_UNIX}, [128 => 2], SOCK_CLOEXEC|SOCK_NONBLOCK) = 5`
/// * `EAGAIN`: the queue is empty. [`Error::is_fd_exhaustion`]: the connection stays queued.
/// * Manual page: accept(2).
pub fn accept4(listener: BorrowedFd<'_>) -> Result<(OwnedFd, SocketAddr)> {
    let mut name = MaybeUninit::uninit();
    let (fd, len) = born::accept4(listener, &mut name)?;
    Ok((fd, named(&name, len)))
}

/// `ssize_t recvfrom(int sockfd, void *buf, size_t len, int flags, struct sockaddr *src_addr,
/// socklen_t *addrlen)`: takes the first message, and the name of its sender. What does not fit in
/// `buf` is lost.
///
/// * strace: `recvfrom(3, "hello", 1500, 0, {sa_family=AF_UNIX, sun_path="/run/x"}, [128 => 10]) = 5`
/// * `EAGAIN`: there is none. `EINTR`: call again.
/// * Manual page: recv(2), unix(7).
pub fn recv_from(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Result<(usize, SocketAddr)> {
    let mut name = MaybeUninit::<sockaddr_storage>::uninit();
    let mut len = size_of::<sockaddr_storage>() as socklen_t;
    // SAFETY: `buf` is valid for writing its length, and `name` has room for `len` bytes.
    let answer = unsafe {
        libc::recvfrom(
            fd.as_raw_fd(),
            buf.as_mut_ptr().cast(),
            buf.len(),
            0,
            name.as_mut_ptr().cast(),
            &raw mut len,
        )
    };
    Ok((Error::check_len("recvfrom", fd, answer)?, named(&name, len)))
}

/// `ssize_t sendto(int sockfd, const void *buf, size_t len, int flags, const struct sockaddr
/// *dest_addr, socklen_t addrlen)`: sends one message, all of it or nothing.
///
/// * strace: `sendto(3, "hello", 5, MSG_NOSIGNAL, {sa_family=AF_UNIX, sun_path="/run/x"}, 10) = 5`
/// * `EAGAIN`: the receiver's queue or our send buffer is full. `ECONNREFUSED`, `ENOENT`: nobody is
///   there. `EMSGSIZE`: more than the send buffer holds. `ENOBUFS` (BSD, macOS): the receiver's
///   queue is full; no event tells when it is not. `EINTR`: call again.
/// * Manual page: send(2), unix(7).
pub fn send_to(fd: BorrowedFd<'_>, buf: &[u8], addr: &SocketAddr) -> Result<usize> {
    let name = raw("sendto", fd, addr)?;
    // SAFETY: `buf` is valid for reading its length, and so is `name`.
    let answer = unsafe {
        libc::sendto(
            fd.as_raw_fd(),
            buf.as_ptr().cast(),
            buf.len(),
            sigpipe::FLAG,
            name.as_ptr().cast(),
            name.len(),
        )
    };
    Error::check_len("sendto", fd, answer)
}

/// `int getsockname(int sockfd, struct sockaddr *addr, socklen_t *addrlen)`: the socket's own name.
///
/// * strace: `getsockname(3, {sa_family=AF_UNIX, sun_path="/run/x"}, [128 => 10]) = 0`
/// * Manual page: getsockname(2).
pub fn local(fd: BorrowedFd<'_>) -> Result<SocketAddr> {
    let mut name = MaybeUninit::<sockaddr_storage>::uninit();
    let mut len = size_of::<sockaddr_storage>() as socklen_t;
    let at = name.as_mut_ptr().cast();
    // SAFETY: `name` has room for `len` bytes.
    let answer = unsafe { libc::getsockname(fd.as_raw_fd(), at, &raw mut len) };
    Error::check_on("getsockname", fd, answer)?;
    Ok(named(&name, len))
}

/// `int getpeername(int sockfd, struct sockaddr *addr, socklen_t *addrlen)`: the name of the other
/// end.
///
/// * strace: `getpeername(3, {sa_family=AF_UNIX, sun_path="/run/x"}, [128 => 10]) = 0`
/// * `ENOTCONN`: it is not connected.
/// * Manual page: getpeername(2).
pub fn peer(fd: BorrowedFd<'_>) -> Result<SocketAddr> {
    let mut name = MaybeUninit::<sockaddr_storage>::uninit();
    let mut len = size_of::<sockaddr_storage>() as socklen_t;
    let at = name.as_mut_ptr().cast();
    // SAFETY: `name` has room for `len` bytes.
    let answer = unsafe { libc::getpeername(fd.as_raw_fd(), at, &raw mut len) };
    Error::check_on("getpeername", fd, answer)?;
    Ok(named(&name, len))
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::{env, fs, mem, process};

    use super::*;

    /// Binds to the longest path that there is, which std and we do not: it leaves no room for the
    /// NUL. Gives it back, as a file to remove.
    fn bind_to_the_longest(fd: BorrowedFd<'_>) -> std::path::PathBuf {
        // SAFETY: a struct of numbers: zero is valid for all.
        let mut name: libc::sockaddr_un = unsafe { mem::zeroed() };
        name.sun_family = libc::AF_UNIX as _;
        let mut path = env::temp_dir().join(format!("eagain-{}-", process::id())).into_os_string();
        path.push("x".repeat(name.sun_path.len() - path.len()));
        for (place, byte) in name.sun_path.iter_mut().zip(path.as_bytes()) {
            *place = *byte as libc::c_char;
        }
        let len = size_of_val(&name) as socklen_t;
        // SAFETY: `name` is an address of `len` bytes.
        let answer = unsafe { libc::bind(fd.as_raw_fd(), (&raw const name).cast(), len) };
        Error::check_on("bind", fd, answer).expect("bound");
        path.into()
    }

    #[test]
    fn a_path_that_fills_its_room_is_read_to_its_end_and_no_further() {
        let (one, other) = pair(Kind::Datagram).expect("two sockets");
        let path = bind_to_the_longest(one.as_fd());
        fs::remove_file(&path).expect("the file is there");
        let mut name = MaybeUninit::<sockaddr_storage>::uninit();
        let mut len = size_of::<sockaddr_storage>() as socklen_t;
        let at = name.as_mut_ptr().cast();
        // SAFETY: `name` has room for `len` bytes.
        let answer = unsafe { libc::getsockname(one.as_raw_fd(), at, &raw mut len) };
        Error::check_on("getsockname", one.as_fd(), answer).expect("a name");
        assert_eq!(OsStr::from_bytes(name_in(&name, len)), path);
        // It is too long for std, and harms nobody as the name of a sender.
        crate::socket::send(one.as_fd(), b"!").expect("sent");
        let (n, from) = recv_from(other.as_fd(), &mut [0; 8]).expect("a message");
        assert_eq!((n, from.as_pathname()), (1, None));
    }

    #[test]
    fn what_is_no_name_is_none() {
        let name = MaybeUninit::zeroed();
        for len in [0, 1, 2, 16, 128, 129, socklen_t::MAX] {
            assert!(named(&name, len).is_unnamed(), "{len}");
        }
    }
}
