//! TCP: a connection.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::OwnedFd;

use eagain_sys::{errno, socket};

use crate::event_loop::io::Kind;
use crate::source::Source;

/// A TCP connection.
///
/// ```
/// use eagain::net::TcpStream;
/// use eagain::{Context, EventLoop, Generator, Step};
/// use std::io;
///
/// /// Connects, and returns what the other end says first.
/// struct Greeting {
///     stream: TcpStream,
///     connected: bool,
/// }
///
/// impl Greeting {
///     fn advance(&mut self, cx: &mut Context<'_>) -> io::Result<Step<Vec<u8>>> {
///         if !self.connected {
///             if self.stream.try_connected()?.is_none() {
///                 return Ok(Step::Yield(cx.writable(&self.stream)?));
///             }
///             self.connected = true;
///         }
///         let mut buf = Vec::with_capacity(1024);
///         match self.stream.try_read_append(&mut buf)? {
///             None => Ok(Step::Yield(cx.readable(&self.stream)?)),
///             Some(_) => Ok(Step::Return(buf)),
///         }
///     }
/// }
///
/// impl Generator for Greeting {
///     type Return = io::Result<Vec<u8>>;
///     fn resume(&mut self, cx: &mut Context<'_>) -> Step<Self::Return> {
///         Step::from_result(self.advance(cx))
///     }
/// }
///
/// # use std::io::Write;
/// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let stream = TcpStream::begin_connect(server.local_addr()?)?;
/// let mut event_loop = EventLoop::new()?;
/// let greeting = event_loop.spawn(Greeting { stream, connected: false });
/// server.accept()?.0.write_all(b"hello")?;
/// event_loop.run()?;
/// assert_eq!(greeting.take().unwrap().unwrap()?, b"hello");
/// # Ok::<(), io::Error>(())
/// ```
pub struct TcpStream {
    pub(super) source: Source,
}

impl TcpStream {
    pub(super) fn from_non_blocking(fd: OwnedFd) -> TcpStream {
        TcpStream { source: Source::of_kind(fd, Kind::Tcp) }
    }

    /// Waits until a read is worth a try; as [`Source::readable`].
    ///
    /// Cancel-safe. System calls: one `epoll_ctl` the first time in its life, else none.
    ///
    /// A future holds what lives across its awaits, a buffer too: connections that mostly wait are
    /// better read by [`read_with`](TcpStream::read_with), which has one only while there is something
    /// to read.
    #[track_caller]
    pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
        self.source.readable()
    }

    /// Waits until a write is worth a try; as [`Source::writable`].
    ///
    /// Cancel-safe. System calls: one `epoll_ctl` the first time in its life, else none.
    #[track_caller]
    pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
        self.source.writable()
    }

    /// Ends a direction, at once: there is nothing to await. Of a connection that the peer has broken
    /// off already, too: then there is nothing to be done (`ENOTCONN`).
    ///
    /// As std's. It hides [`AsyncWrite::shutdown`](crate::io::AsyncWrite::shutdown), which takes no
    /// argument and is awaited; that is for code that takes any stream.
    ///
    /// System calls: one `shutdown`.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.source.with_fd(|fd| match socket::shutdown(fd, how) {
            Err(e) if e.errno() == errno::ENOTCONN => Ok(()),
            answer => answer,
        })
    }

    /// Its own address.
    ///
    /// System calls: one `getsockname`.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.with_fd(socket::local)
    }

    /// The address of the other end.
    ///
    /// System calls: one `getpeername`.
    ///
    /// # Errors
    /// `ENOTCONN`: not connected (yet).
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.with_fd(socket::peer)
    }

    /// Closes the connection now: as [`Source::close`], with its system calls and errors.
    pub fn close(&self) -> io::Result<()> {
        self.source.close()
    }
}
