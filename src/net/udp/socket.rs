//! A UDP socket: one datagram at a time.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{BorrowedFd, OwnedFd};

use eagain_sys::poller::Interest;
use eagain_sys::udp::packet_info::{self, Arrival};
use eagain_sys::{socket, udp};

use crate::event_loop::io::Kind;
use crate::net::UdpBuilder;
use crate::net::address::ToSocketAddrs;
use crate::source::Source;

/// A UDP socket.
///
/// Each call sends or takes one datagram, all of it: several tasks may wait for the same socket,
/// and each of them gets one. What does not fit in a buffer is lost;
/// [`recv_message`](UdpSocket::recv_message) tells of that. For many at once there are
/// [`recv_batch`](UdpSocket::recv_batch) and [`send_batch`](UdpSocket::send_batch).
///
/// A socket that is [connected](UdpSocket::connect) also learns that nobody listens at the other
/// end: the call after the one that found out fails once with `ECONNREFUSED`, and the socket goes
/// on as before.
///
/// ```
/// use eagain::net::UdpSocket;
///
/// eagain::run(async {
///     let server = UdpSocket::bind("127.0.0.1:0")?;
///     let client = UdpSocket::bind("127.0.0.1:0")?;
///     client.send_to(b"ping", server.local_addr()?).await?;
///     let mut buf = [0; 1500];
///     let (n, peer) = server.recv_from(&mut buf).await?;
///     assert_eq!(&buf[..n], b"ping");
///     server.send_to(b"pong", peer).await?;
///     let (n, _) = client.recv_from(&mut buf).await?;
///     assert_eq!(&buf[..n], b"pong");
///     std::io::Result::Ok(())
/// })?
/// # ; Ok::<(), std::io::Error>(())
/// ```
pub struct UdpSocket {
    pub(in crate::net) source: Source,
    /// What stopped a batch, and the next call has to tell: the kernel will not.
    pub(super) failed: Cell<Option<eagain_sys::Error>>,
}

impl UdpSocket {
    /// Takes datagrams that come to `addr`; port 0 is any. Of several addresses it is the first that
    /// can be had. Not for names: their addresses are known to
    /// [`lookup_host`](crate::net::lookup_host). See [`builder`](UdpSocket::builder) for
    /// what has to be set before.
    ///
    /// System calls: `socket`, `bind`.
    ///
    /// # Errors
    /// `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, as bind(2) says. `InvalidInput`: not an address.
    pub fn bind(addr: impl ToSocketAddrs) -> io::Result<UdpSocket> {
        UdpSocket::builder().bind(addr)
    }

    /// Sets what has to be set before the socket gets its address.
    pub fn builder() -> UdpBuilder {
        UdpBuilder::default()
    }

    pub(in crate::net) fn from_non_blocking(fd: OwnedFd) -> UdpSocket {
        UdpSocket { source: Source::of_kind(fd, Kind::Messages), failed: Cell::new(None) }
    }

    /// Tries to take something, unless there is an error to be told first.
    pub(super) fn try_receive<T>(
        &self,
        call: impl FnMut(BorrowedFd<'_>) -> eagain_sys::Result<T>,
    ) -> io::Result<Option<T>> {
        match self.failed.take() {
            Some(e) => Err(e.into()),
            None => self.source.try_sys(Interest::READ, call),
        }
    }

    /// Tries to take a datagram; `None` if there is none. An empty datagram has length 0.
    ///
    /// System calls: one `recvfrom`, or none.
    ///
    /// # Errors
    /// `ECONNREFUSED`: nobody listens where the socket is connected to; told once.
    pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        self.try_receive(|fd| socket::recv(fd, buf))
    }

    /// The same, with who sent it.
    ///
    /// System calls and errors: as [`try_recv`](UdpSocket::try_recv).
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<Option<(usize, SocketAddr)>> {
        self.try_receive(|fd| udp::recv_from(fd, buf))
    }

    /// The same, and the datagram stays the first one.
    ///
    /// System calls and errors: as [`try_recv`](UdpSocket::try_recv).
    pub fn try_peek_from(&self, buf: &mut [u8]) -> io::Result<Option<(usize, SocketAddr)>> {
        self.try_receive(|fd| udp::peek_from(fd, buf))
    }

    /// Tries to take a datagram, with who sent it, whether it was cut off, and what its header said.
    ///
    /// System calls: one `recvmsg`, or none. Errors: as [`try_recv`](UdpSocket::try_recv).
    pub fn try_recv_message(&self, buf: &mut [u8]) -> io::Result<Option<Arrival>> {
        self.try_receive(|fd| packet_info::recv_message(fd, buf))
    }

    /// Waits for a datagram, and tells its length. What does not fit in `buf` is lost.
    ///
    /// Cancel-safe: no datagram is lost. Several tasks may wait. System calls: `recvfrom`, again
    /// after each wait, and one `epoll_ctl` the first time in the socket's life that it waits.
    ///
    /// # Errors
    /// As [`try_recv`](UdpSocket::try_recv). [`LoopError`](crate::LoopError): no loop runs.
    #[track_caller]
    pub fn recv(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::READ, move || self.try_recv(buf))
    }

    /// The same, with who sent it.
    ///
    /// Cancel-safe: no datagram is lost. System calls and errors: as [`recv`](UdpSocket::recv).
    #[track_caller]
    pub fn recv_from(
        &self,
        buf: &mut [u8],
    ) -> impl Future<Output = io::Result<(usize, SocketAddr)>> {
        self.source.until(Interest::READ, move || self.try_recv_from(buf))
    }

    /// Waits for a datagram and leaves it where it is: the next call gets the same.
    ///
    /// Cancel-safe. System calls and errors: as [`recv`](UdpSocket::recv).
    #[track_caller]
    pub fn peek_from(
        &self,
        buf: &mut [u8],
    ) -> impl Future<Output = io::Result<(usize, SocketAddr)>> {
        self.source.until(Interest::READ, move || self.try_peek_from(buf))
    }

    /// Waits for a datagram: who sent it, whether it was cut off, and what its header said, as far
    /// as [`set_receive_packet_info`](UdpSocket::set_receive_packet_info) and
    /// [`set_receive_tos`](UdpSocket::set_receive_tos) asked for it.
    ///
    /// Cancel-safe: no datagram is lost. System calls: as [`recv`](UdpSocket::recv), by `recvmsg`.
    /// Errors: the same.
    ///
    /// ```
    /// use eagain::net::{Ecn, UdpSocket};
    ///
    /// # eagain::run(async {
    /// let here = UdpSocket::bind("[::1]:0")?;
    /// here.set_receive_tos(true)?;
    /// let there = UdpSocket::bind("[::1]:0")?;
    /// there.set_tos(2)?;
    /// there.send_to(b"a long datagram", here.local_addr()?).await?;
    /// let mut buf = [0; 6];
    /// let arrival = here.recv_message(&mut buf).await?;
    /// assert_eq!((arrival.len, arrival.truncated), (6, true));
    /// assert_eq!(arrival.info.ecn(), Some(Ecn::Capable0));
    /// # std::io::Result::Ok(())
    /// # })??;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn recv_message(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<Arrival>> {
        self.source.until(Interest::READ, move || self.try_recv_message(buf))
    }

    /// Waits until there may be a datagram; as [`Source::readable`].
    ///
    /// Cancel-safe. System calls: one `epoll_ctl` the first time in its life, else none.
    #[track_caller]
    pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
        self.source.readable()
    }

    /// Waits until there may be room to send; as [`Source::writable`].
    ///
    /// Cancel-safe. System calls: one `epoll_ctl` the first time in its life, else none.
    #[track_caller]
    pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
        self.source.writable()
    }

    /// Its own address, with the port that the kernel chose.
    ///
    /// System calls: one `getsockname`.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.with_fd(socket::local)
    }

    /// The address that it is connected to.
    ///
    /// System calls: one `getpeername`.
    ///
    /// # Errors
    /// `ENOTCONN`: to none.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.with_fd(socket::peer)
    }

    /// Takes the error that waits to be told by the next call, if there is one.
    ///
    /// System calls: one `getsockopt`, or none.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        match self.failed.take() {
            Some(e) => Ok(Some(e.into())),
            None => self.source.with_fd(socket::take_error),
        }
    }

    /// Closes it now: as [`Source::close`], with its system calls and errors.
    pub fn close(&self) -> io::Result<()> {
        self.source.close()
    }
}
