//! TCP: a connection.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::OwnedFd;

use eagain_sys::poller::Interest;
use eagain_sys::{errno, socket};

use crate::event_loop::io::Kind;
use crate::source::{GROWTH, Source};

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

    /// Tries to read; `None` if nothing is there now. `Some(0)` is the end of the stream, unless
    /// `buf` is empty.
    ///
    /// System calls: one `recvfrom`, or none.
    ///
    /// # Errors
    /// `ECONNRESET`: the peer broke off.
    #[inline]
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        self.source.try_read_of(buf.len(), |fd| socket::recv(fd, buf))
    }

    /// Tries to read into the spare capacity of `buf`, behind what it holds; it need not be
    /// initialised. A buffer without any grows first. `Some(0)` is the end of the stream.
    ///
    /// System calls: one `recvfrom`, or none.
    ///
    /// # Errors
    /// As [`try_read`](TcpStream::try_read).
    #[inline]
    pub fn try_read_append(&self, buf: &mut Vec<u8>) -> io::Result<Option<usize>> {
        if buf.len() == buf.capacity() {
            buf.reserve(GROWTH);
        }
        let room = buf.capacity() - buf.len();
        self.source.try_read_of(room, |fd| socket::recv_append(fd, buf))
    }

    /// Tries to write, and tells how much was taken; `None` if the send buffer is full.
    ///
    /// System calls: one `sendto` (with `MSG_NOSIGNAL`: no SIGPIPE), or none.
    ///
    /// # Errors
    /// `EPIPE`, `ECONNRESET`: the peer is gone.
    #[inline]
    pub fn try_write(&self, buf: &[u8]) -> io::Result<Option<usize>> {
        self.source.try_write_of(buf.len(), |fd| socket::send(fd, buf))
    }

    /// Reads what is there, and waits until something is. 0 is the end of the stream, unless `buf`
    /// is empty.
    ///
    /// Cancel-safe: what was read is returned. System calls: `recvfrom`, again after each wait,
    /// and one `epoll_ctl` the first time in the connection's life that it waits.
    ///
    /// # Errors
    /// `ECONNRESET`: the peer broke off. [`LoopError`](crate::LoopError): another task waits to
    /// read here, no loop runs.
    #[track_caller]
    pub fn read(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::READ, move || self.try_read(buf))
    }

    /// The same into the spare capacity of `buf`, behind what it holds; it need not be
    /// initialised. A buffer without any grows first. 0 is the end of the stream.
    ///
    /// Cancel-safe: what was read is in `buf`. System calls and errors: as
    /// [`read`](TcpStream::read).
    #[track_caller]
    pub fn read_append(&self, buf: &mut Vec<u8>) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::READ, move || self.try_read_append(buf))
    }

    /// Reads until `buf` is full.
    ///
    /// Not cancel-safe: what was read is in `buf`, but nobody tells how much it was. System calls
    /// and errors: as [`read`](TcpStream::read), and `UnexpectedEof` at the end of the stream.
    #[track_caller]
    pub fn read_exact(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<()>> {
        let mut filled = 0;
        self.source.until(Interest::READ, move || {
            while filled < buf.len() {
                match self.try_read(&mut buf[filled..])? {
                    Some(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Some(n) => filled += n,
                    None => return Ok(None),
                }
            }
            Ok(Some(()))
        })
    }

    /// Reads to the end of the stream, behind what `buf` holds; returns how much.
    ///
    /// Cancel-safe: what was read is in `buf`. System calls and errors: as
    /// [`read`](TcpStream::read).
    #[track_caller]
    pub fn read_to_end(&self, buf: &mut Vec<u8>) -> impl Future<Output = io::Result<usize>> {
        let before = buf.len();
        self.source.until(Interest::READ, move || {
            loop {
                if buf.len() == buf.capacity() {
                    buf.reserve(buf.len().max(GROWTH));
                }
                match self.try_read_append(buf)? {
                    Some(0) => return Ok(Some(buf.len() - before)),
                    Some(_) => {}
                    None => return Ok(None),
                }
            }
        })
    }

    /// Writes as much as there is room for, and waits until there is some.
    ///
    /// Cancel-safe: what was written is returned. System calls: `sendto`, again after each wait,
    /// and one `epoll_ctl` the first time in the connection's life that it waits to write.
    ///
    /// # Errors
    /// `EPIPE`, `ECONNRESET`: the peer is gone. [`LoopError`](crate::LoopError): another task
    /// waits to write here, no loop runs.
    #[track_caller]
    pub fn write(&self, buf: &[u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::WRITE, move || self.try_write(buf))
    }

    /// Writes all of `buf`.
    ///
    /// Not cancel-safe: nobody tells how much was written. System calls and errors: as
    /// [`write`](TcpStream::write).
    #[track_caller]
    pub fn write_all(&self, buf: &[u8]) -> impl Future<Output = io::Result<()>> {
        let mut written = 0;
        self.source.until(Interest::WRITE, move || {
            while written < buf.len() {
                match self.try_write(&buf[written..])? {
                    Some(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Some(n) => written += n,
                    None => return Ok(None),
                }
            }
            Ok(Some(()))
        })
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

    /// Ends a direction. Of a connection that the peer has broken off already, too: then there is
    /// nothing to be done (`ENOTCONN`).
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
