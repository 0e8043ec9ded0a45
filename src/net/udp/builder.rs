//! What has to be set before a UDP socket gets its address.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};

use eagain_sys::{socket, udp};

use crate::net::UdpSocket;
use crate::net::address::{ToSocketAddrs, no_address};

/// How a UDP socket is to be made: see [`UdpSocket::builder`].
///
/// ```
/// use eagain::net::UdpSocket;
///
/// // Two programs on one machine that listen for the same multicast.
/// let one = UdpSocket::builder().reuse_address(true).bind("0.0.0.0:0")?;
/// let other = UdpSocket::builder().reuse_address(true).bind(one.local_addr()?)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it makes nothing before `bind`"]
pub struct UdpBuilder {
    reuse_address: bool,
    reuse_port: bool,
    only_v6: Option<bool>,
    receive_buffer: Option<usize>,
    send_buffer: Option<usize>,
}

impl UdpBuilder {
    /// `SO_REUSEADDR`: other sockets may have the same address. What is sent to one machine comes to
    /// the last of them; what is sent to a group or to all comes to each. (On macOS and the BSDs
    /// that takes [`reuse_port`](UdpBuilder::reuse_port).) Off unless it is set.
    pub fn reuse_address(self, on: bool) -> UdpBuilder {
        UdpBuilder { reuse_address: on, ..self }
    }

    /// `SO_REUSEPORT`: other sockets of the same user may have the same address. On Linux what is
    /// sent to one machine is spread over them, by the addresses and ports at both ends: a socket for
    /// each loop. Off unless it is set.
    pub fn reuse_port(self, on: bool) -> UdpBuilder {
        UdpBuilder { reuse_port: on, ..self }
    }

    /// `IPV6_V6ONLY`: an IPv6 socket takes no IPv4. What the system makes of it (`bindv6only`)
    /// unless it is set. Without effect on an IPv4 socket.
    pub fn only_v6(self, on: bool) -> UdpBuilder {
        UdpBuilder { only_v6: Some(on), ..self }
    }

    /// `SO_RCVBUF`: how much may wait to be received; more is dropped. The kernel doubles it, up to
    /// `/proc/sys/net/core/rmem_max`.
    pub fn receive_buffer(self, bytes: usize) -> UdpBuilder {
        UdpBuilder { receive_buffer: Some(bytes), ..self }
    }

    /// `SO_SNDBUF`: how much may wait to be sent. The kernel doubles it, up to
    /// `/proc/sys/net/core/wmem_max`.
    pub fn send_buffer(self, bytes: usize) -> UdpBuilder {
        UdpBuilder { send_buffer: Some(bytes), ..self }
    }

    /// Makes the socket; port 0 is any. Of several addresses it is the first that can be had. Not for
    /// names.
    ///
    /// System calls: `socket`, a `setsockopt` for each thing that was set, `bind`.
    ///
    /// # Errors
    /// `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, as bind(2) says. `InvalidInput`: not an address.
    pub fn bind(&self, addr: impl ToSocketAddrs) -> io::Result<UdpSocket> {
        let mut last = None;
        for addr in addr.to_endpoint()?.addresses()? {
            match self.bound(&addr) {
                Ok(fd) => return Ok(UdpSocket::from_non_blocking(fd)),
                Err(e) => last = Some(e.into()),
            }
        }
        Err(last.unwrap_or_else(no_address))
    }

    fn bound(&self, addr: &SocketAddr) -> eagain_sys::Result<OwnedFd> {
        let owned = udp::udp(addr)?;
        let fd = owned.as_fd();
        if self.reuse_address {
            socket::set_reuse_address(fd, true)?;
        }
        if self.reuse_port {
            socket::set_reuse_port(fd, true)?;
        }
        if let Some(on) = self.only_v6.filter(|_| addr.is_ipv6()) {
            udp::set_only_v6(fd, on)?;
        }
        if let Some(bytes) = self.receive_buffer {
            socket::set_receive_buffer(fd, bytes)?;
        }
        if let Some(bytes) = self.send_buffer {
            socket::set_send_buffer(fd, bytes)?;
        }
        socket::bind(fd, addr)?;
        Ok(owned)
    }
}
