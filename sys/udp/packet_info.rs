//! What the header of a packet says: where it was sent to, by which interface it came, its class of
//! traffic and whether it met congestion.

use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::sys::socket::{SockaddrLike, SockaddrStorage};

use crate::kernel::packet_info as v4;
use crate::option::set_number;
use crate::socket::ip;
use crate::{Error, Result, control};

/// Room for the control messages of one packet: both of both families.
pub(super) type Room = [u64; 16];

/// What a packet's header said, as far as it was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PacketInfo {
    /// The address that it was sent to: one of this machine's, or a group's.
    pub to: Option<IpAddr>,
    /// The number of the interface that it came by.
    pub interface: Option<u32>,
    /// The class of traffic, and in its lower two bits the [`Ecn`].
    pub tos: Option<u8>,
}

/// What a packet says about congestion (RFC 3168).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ecn {
    /// Its sender does not take part.
    NotCapable,
    /// Its sender takes part: ECT(1).
    Capable1,
    /// Its sender takes part: ECT(0).
    Capable0,
    /// It met congestion on its way.
    Congestion,
}

impl PacketInfo {
    /// What it says about congestion; `None` if its class was not asked for.
    pub fn ecn(&self) -> Option<Ecn> {
        self.tos.map(|tos| match tos & 3 {
            0 => Ecn::NotCapable,
            1 => Ecn::Capable1,
            2 => Ecn::Capable0,
            _ => Ecn::Congestion,
        })
    }

    /// What the control messages of a packet say.
    pub(super) fn of(room: &Room, len: usize) -> PacketInfo {
        let mut info = PacketInfo::default();
        control::each(room, len, |level, kind, data| match (level, kind) {
            (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) if data.len() >= 20 => {
                let (to, interface) = data.split_at(16);
                let to = <[u8; 16]>::try_from(to).map(Ipv6Addr::from).ok();
                info.to = to.map(|to| to.to_canonical());
                info.interface = number(interface);
            }
            (libc::IPPROTO_IPV6, libc::IPV6_TCLASS) => {
                info.tos = number(data).map(|class| class as u8);
            }
            (libc::IPPROTO_IP, kind) => v4::read(&mut info, kind, data),
            _ => {}
        });
        info
    }
}

/// The number that some data begins with.
pub(crate) fn number(data: &[u8]) -> Option<u32> {
    data.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
}

/// A datagram that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arrival {
    /// How much of it is in the buffer.
    pub len: usize,
    /// Who sent it.
    pub from: SocketAddr,
    /// It was longer than the buffer, and the rest is lost.
    pub truncated: bool,
    /// What was asked for by [`set_packet_info`] and [`set_receive_tos`].
    pub info: PacketInfo,
}

/// `ssize_t recvmsg(int sockfd, struct msghdr *msg, int flags)`: takes the first datagram, who sent
/// it, and what its header said.
///
/// * strace: `recvmsg(3, {msg_name={sa_family=AF_INET, sin_port=htons(53), ...}, msg_namelen=128 =>
///   16, msg_iov=[{iov_base="hello", iov_len=1500}], msg_iovlen=1, msg_control=[{cmsg_len=20,
///   cmsg_level=SOL_IP, cmsg_type=IP_TOS, cmsg_data=[0x2]}], msg_controllen=24, msg_flags=0}, 0) = 5`
/// * `EAGAIN`, `ECONNREFUSED`, `EINTR`: as [`recv_from`](super::recv_from).
/// * Manual page: recvmsg(2), cmsg(3).
pub fn recv_message(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Result<Arrival> {
    let mut name = MaybeUninit::<libc::sockaddr_storage>::uninit();
    let mut room: Room = [0; 16];
    let mut vector = libc::iovec { iov_base: buf.as_mut_ptr().cast(), iov_len: buf.len() };
    let mut header = control::empty_header();
    header.msg_name = name.as_mut_ptr().cast();
    header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    header.msg_iov = &raw mut vector;
    header.msg_iovlen = 1;
    header.msg_control = room.as_mut_ptr().cast();
    header.msg_controllen = size_of_val(&room) as _;
    // SAFETY: the header tells of an address, a buffer and room for control messages, all of which
    // may be written.
    let answer = unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut header, 0) };
    let len = Error::check_len("recvmsg", fd, answer)?;
    // SAFETY: the kernel wrote an address of this length; a length beyond the room is refused.
    let name = unsafe { SockaddrStorage::from_raw(name.as_ptr().cast(), Some(header.msg_namelen)) };
    Ok(Arrival {
        len,
        from: ip("recvmsg", fd, name)?,
        truncated: header.msg_flags & libc::MSG_TRUNC != 0,
        info: PacketInfo::of(&room, header.msg_controllen as _),
    })
}

/// `IP_PKTINFO` or `IPV6_RECVPKTINFO`: [`recv_message`] tells where packets were sent to, and the
/// interface that they came by.
///
/// * strace: `setsockopt(3, SOL_IP, IP_PKTINFO, [1], 4) = 0`
/// * `EOPNOTSUPP`: for IPv4, on Linux only.
/// * Manual page: ip(7), ipv6(7).
pub fn set_packet_info(fd: BorrowedFd<'_>, is_v6: bool, on: bool) -> Result<()> {
    if is_v6 {
        set_number(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, on.into())
    } else {
        v4::set_packet_info(fd, on)
    }
}

/// `IP_RECVTOS` or `IPV6_RECVTCLASS`: [`recv_message`] tells the class of traffic, and with it
/// whether a packet met congestion. An IPv6 socket tells that of IPv6 packets only.
///
/// * strace: `setsockopt(3, SOL_IP, IP_RECVTOS, [1], 4) = 0`
/// * `EOPNOTSUPP`: for IPv4, on Linux only.
/// * Manual page: ip(7), ipv6(7).
pub fn set_receive_tos(fd: BorrowedFd<'_>, is_v6: bool, on: bool) -> Result<()> {
    if is_v6 {
        set_number(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVTCLASS, on.into())
    } else {
        v4::set_receive_tos(fd, on)
    }
}
