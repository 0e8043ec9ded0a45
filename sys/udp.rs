//! UDP: datagrams, each with an address of its own.

use std::mem::{ManuallyDrop, MaybeUninit};
use std::net::{self, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::sys::socket::{SockaddrIn, SockaddrIn6, SockaddrLike, SockaddrStorage, sockopt};

use crate::option::set_number;
use crate::socket::{domain, ip, set};
use crate::{Error, Result, born};

pub mod batch;
pub mod multicast;
pub mod packet_info;

/// `int socket(int domain, int type, int protocol)`: makes a UDP socket of the family of `addr`,
/// non-blocking and close-on-exec from birth.
///
/// * strace: `socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_IP) = 3`
/// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`, `EAFNOSUPPORT` (no IPv6 here): handed up.
/// * Manual page: socket(2), udp(7).
pub fn udp(addr: &SocketAddr) -> Result<OwnedFd> {
    born::socket(domain(addr), libc::SOCK_DGRAM, 0)
}

/// `ssize_t recvfrom(int sockfd, void *buf, size_t len, int flags, struct sockaddr *src_addr,
/// socklen_t *addrlen)`: takes the first datagram, and who sent it. What does not fit in `buf` is
/// lost.
///
/// * strace: `recvfrom(3, "hello", 1500, 0, {sa_family=AF_INET, sin_port=htons(53),
///   sin_addr=inet_addr("127.0.0.1")}, [128 => 16]) = 5`
/// * `EAGAIN`: there is none. `ECONNREFUSED`: an ICMP message came for what a connected socket sent
///   before; told once, and the socket goes on. `EINTR`: call again.
/// * Manual page: recv(2), udp(7).
pub fn recv_from(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Result<(usize, SocketAddr)> {
    receive(fd, buf, 0)
}

/// [`recv_from`] with `MSG_PEEK`: the datagram stays the first one.
///
/// * strace: `recvfrom(3, "hello", 1500, MSG_PEEK, {sa_family=AF_INET, ...}, [128 => 16]) = 5`
/// * Manual page: recv(2).
pub fn peek_from(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Result<(usize, SocketAddr)> {
    receive(fd, buf, libc::MSG_PEEK)
}

fn receive(fd: BorrowedFd<'_>, buf: &mut [u8], flags: i32) -> Result<(usize, SocketAddr)> {
    let mut name = MaybeUninit::<libc::sockaddr_storage>::uninit();
    let mut len = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    // SAFETY: `buf` is valid for writing its length, and `name` has room for `len` bytes.
    let answer = unsafe {
        libc::recvfrom(
            fd.as_raw_fd(),
            buf.as_mut_ptr().cast(),
            buf.len(),
            flags,
            name.as_mut_ptr().cast(),
            &raw mut len,
        )
    };
    let n = Error::check_len("recvfrom", fd, answer)?;
    // SAFETY: the kernel wrote an address of `len` bytes; a length beyond the room is refused.
    let name = unsafe { SockaddrStorage::from_raw(name.as_ptr().cast(), Some(len)) };
    Ok((n, ip("recvfrom", fd, name)?))
}

/// `ssize_t sendto(int sockfd, const void *buf, size_t len, int flags, const struct sockaddr
/// *dest_addr, socklen_t addrlen)`: sends one datagram, all of it or nothing.
///
/// * strace: `sendto(3, "hello", 5, 0, {sa_family=AF_INET, sin_port=htons(53),
///   sin_addr=inet_addr("127.0.0.1")}, 16) = 5`
/// * `EAGAIN`: the send buffer is full. `EMSGSIZE`: more than a datagram holds. `ENETUNREACH`,
///   `EACCES` (broadcast without [`set_broadcast`]), `EISCONN` (BSD: the socket is connected):
///   handed up. `ENOBUFS` (BSD, macOS: the queue of the interface is full): handed up; no event
///   tells when to try again. `EINTR`: call again.
/// * Manual page: send(2), udp(7).
pub fn send_to(fd: BorrowedFd<'_>, buf: &[u8], addr: &SocketAddr) -> Result<usize> {
    match addr {
        SocketAddr::V4(v4) => send_to_name(fd, buf, &SockaddrIn::from(*v4)),
        SocketAddr::V6(v6) => send_to_name(fd, buf, &SockaddrIn6::from(*v6)),
    }
}

fn send_to_name(fd: BorrowedFd<'_>, buf: &[u8], name: &impl SockaddrLike) -> Result<usize> {
    // SAFETY: `buf` is valid for reading its length, and so is `name`.
    let answer = unsafe {
        libc::sendto(fd.as_raw_fd(), buf.as_ptr().cast(), buf.len(), 0, name.as_ptr(), name.len())
    };
    Error::check_len("sendto", fd, answer)
}

/// The socket as std knows it, for options that std has for every system.
fn as_std(fd: BorrowedFd<'_>) -> ManuallyDrop<net::UdpSocket> {
    // SAFETY: it is never dropped, so the descriptor is not closed by it.
    ManuallyDrop::new(unsafe { net::UdpSocket::from_raw_fd(fd.as_raw_fd()) })
}

/// What std reported, under the name of the call it made.
fn from_std(call: &'static str, fd: BorrowedFd<'_>, e: &std::io::Error) -> Error {
    Error::new(call, e.raw_os_error().unwrap_or(libc::EINVAL)).on(fd.as_raw_fd())
}

/// `SO_BROADCAST`: may send to broadcast addresses.
///
/// * strace: `setsockopt(3, SOL_SOCKET, SO_BROADCAST, [1], 4) = 0`
/// * Manual page: socket(7).
pub fn set_broadcast(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    set(fd, sockopt::Broadcast, &on)
}

/// `IP_TTL` or, on an IPv6 socket, `IPV6_UNICAST_HOPS`: how many routers a datagram may pass.
///
/// * strace: `setsockopt(3, SOL_IP, IP_TTL, [64], 4) = 0`
/// * `EINVAL`: 0.
/// * Manual page: ip(7), ipv6(7).
pub fn set_ttl(fd: BorrowedFd<'_>, is_v6: bool, ttl: u8) -> Result<()> {
    if is_v6 {
        set_number(fd, libc::IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS, ttl.into())
    } else {
        set_number(fd, libc::IPPROTO_IP, libc::IP_TTL, ttl.into())
    }
}

/// `IP_TOS` or, on an IPv6 socket, `IPV6_TCLASS`: the class of traffic (upper six bits) and the ECN
/// bits (lower two) of what is sent.
///
/// * strace: `setsockopt(3, SOL_IP, IP_TOS, [2], 4) = 0`
/// * Manual page: ip(7), ipv6(7).
pub fn set_tos(fd: BorrowedFd<'_>, is_v6: bool, tos: u8) -> Result<()> {
    if is_v6 {
        set_number(fd, libc::IPPROTO_IPV6, libc::IPV6_TCLASS, tos.into())
    } else {
        set_number(fd, libc::IPPROTO_IP, libc::IP_TOS, tos.into())
    }
}

/// `IPV6_V6ONLY`: an IPv6 socket takes no IPv4. To be set before `bind`.
///
/// * strace: `setsockopt(3, SOL_IPV6, IPV6_V6ONLY, [1], 4) = 0`
/// * OpenBSD's sockets never take both; there switching it off is `EINVAL`.
/// * Manual page: ipv6(7).
pub fn set_only_v6(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    set(fd, sockopt::Ipv6V6Only, &on)
}
