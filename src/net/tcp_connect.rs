//! TCP: the side that connects.

use std::io;
use std::net::SocketAddr;
use std::panic::Location;
use std::time::Duration;

use eagain_sys::poller::{Interest, Readiness};
use eagain_sys::{errno, socket};

use crate::net::address::{Endpoint, ToSocketAddrs, no_address};
use crate::net::happy_eyeballs::{self, first_of};
use crate::net::lookup::look_up;
use crate::net::{ConnectError, TcpStream};
use crate::time::timeout;
use crate::until::Until;

impl TcpStream {
    /// Connects to an address, or to the host of that name.
    ///
    /// A name is [looked up](crate::net::lookup_host). If there is more than one address, they are
    /// tried as RFC 8305 ("Happy Eyeballs") says: the families alternate, the next attempt begins
    /// 250 ms after the last one or when that has failed, and the first that succeeds ends the
    /// others.
    ///
    /// Cancel-safe: the attempts are given up. System calls: for each attempt `socket`, `connect`,
    /// one `epoll_ctl`, `getsockopt` SO_ERROR and, if there is no error, `getpeername`; for a name
    /// those of [`offload`](crate::offload).
    ///
    /// # Errors
    /// For one address those of [`begin_connect`](TcpStream::begin_connect) and
    /// [`try_connected`](TcpStream::try_connected); for more of them, and for a name, a
    /// [`ConnectError`] that tells of each. Those of [`lookup_host`](crate::net::lookup_host).
    ///
    /// ```
    /// use eagain::net::TcpStream;
    ///
    /// # let server = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// # let port = server.local_addr()?.port();
    /// # let server = std::thread::spawn(move || {
    /// #     use std::io::{Read, Write};
    /// #     let mut stream = server.accept()?.0;
    /// #     stream.read_exact(&mut [0; 4])?;
    /// #     stream.write_all(b"pong")
    /// # });
    /// let answer = eagain::run(async {
    ///     let stream = TcpStream::connect(("localhost", port)).await?;
    ///     stream.write_all(b"ping").await?;
    ///     let mut answer = Vec::new();
    ///     stream.read_to_end(&mut answer).await?;
    ///     std::io::Result::Ok(answer)
    /// })??;
    /// assert_eq!(answer, b"pong");
    /// # server.join().unwrap()?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn connect<A: ToSocketAddrs>(to: A) -> impl Future<Output = io::Result<TcpStream>> {
        connect(&to, None, Location::caller())
    }

    /// The same within so much time, lookup included.
    ///
    /// Cancel-safe. System calls: as [`connect`](TcpStream::connect).
    ///
    /// # Errors
    /// `TimedOut`: the time is up. Those of [`connect`](TcpStream::connect).
    #[track_caller]
    pub fn connect_timeout<A: ToSocketAddrs>(
        to: A,
        limit: Duration,
    ) -> impl Future<Output = io::Result<TcpStream>> {
        TcpStreamBuilder::new().timeout(limit).connect(to)
    }

    /// Chooses how to connect: from which address, how long to try, with which options.
    pub fn builder() -> TcpStreamBuilder {
        TcpStreamBuilder::new()
    }

    /// Begins to connect to `addr`. The outcome is told by
    /// [`try_connected`](TcpStream::try_connected).
    ///
    /// System calls: `socket`, `connect`.
    ///
    /// # Errors
    /// What the kernel knows at once: `ENETUNREACH`, `EADDRNOTAVAIL`, `EMFILE` ...
    pub fn begin_connect(addr: SocketAddr) -> io::Result<TcpStream> {
        AS_USUAL.begin_connect(addr)
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
}

/// How a [`TcpStream`] connects: what [`TcpStream::builder`] returns.
///
/// ```
/// # use std::time::Duration;
/// use eagain::net::TcpStream;
/// # let server = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let address = server.local_addr()?;
/// # eagain::run(async {
/// let stream = TcpStream::builder()
///     .source("127.0.0.2:0".parse().unwrap())
///     .timeout(Duration::from_secs(5))
///     .nodelay(true)
///     .connect(address)
///     .await?;
/// assert_eq!(stream.local_addr()?.ip().to_string(), "127.0.0.2");
/// # std::io::Result::Ok(())
/// # })??;
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "it does nothing until it connects"]
pub struct TcpStreamBuilder {
    sources: [Option<SocketAddr>; 2],
    timeout: Option<Duration>,
    attempt_delay: Duration,
    nodelay: bool,
    send_buffer_size: Option<usize>,
    recv_buffer_size: Option<usize>,
}

static AS_USUAL: TcpStreamBuilder = TcpStreamBuilder::new();

impl TcpStreamBuilder {
    const fn new() -> TcpStreamBuilder {
        TcpStreamBuilder {
            sources: [None; 2],
            timeout: None,
            attempt_delay: happy_eyeballs::DELAY,
            nodelay: false,
            send_buffer_size: None,
            recv_buffer_size: None,
        }
    }

    /// Connects from this address; port 0 is any. One of each family may be given. With only one,
    /// addresses of the other family are not tried.
    pub fn source(mut self, source: SocketAddr) -> TcpStreamBuilder {
        self.sources[usize::from(source.is_ipv6())] = Some(source);
        self
    }

    /// Gives up after so long, lookup and all attempts together. As long as the kernel tries (two
    /// minutes on Linux) unless this says otherwise.
    pub fn timeout(mut self, limit: Duration) -> TcpStreamBuilder {
        self.timeout = Some(limit);
        self
    }

    /// How long an attempt is alone before the next address is tried as well: 250 ms unless this
    /// says otherwise; no less than 10 ms, as RFC 8305 demands.
    pub fn attempt_delay(mut self, delay: Duration) -> TcpStreamBuilder {
        self.attempt_delay = delay.max(Duration::from_millis(10));
        self
    }

    /// `TCP_NODELAY`: small segments are sent at once. Off unless this says otherwise.
    pub fn nodelay(mut self, on: bool) -> TcpStreamBuilder {
        self.nodelay = on;
        self
    }

    /// `SO_SNDBUF`, which ends the kernel's own choice.
    pub fn send_buffer_size(mut self, bytes: usize) -> TcpStreamBuilder {
        self.send_buffer_size = Some(bytes);
        self
    }

    /// `SO_RCVBUF`, before `connect`: it decides about the window that is offered to the peer.
    pub fn recv_buffer_size(mut self, bytes: usize) -> TcpStreamBuilder {
        self.recv_buffer_size = Some(bytes);
        self
    }

    /// Connects: as [`TcpStream::connect`].
    ///
    /// Cancel-safe: the attempts are given up. System calls: as [`TcpStream::connect`], and for
    /// each attempt a `bind` if there is a source, a `setsockopt` for each option.
    ///
    /// # Errors
    /// As [`TcpStream::connect`]; `TimedOut`; those of `bind`.
    #[track_caller]
    pub fn connect<A: ToSocketAddrs>(
        self,
        to: A,
    ) -> impl Future<Output = io::Result<TcpStream>> + use<A> {
        connect(&to, Some(Box::new(self)), Location::caller())
    }

    /// As [`TcpStream::begin_connect`], which knows no timeout.
    ///
    /// System calls: `socket`, perhaps `setsockopt` and `bind`, `connect`.
    ///
    /// # Errors
    /// As [`TcpStream::begin_connect`].
    pub fn begin_connect(&self, to: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::from_non_blocking(socket::tcp(&to)?);
        stream.source.with_fd(|fd| {
            if self.nodelay {
                socket::set_nodelay(fd, true)?;
            }
            self.send_buffer_size.map_or(Ok(()), |bytes| socket::set_send_buffer(fd, bytes))?;
            self.recv_buffer_size.map_or(Ok(()), |bytes| socket::set_receive_buffer(fd, bytes))?;
            let source = self.sources[usize::from(to.is_ipv6())];
            source.map_or(Ok(()), |source| socket::bind(fd, &source))?;
            loop {
                match socket::connect(fd, &to) {
                    // Whether the attempt goes on is what the next call tells.
                    Err(e) if e.is_interrupted() => {}
                    Err(e) if e.errno() == errno::EISCONN => return Ok(()),
                    Err(e) if e.is_in_progress() => {
                        // Registered only from here on: a fresh socket would report a hang-up.
                        stream.source.io.ready.set(Readiness::NONE);
                        return Ok(());
                    }
                    answer => return answer,
                }
            }
        })?;
        Ok(stream)
    }

    /// Whether there is a source for such an address, if there has to be.
    fn may_try(&self, to: &SocketAddr) -> bool {
        self.sources == [None; 2] || self.sources[usize::from(to.is_ipv6())].is_some()
    }

    async fn connect_one(
        &self,
        to: SocketAddr,
        at: &'static Location<'static>,
    ) -> io::Result<TcpStream> {
        let stream = self.begin_connect(to)?;
        Until::at(&stream.source, Interest::WRITE, || stream.try_connected(), at).await?;
        Ok(stream)
    }

    async fn connect_any(
        &self,
        addresses: Vec<SocketAddr>,
        at: &'static Location<'static>,
    ) -> Result<TcpStream, ConnectError> {
        let (may, may_not): (Vec<_>, _) =
            addresses.into_iter().partition(|address| self.may_try(address));
        if may.is_empty() {
            let why = |_| io::Error::other("it has another family than the source");
            return Err(ConnectError::new(may_not.into_iter().map(|to| (to, why(to))).collect()));
        }
        first_of(may, self.attempt_delay, |to| self.connect_one(to, at)).await
    }

    async fn connect_within(
        &self,
        limit: Duration,
        to: Endpoint,
        at: &'static Location<'static>,
    ) -> io::Result<TcpStream> {
        let told = || format!("no connection to {to} within {limit:?}");
        let connected = timeout(limit, self.connect_to(to.clone(), at)).await;
        connected.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, told())))
    }

    async fn connect_to(
        &self,
        to: Endpoint,
        at: &'static Location<'static>,
    ) -> io::Result<TcpStream> {
        match to {
            Endpoint::Address(to) => self.connect_one(to, at).await,
            Endpoint::Addresses(to) if to.is_empty() => Err(no_address()),
            Endpoint::Addresses(to) => Ok(self.connect_any(to, at).await?),
            Endpoint::Name { host, port } => {
                let addresses = look_up(host.clone(), port, at).await?;
                let connected = self.connect_any(addresses, at).await;
                Ok(connected.map_err(|e| e.of_name(&host, port))?)
            }
        }
    }
}

/// Most connect to one address as usual: their future is not as large as the others'.
fn connect<A: ToSocketAddrs>(
    to: &A,
    how: Option<Box<TcpStreamBuilder>>,
    at: &'static Location<'static>,
) -> impl Future<Output = io::Result<TcpStream>> + use<A> {
    let to = to.to_endpoint();
    async move {
        let how = how.as_deref().unwrap_or(&AS_USUAL);
        match (to?, how.timeout) {
            (Endpoint::Address(to), None) => how.connect_one(to, at).await,
            (to, None) => Box::pin(how.connect_to(to, at)).await,
            (to, Some(limit)) => Box::pin(how.connect_within(limit, to, at)).await,
        }
    }
}
