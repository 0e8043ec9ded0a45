//! What can be set on a UDP socket at any time.

use std::io;
use std::os::fd::BorrowedFd;

use eagain_sys::udp::packet_info;
use eagain_sys::{socket, udp};

use crate::net::UdpSocket;

impl UdpSocket {
    /// Sets an option that has another name for IPv6.
    pub(super) fn set_by_family(
        &self,
        set: impl FnOnce(BorrowedFd<'_>, bool) -> eagain_sys::Result<()>,
    ) -> io::Result<()> {
        self.source.with_fd(|fd| set(fd, socket::local(fd)?.is_ipv6()))
    }

    /// `SO_BROADCAST`: may send to addresses that are for all in a network.
    ///
    /// System calls: one `setsockopt`.
    pub fn set_broadcast(&self, on: bool) -> io::Result<()> {
        self.source.with_fd(|fd| udp::set_broadcast(fd, on))
    }

    /// How many routers a datagram may pass, 1 to 255; 64 at first. For groups there is
    /// [`set_multicast_ttl`](UdpSocket::set_multicast_ttl).
    ///
    /// System calls: `getsockname`, `setsockopt`.
    pub fn set_ttl(&self, ttl: u8) -> io::Result<()> {
        self.set_by_family(|fd, is_v6| udp::set_ttl(fd, is_v6, ttl))
    }

    /// The class of traffic of what is sent (the upper six bits) and what it says about congestion
    /// (the lower two; 2 is [`Ecn::Capable0`](crate::net::Ecn::Capable0)).
    ///
    /// System calls: `getsockname`, `setsockopt`.
    pub fn set_tos(&self, tos: u8) -> io::Result<()> {
        self.set_by_family(|fd, is_v6| udp::set_tos(fd, is_v6, tos))
    }

    /// Whether [`recv_message`](UdpSocket::recv_message) and batches tell the class of traffic, and
    /// with it whether a packet met congestion.
    ///
    /// System calls: `getsockname`, `setsockopt`.
    ///
    /// # Errors
    /// `EOPNOTSUPP`: an IPv4 socket, and not on Linux.
    pub fn set_receive_tos(&self, on: bool) -> io::Result<()> {
        self.set_by_family(|fd, is_v6| packet_info::set_receive_tos(fd, is_v6, on))
    }

    /// Whether [`recv_message`](UdpSocket::recv_message) and batches tell where a packet was sent to,
    /// and the interface that it came by.
    ///
    /// System calls: `getsockname`, `setsockopt`.
    ///
    /// # Errors
    /// `EOPNOTSUPP`: an IPv4 socket, and not on Linux.
    pub fn set_receive_packet_info(&self, on: bool) -> io::Result<()> {
        self.set_by_family(|fd, is_v6| packet_info::set_packet_info(fd, is_v6, on))
    }
}
