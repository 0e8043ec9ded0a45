//! Sockets: the calls that answer `EAGAIN`, and what it takes to get there.

use std::io;
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::sys::socket::{self, SockaddrIn, SockaddrIn6, SockaddrLike, SockaddrStorage, sockopt};

use crate::{Error, Result, born, sigpipe};

/// `int socket(int domain, int type, int protocol)`: makes a TCP socket of the family of
/// `addr`, close-on-exec, and blocking as in every textbook.
///
/// * strace: `socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3`
/// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`, `EAFNOSUPPORT` (no IPv6 here): handed up.
/// * Manual page: socket(2), tcp(7).
pub fn blocking_tcp(addr: &SocketAddr) -> Result<OwnedFd> {
    born::blocking_socket(domain(addr), libc::SOCK_STREAM, 0)
}

/// `int socket(int domain, int type, int protocol)`: makes a TCP socket of the family of
/// `addr`, non-blocking and close-on-exec from birth.
///
/// * strace: `socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_IP) = 3`
/// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`, `EAFNOSUPPORT` (no IPv6 here): handed up.
/// * Manual page: socket(2), tcp(7).
pub fn tcp(addr: &SocketAddr) -> Result<OwnedFd> {
    born::socket(domain(addr), libc::SOCK_STREAM, 0)
}

pub(crate) fn domain(addr: &SocketAddr) -> i32 {
    if addr.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 }
}

/// `int socketpair(int domain, int type, int protocol, int sv[2])`: makes two Unix stream
/// sockets that are connected with each other, non-blocking and close-on-exec.
///
/// * strace: `socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0, [3, 4]) = 0`
/// * `EMFILE`, `ENFILE`: handed up.
/// * Manual page: socketpair(2), unix(7).
pub fn socketpair() -> Result<(OwnedFd, OwnedFd)> {
    born::socketpair(libc::AF_UNIX, libc::SOCK_STREAM)
}

/// `int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen)`: begins to
/// connect.
///
/// * strace: `connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")},
///   16) = -1 EINPROGRESS (Operation now in progress)`
/// * `EINPROGRESS`: on its way; wait until the socket is writable, then ask [`take_error`] once
///   and [`peer`] whether it really is connected. `ECONNREFUSED`, `ENETUNREACH`,
///   `EADDRNOTAVAIL` (no port left): handed up. `EINTR`: call again; if the attempt goes on, that
///   is `EALREADY`, and `EISCONN` once it has succeeded.
/// * Manual page: connect(2).
pub fn connect(fd: BorrowedFd<'_>, addr: &SocketAddr) -> Result<()> {
    let answer = match addr {
        SocketAddr::V4(v4) => connect_to(fd, &SockaddrIn::from(*v4)),
        SocketAddr::V6(v6) => connect_to(fd, &SockaddrIn6::from(*v6)),
    };
    Error::check_on("connect", fd, answer).map(drop)
}

fn connect_to(fd: BorrowedFd<'_>, name: &impl SockaddrLike) -> i32 {
    // SAFETY: `name` is a valid address of the length it tells.
    unsafe { libc::connect(fd.as_raw_fd(), name.as_ptr(), name.len()) }
}

/// `int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen)`: gives the socket its
/// own address; port 0 is any.
///
/// * strace: `bind(3, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")},
///   16) = 0`
/// * `EADDRINUSE`, `EACCES` (a port below 1024), `EADDRNOTAVAIL`: handed up.
/// * Manual page: bind(2).
pub fn bind(fd: BorrowedFd<'_>, addr: &SocketAddr) -> Result<()> {
    let answer = match addr {
        SocketAddr::V4(v4) => socket::bind(fd.as_raw_fd(), &SockaddrIn::from(*v4)),
        SocketAddr::V6(v6) => socket::bind(fd.as_raw_fd(), &SockaddrIn6::from(*v6)),
    };
    answer.map_err(|e| Error::from_nix("bind", fd, e))
}

/// `int listen(int sockfd, int backlog)`: takes connections; up to `backlog` of them queue in
/// the kernel until they are accepted (no more than `/proc/sys/net/core/somaxconn`).
///
/// * strace: `listen(3, 4096) = 0`
/// * `EADDRINUSE`: another socket listens there (with SO_REUSEADDR, `bind` let it pass).
/// * Manual page: listen(2).
pub fn listen(fd: BorrowedFd<'_>, backlog: u32) -> Result<()> {
    let backlog = i32::try_from(backlog).unwrap_or(i32::MAX);
    // SAFETY: takes no pointers.
    Error::check_on("listen", fd, unsafe { libc::listen(fd.as_raw_fd(), backlog) }).map(drop)
}

/// `int accept4(int sockfd, struct sockaddr *addr, socklen_t *addrlen, int flags)`: takes the
/// first connection from the queue, non-blocking and close-on-exec, and who is at its other
/// end.
///
/// * strace: `accept4(3, {sa_family=AF_INET, sin_port=htons(40312),
///   sin_addr=inet_addr("127.0.0.1")}, [128 => 16], SOCK_CLOEXEC|SOCK_NONBLOCK) = 5`
/// * `EAGAIN`: the queue is empty. [`Error::is_connection_lost`]: that one is gone, take the
///   next. [`Error::is_fd_exhaustion`]: the connection stays queued, and trying again at once
///   would spin.
/// * Manual page: accept(2).
pub fn accept4(listener: BorrowedFd<'_>) -> Result<(OwnedFd, SocketAddr)> {
    let mut name = MaybeUninit::uninit();
    let (fd, len) = born::accept4(listener, &mut name)?;
    // SAFETY: the kernel wrote an address of `len` bytes; a length beyond the room is refused.
    let name = unsafe { SockaddrStorage::from_raw(name.as_ptr().cast(), Some(len)) };
    Ok((fd, ip("accept4", listener, name)?))
}

pub(crate) fn ip(
    call: &'static str,
    fd: BorrowedFd<'_>,
    name: Option<SockaddrStorage>,
) -> Result<SocketAddr> {
    let v4 = name.as_ref().and_then(|n| n.as_sockaddr_in()).map(|a| SocketAddr::V4((*a).into()));
    let v6 =
        || name.as_ref().and_then(|n| n.as_sockaddr_in6()).map(|a| SocketAddr::V6((*a).into()));
    v4.or_else(v6).ok_or(Error::new(call, libc::EAFNOSUPPORT).on(fd.as_raw_fd()))
}

/// `ssize_t recv(int sockfd, void *buf, size_t len, int flags)`: what has arrived, up to the
/// length of `buf`; 0 is the end of the stream (or an empty `buf`).
///
/// * strace: `recvfrom(5, "hello", 16384, 0, NULL, NULL) = 5`
/// * `EAGAIN`: nothing there now. `ECONNRESET`: the peer broke off; what it sent before is
///   lost. `EINTR`: call again.
/// * Manual page: recv(2).
#[inline]
pub fn recv(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Result<usize> {
    // SAFETY: `buf` is valid for writing its length.
    let answer = unsafe { libc::recv(fd.as_raw_fd(), buf.as_mut_ptr().cast(), buf.len(), 0) };
    Error::check_len("recvfrom", fd, answer)
}

/// [`recv`] into the spare capacity of `buf`, which need not be initialised, behind what it
/// holds. Without spare capacity nothing is read, and the answer is 0.
///
/// * strace: `recvfrom(5, "hello", 16384, 0, NULL, NULL) = 5`
/// * Manual page: recv(2).
pub fn recv_append(fd: BorrowedFd<'_>, buf: &mut Vec<u8>) -> Result<usize> {
    let spare = buf.spare_capacity_mut();
    // SAFETY: `spare` is valid for writing its length, and the kernel reads none of it.
    let answer = unsafe { libc::recv(fd.as_raw_fd(), spare.as_mut_ptr().cast(), spare.len(), 0) };
    let n = Error::check_len("recvfrom", fd, answer)?;
    // SAFETY: the kernel wrote `n` bytes behind what was there.
    unsafe { buf.set_len(buf.len() + n) };
    Ok(n)
}

/// `ssize_t send(int sockfd, const void *buf, size_t len, int flags)` with `MSG_NOSIGNAL`: how
/// much the kernel took to send.
///
/// * strace: `sendto(5, "hello", 5, MSG_NOSIGNAL, NULL, 0) = 5`
/// * `EAGAIN`: the send buffer is full. `EPIPE`, `ECONNRESET`: the peer is gone (without
///   MSG_NOSIGNAL, SIGPIPE would end a process that has not ignored it). `EINTR`: call again.
/// * Manual page: send(2).
#[inline]
pub fn send(fd: BorrowedFd<'_>, buf: &[u8]) -> Result<usize> {
    // SAFETY: `buf` is valid for reading its length.
    let answer =
        unsafe { libc::send(fd.as_raw_fd(), buf.as_ptr().cast(), buf.len(), sigpipe::FLAG) };
    Error::check_len("sendto", fd, answer)
}

/// `int shutdown(int sockfd, int how)`: ends a direction, for all duplicates too.
///
/// * strace: `shutdown(5, SHUT_WR) = 0`
/// * `ENOTCONN`: never was connected, or the peer broke off.
/// * Manual page: shutdown(2).
pub fn shutdown(fd: BorrowedFd<'_>, how: Shutdown) -> Result<()> {
    let how = match how {
        Shutdown::Read => libc::SHUT_RD,
        Shutdown::Write => libc::SHUT_WR,
        Shutdown::Both => libc::SHUT_RDWR,
    };
    // SAFETY: takes no pointers.
    Error::check_on("shutdown", fd, unsafe { libc::shutdown(fd.as_raw_fd(), how) }).map(drop)
}

/// `int getsockname(int sockfd, struct sockaddr *addr, socklen_t *addrlen)`: the socket's own
/// address, with the port that the kernel chose.
///
/// * strace: `getsockname(3, {sa_family=AF_INET, sin_port=htons(37421),
///   sin_addr=inet_addr("127.0.0.1")}, [28 => 16]) = 0`
/// * Manual page: getsockname(2).
pub fn local(fd: BorrowedFd<'_>) -> Result<SocketAddr> {
    let name =
        socket::getsockname(fd.as_raw_fd()).map_err(|e| Error::from_nix("getsockname", fd, e))?;
    ip("getsockname", fd, Some(name))
}

/// `int getpeername(int sockfd, struct sockaddr *addr, socklen_t *addrlen)`: who is at the other
/// end.
///
/// * strace: `getpeername(3, {sa_family=AF_INET, sin_port=htons(80),
///   sin_addr=inet_addr("127.0.0.1")}, [128 => 16]) = 0`
/// * `ENOTCONN`: nobody (yet).
/// * Manual page: getpeername(2).
pub fn peer(fd: BorrowedFd<'_>) -> Result<SocketAddr> {
    let name =
        socket::getpeername(fd.as_raw_fd()).map_err(|e| Error::from_nix("getpeername", fd, e))?;
    ip("getpeername", fd, Some(name))
}

/// `int getsockopt(int sockfd, SOL_SOCKET, SO_ERROR, int *error, socklen_t *len)`: takes the
/// pending error. Asked a second time, it is gone.
///
/// * strace: `getsockopt(3, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [4]) = 0`
/// * Manual page: socket(7).
pub fn take_error(fd: BorrowedFd<'_>) -> Result<Option<io::Error>> {
    let errno = socket::getsockopt(&fd, sockopt::SocketError)
        .map_err(|e| Error::from_nix("getsockopt", fd, e))?;
    Ok((errno != 0).then(|| io::Error::from_raw_os_error(errno)))
}

/// Sets one socket option through `nix`.
pub(crate) fn set<O: socket::SetSockOpt>(
    fd: BorrowedFd<'_>,
    option: O,
    value: &O::Val,
) -> Result<()> {
    socket::setsockopt(&fd, option, value).map_err(|e| Error::from_nix("setsockopt", fd, e))
}

/// `SO_REUSEADDR`: binds to a port whose last connections still linger in TIME_WAIT.
///
/// * strace: `setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0`
/// * Manual page: socket(7).
pub fn set_reuse_address(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    set(fd, sockopt::ReuseAddr, &on)
}

/// `SO_REUSEPORT`: lets several sockets listen on one port, each with a queue of its own; the
/// kernel chooses one for each connection by its addresses and ports. All of them must have the
/// option set before `bind`, and belong to one user.
///
/// * strace: `setsockopt(3, SOL_SOCKET, SO_REUSEPORT, [1], 4) = 0`
/// * Closing one resets the connections that queue there (unless
///   `/proc/sys/net/ipv4/tcp_migrate_req` is 1): accept them first.
/// * macOS and the BSDs have the option, but do not spread connections (FreeBSD: SO_REUSEPORT_LB).
/// * Manual page: socket(7).
pub fn set_reuse_port(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    set(fd, sockopt::ReusePort, &on)
}

/// `TCP_NODELAY`: sends small segments at once. Set on a listener, Linux hands it on to every
/// connection accepted from it, which saves a call each.
///
/// * strace: `setsockopt(3, SOL_TCP, TCP_NODELAY, [1], 4) = 0`
/// * Manual page: tcp(7).
pub fn set_nodelay(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    set(fd, sockopt::TcpNoDelay, &on)
}

/// Whether `TCP_NODELAY` is set.
///
/// * strace: `getsockopt(3, SOL_TCP, TCP_NODELAY, [1], [4]) = 0`
/// * Manual page: tcp(7).
pub fn nodelay(fd: BorrowedFd<'_>) -> Result<bool> {
    socket::getsockopt(&fd, sockopt::TcpNoDelay).map_err(|e| Error::from_nix("getsockopt", fd, e))
}

/// `SO_SNDBUF`: how much may wait in the kernel to be sent. The kernel doubles the number.
///
/// * strace: `setsockopt(3, SOL_SOCKET, SO_SNDBUF, [4096], 4) = 0`
/// * Manual page: socket(7).
pub fn set_send_buffer(fd: BorrowedFd<'_>, bytes: usize) -> Result<()> {
    set(fd, sockopt::SndBuf, &bytes)
}

/// `SO_RCVBUF`: how much may wait in the kernel to be read. The kernel doubles the number.
///
/// * strace: `setsockopt(3, SOL_SOCKET, SO_RCVBUF, [4096], 4) = 0`
/// * Manual page: socket(7).
pub fn set_receive_buffer(fd: BorrowedFd<'_>, bytes: usize) -> Result<()> {
    set(fd, sockopt::RcvBuf, &bytes)
}

/// `SO_RCVLOWAT`: "readable" means that at least so many bytes have arrived.
///
/// * strace: `setsockopt(3, SOL_SOCKET, SO_RCVLOWAT, [64], 4) = 0`
/// * Manual page: socket(7).
pub fn set_receive_low_water(fd: BorrowedFd<'_>, bytes: u32) -> Result<()> {
    let n = libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
    // SAFETY: the option is an int, and `n` is one.
    let answer = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVLOWAT,
            (&raw const n).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    Error::check_on("setsockopt", fd, answer).map(drop)
}

/// `SO_LINGER`: how long `close` tries to deliver what is unsent. Zero breaks off with RST,
/// and what is unsent is lost. `None` is the default: the kernel goes on in the background.
///
/// * strace: `setsockopt(3, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=0}, 8) = 0`
/// * Manual page: socket(7).
pub fn set_linger(fd: BorrowedFd<'_>, linger: Option<Duration>) -> Result<()> {
    let seconds =
        linger.map_or(0, |d| libc::c_int::try_from(d.as_secs()).unwrap_or(libc::c_int::MAX));
    let value = libc::linger { l_onoff: linger.is_some().into(), l_linger: seconds };
    set(fd, sockopt::Linger, &value)
}

/// A listening TCP socket in four calls: [`tcp`], [`set_reuse_address`], [`bind`], [`listen`].
pub fn listen_tcp(addr: &SocketAddr, backlog: u32) -> Result<OwnedFd> {
    let fd = tcp(addr)?;
    set_reuse_address(fd.as_fd(), true)?;
    bind(fd.as_fd(), addr)?;
    listen(fd.as_fd(), backlog)?;
    Ok(fd)
}
