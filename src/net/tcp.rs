//! TCP, as the loop knows it.

use std::net::{Shutdown, SocketAddr};
use std::os::fd::OwnedFd;
use std::{fmt, io};

use eagain_sys::poller::{Interest, Readiness};
use eagain_sys::{errno, socket};

use crate::event_loop::io::Kind;
use crate::source::Source;

/// A socket that takes connections.
///
/// Several tasks may wait for the same listener; each of them tries when one comes.
///
/// ```
/// use eagain::net::TcpListener;
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// assert!(listener.try_accept()?.is_none());
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TcpListener {
    source: Source,
}

impl TcpListener {
    /// The backlog of [`bind`](TcpListener::bind): how many connections may queue in the kernel
    /// (which cuts it to `/proc/sys/net/core/somaxconn`, 4096 by default).
    pub const BACKLOG: u32 = 4096;

    /// Listens on `addr`; port 0 is any. `SO_REUSEADDR` is set.
    ///
    /// System calls: `socket`, `setsockopt`, `bind`, `listen`.
    ///
    /// # Errors
    /// `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, as bind(2) says.
    pub fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
        TcpListener::bind_with_backlog(addr, TcpListener::BACKLOG)
    }

    /// The same with another backlog.
    pub fn bind_with_backlog(addr: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
        Ok(TcpListener::from_non_blocking(socket::listen_tcp(&addr, backlog)?))
    }

    fn from_non_blocking(fd: OwnedFd) -> TcpListener {
        TcpListener { source: Source::of_kind(fd, Kind::Messages) }
    }

    /// Tries to accept a connection; `None` if none queues. Those that were lost while they
    /// queued are passed over.
    ///
    /// System calls: one `accept4`, one more for each lost connection; or none.
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: out of descriptors
    /// or memory, and the connection still queues; try again when something was closed
    /// ([`Context::descriptor_closed`](crate::Context::descriptor_closed)), not at once. Anything
    /// else means that the listener itself is of no more use.
    pub fn try_accept(&self) -> io::Result<Option<(TcpStream, SocketAddr)>> {
        let accepted = self.source.try_sys(Interest::READ, |listener| {
            // What is lost again and again is more than a connection.
            let mut lost = 0;
            loop {
                match socket::accept4(listener) {
                    Err(e) if e.is_connection_lost() && lost < 64 => lost += 1,
                    answer => return answer,
                }
            }
        })?;
        Ok(accepted.map(|(fd, peer)| (TcpStream::from_non_blocking(fd), peer)))
    }

    /// The address it listens on, with the port that the kernel chose.
    ///
    /// System calls: one `getsockname`.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.with_fd(socket::local)
    }

    /// `TCP_NODELAY` for every connection to come. (Linux hands the option on to accepted
    /// connections, which saves a call for each.)
    ///
    /// System calls: one `setsockopt`.
    pub fn set_nodelay(&self, on: bool) -> io::Result<()> {
        self.source.with_fd(|fd| socket::set_nodelay(fd, on))
    }

    /// Stops listening: as [`Source::close`].
    pub fn close(&self) -> io::Result<()> {
        self.source.close()
    }
}

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
/// let stream = TcpStream::connect(server.local_addr()?)?;
/// let mut event_loop = EventLoop::new()?;
/// let greeting = event_loop.spawn(Greeting { stream, connected: false });
/// server.accept()?.0.write_all(b"hello")?;
/// event_loop.run()?;
/// assert_eq!(greeting.take().unwrap().unwrap()?, b"hello");
/// # Ok::<(), io::Error>(())
/// ```
pub struct TcpStream {
    source: Source,
}

impl TcpStream {
    /// Begins to connect to `addr`. The outcome is told by
    /// [`try_connected`](TcpStream::try_connected).
    ///
    /// System calls: `socket`, `connect`.
    ///
    /// # Errors
    /// What the kernel knows at once: `ENETUNREACH`, `EADDRNOTAVAIL`, `EMFILE` ...
    pub fn connect(addr: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::from_non_blocking(socket::tcp(&addr)?);
        stream.source.with_fd(|fd| match socket::connect(fd, &addr) {
            // A signal does not end the attempt: connect(2), EINTR.
            Err(e) if e.is_in_progress() || e.is_interrupted() => {
                // Registered only from here on: a fresh socket would report a hang-up.
                stream.source.io.ready.set(Readiness::NONE);
                Ok(())
            }
            answer => answer,
        })?;
        Ok(stream)
    }

    fn from_non_blocking(fd: OwnedFd) -> TcpStream {
        TcpStream { source: Source::of_kind(fd, Kind::Tcp) }
    }

    /// Asks how the attempt to connect went. `None`: not decided yet; wait until the stream is
    /// writable. To be asked until it is decided, and no further.
    ///
    /// System calls: `getsockopt` SO_ERROR and `getpeername`, or none.
    ///
    /// # Errors
    /// Why there is no connection: `ECONNREFUSED`, `ETIMEDOUT`, `EHOSTUNREACH` ...
    pub fn try_connected(&self) -> io::Result<Option<()>> {
        self.source.try_io(Interest::WRITE, |fd| {
            if let Some(error) = socket::take_error(fd)? {
                return Err(error);
            }
            match socket::peer(fd) {
                // No error and nobody there: the wake-up meant nothing.
                Err(e) if e.errno() == errno::ENOTCONN => Err(io::ErrorKind::WouldBlock.into()),
                answer => answer.map(drop).map_err(io::Error::from),
            }
        })
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
    /// initialised. `Some(0)` is the end of the stream, unless there is no spare capacity.
    ///
    /// System calls: one `recvfrom`, or none.
    ///
    /// # Errors
    /// As [`try_read`](TcpStream::try_read).
    #[inline]
    pub fn try_read_append(&self, buf: &mut Vec<u8>) -> io::Result<Option<usize>> {
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

    /// Ends a direction.
    ///
    /// System calls: one `shutdown`.
    ///
    /// # Errors
    /// `ENOTCONN`: not connected, or the peer broke off.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.source.with_fd(|fd| socket::shutdown(fd, how))
    }

    /// `TCP_NODELAY`: small segments are sent at once.
    ///
    /// System calls: one `setsockopt`.
    pub fn set_nodelay(&self, on: bool) -> io::Result<()> {
        self.source.with_fd(|fd| socket::set_nodelay(fd, on))
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

    /// Closes the connection now: as [`Source::close`].
    pub fn close(&self) -> io::Result<()> {
        self.source.close()
    }
}

macro_rules! is_a_source {
    ($($socket:ident),*) => {$(
        impl AsRef<Source> for $socket {
            fn as_ref(&self) -> &Source {
                &self.source
            }
        }

        impl From<$socket> for Source {
            /// Its descriptor can be lent or taken from there.
            fn from(socket: $socket) -> Source {
                socket.source
            }
        }

        impl TryFrom<std::net::$socket> for $socket {
            type Error = io::Error;

            /// Takes a socket of std, and switches it to non-blocking.
            fn try_from(socket: std::net::$socket) -> io::Result<$socket> {
                socket.set_nonblocking(true)?;
                Ok($socket::from_non_blocking(socket.into()))
            }
        }

        impl fmt::Debug for $socket {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($socket), self.source)
            }
        }
    )*};
}

is_a_source!(TcpListener, TcpStream);
