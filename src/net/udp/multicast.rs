//! Multicast: one datagram for all who have joined a group.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use eagain_sys::udp::multicast;

use crate::net::UdpSocket;

/// Multicast. Interfaces are named by one of their addresses (IPv4) or by their number (IPv6); the
/// address that says nothing, and 0, let the system choose.
///
/// System calls: one `setsockopt` each; where both families have the option, a `getsockname`
/// before it.
impl UdpSocket {
    /// Takes what is sent to `group`.
    ///
    /// # Errors
    /// `EADDRINUSE`: joined already. `ENODEV`: no such interface. `EINVAL`: `group` is no multicast
    /// address.
    ///
    /// ```
    /// use eagain::net::UdpSocket;
    /// use std::net::Ipv4Addr;
    ///
    /// # eagain::run(async {
    /// let group = Ipv4Addr::new(239, 255, 77, 1);
    /// let member = UdpSocket::bind("0.0.0.0:0")?;
    /// member.join_multicast_v4(group, Ipv4Addr::LOCALHOST)?;
    /// let sender = UdpSocket::bind("0.0.0.0:0")?;
    /// sender.set_multicast_interface_v4(Ipv4Addr::LOCALHOST)?;
    /// sender.send_to(b"all", (group, member.local_addr()?.port())).await?;
    /// let mut buf = [0; 8];
    /// assert_eq!(member.recv(&mut buf).await?, 3);
    /// # std::io::Result::Ok(())
    /// # })??;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn join_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.source.with_fd(|fd| multicast::join_v4(fd, group, interface))
    }

    /// Undoes [`join_multicast_v4`](UdpSocket::join_multicast_v4).
    ///
    /// # Errors
    /// `EADDRNOTAVAIL`: it was not joined.
    pub fn leave_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.source.with_fd(|fd| multicast::leave_v4(fd, group, interface))
    }

    /// Takes what is sent to `group`.
    ///
    /// # Errors
    /// As [`join_multicast_v4`](UdpSocket::join_multicast_v4).
    pub fn join_multicast_v6(&self, group: Ipv6Addr, interface: u32) -> io::Result<()> {
        self.source.with_fd(|fd| multicast::join_v6(fd, group, interface))
    }

    /// Undoes [`join_multicast_v6`](UdpSocket::join_multicast_v6).
    ///
    /// # Errors
    /// `EADDRNOTAVAIL`: it was not joined.
    pub fn leave_multicast_v6(&self, group: Ipv6Addr, interface: u32) -> io::Result<()> {
        self.source.with_fd(|fd| multicast::leave_v6(fd, group, interface))
    }

    /// Whether members on this machine get what this socket sends to a group. On at first.
    pub fn set_multicast_loop(&self, on: bool) -> io::Result<()> {
        self.set_by_family(|fd, is_v6| multicast::set_loop(fd, is_v6, on))
    }

    /// How many routers a datagram to a group may pass; 1 at first, so that it stays in the network.
    pub fn set_multicast_ttl(&self, ttl: u8) -> io::Result<()> {
        self.set_by_family(|fd, is_v6| multicast::set_ttl(fd, is_v6, ttl))
    }

    /// By which interface it sends to groups.
    ///
    /// # Errors
    /// `EADDRNOTAVAIL`: no interface has this address.
    pub fn set_multicast_interface_v4(&self, interface: Ipv4Addr) -> io::Result<()> {
        self.source.with_fd(|fd| multicast::set_interface_v4(fd, interface))
    }

    /// The same by its number.
    ///
    /// # Errors
    /// `ENODEV`: there is no such interface.
    pub fn set_multicast_interface_v6(&self, interface: u32) -> io::Result<()> {
        self.source.with_fd(|fd| multicast::set_interface_v6(fd, interface))
    }
}
