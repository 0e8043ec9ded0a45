//! Where datagrams go: to addresses, and to names.

use std::io;
use std::net::SocketAddr;
use std::panic::Location;

use eagain_sys::poller::Interest;
use eagain_sys::{socket, udp};

use crate::net::UdpSocket;
use crate::net::address::{Endpoint, ToSocketAddrs, no_address};
use crate::net::lookup::look_up;
use crate::until::Until;

impl UdpSocket {
    /// From now on sends to an address, and takes only what comes from there. It does not wait:
    /// nothing is sent. Of several addresses it is the first that the kernel accepts. Not for names:
    /// their addresses are known to [`lookup_host`](crate::net::lookup_host).
    ///
    /// System calls: one `connect` for each address that is tried.
    ///
    /// # Errors
    /// `ENETUNREACH`, `EADDRNOTAVAIL`, `EACCES`, as connect(2) says. `InvalidInput`: not an address.
    pub fn connect(&self, to: impl ToSocketAddrs) -> io::Result<()> {
        let mut last = None;
        for addr in to.to_endpoint()?.addresses()? {
            match self.source.with_fd(|fd| socket::connect(fd, &addr)) {
                Ok(()) => return Ok(()),
                Err(e) => last = Some(e),
            }
        }
        Err(last.unwrap_or_else(no_address))
    }

    /// Tries to send a datagram to where the socket is connected; `None` if the send buffer is full.
    ///
    /// System calls: one `sendto`, or none.
    ///
    /// # Errors
    /// `EMSGSIZE`: too long for a datagram. `EDESTADDRREQ`: not connected. `ECONNREFUSED`: nobody
    /// listened when something was sent before; told once. `ENETUNREACH`, `EPERM` (a firewall),
    /// `ENOBUFS` (not on Linux: the interface has no room; try again a little later).
    pub fn try_send(&self, buf: &[u8]) -> io::Result<Option<usize>> {
        self.source.try_sys(Interest::WRITE, |fd| socket::send(fd, buf))
    }

    /// The same to an address; of several, to the first of the socket's own family. Not for names.
    ///
    /// System calls: one `sendto`, or none; `getsockname` before it if there is a choice. Errors: as
    /// [`try_send`](UdpSocket::try_send), and `EACCES`: the address is for all (see
    /// [`set_broadcast`](UdpSocket::set_broadcast)). `InvalidInput`: not an address.
    pub fn try_send_to(&self, buf: &[u8], to: impl ToSocketAddrs) -> io::Result<Option<usize>> {
        let addr = match to.to_endpoint()? {
            Endpoint::Address(addr) => addr,
            several => self.one_of(&several.addresses()?)?,
        };
        self.try_send_there(buf, addr)
    }

    fn try_send_there(&self, buf: &[u8], addr: SocketAddr) -> io::Result<Option<usize>> {
        self.source.try_sys(Interest::WRITE, |fd| udp::send_to(fd, buf, &addr))
    }

    /// The first that the socket can send to.
    fn one_of(&self, addresses: &[SocketAddr]) -> io::Result<SocketAddr> {
        if let [only] = addresses {
            return Ok(*only);
        }
        let is_v6 = self.local_addr()?.is_ipv6();
        let same = addresses.iter().find(|addr| addr.is_ipv6() == is_v6);
        same.or(addresses.first()).copied().ok_or_else(no_address)
    }

    /// Sends a datagram to where the socket is connected, and waits for room to do so.
    ///
    /// Cancel-safe: it was sent, or the future is not done. Several tasks may wait. System calls:
    /// `sendto`, again after each wait, and one `epoll_ctl` the first time that it waits to send.
    ///
    /// # Errors
    /// As [`try_send`](UdpSocket::try_send). [`LoopError`](crate::LoopError): no loop runs.
    #[track_caller]
    pub fn send(&self, buf: &[u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::WRITE, move || self.try_send(buf))
    }

    /// The same to an address, or to a name with a port, which is
    /// [looked up](crate::net::lookup_host) for each datagram: to send more than a few, look it up
    /// once. Of several addresses it is the first of the socket's own family.
    ///
    /// Cancel-safe: it was sent, or the future is not done. System calls: as
    /// [`send`](UdpSocket::send); `getsockname` if there is a choice; for a name those of
    /// [`offload`](crate::offload).
    ///
    /// # Errors
    /// As [`send`](UdpSocket::send) and [`try_send_to`](UdpSocket::try_send_to), and for a name as
    /// [`lookup_host`](crate::net::lookup_host).
    ///
    /// ```
    /// use eagain::net::UdpSocket;
    ///
    /// # eagain::run(async {
    /// let server = UdpSocket::bind(("127.0.0.1", 0))?;
    /// let client = UdpSocket::bind("127.0.0.1:0")?;
    /// client.send_to(b"hello", ("localhost", server.local_addr()?.port())).await?;
    /// assert_eq!(server.recv(&mut [0; 16]).await?, 5);
    /// # std::io::Result::Ok(())
    /// # })??;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn send_to<A: ToSocketAddrs>(
        &self,
        buf: &[u8],
        to: A,
    ) -> impl Future<Output = io::Result<usize>> {
        let (to, at) = (to.to_endpoint(), Location::caller());
        async move {
            let addr = match to? {
                Endpoint::Address(addr) => addr,
                Endpoint::Name { host, port } => self.one_of(&look_up(host, port, at).await?)?,
                several => self.one_of(&several.addresses()?)?,
            };
            Until::at(&self.source, Interest::WRITE, || self.try_send_there(buf, addr), at).await
        }
    }
}
