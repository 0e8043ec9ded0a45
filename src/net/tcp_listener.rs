//! TCP: the side that is connected to.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::panic::Location;
use std::time::Duration;

use eagain_sys::poller::Interest;
use eagain_sys::socket;

use crate::event_loop::io::Kind;
use crate::net::TcpStream;
use crate::source::Source;
use crate::until::{Until, descriptor_closed};

/// How long to wait before another try when there was no descriptor for a connection, and
/// nothing is closed meanwhile.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// A socket that takes connections.
///
/// Several tasks may wait for the same listener; each of them tries when one comes.
///
/// ```
/// use eagain::net::TcpListener;
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// assert!(listener.try_accept()?.is_none());
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TcpListener {
    pub(super) source: Source,
    /// Connections that were lost while they queued.
    lost: Cell<u64>,
}

impl TcpListener {
    pub(super) fn from_non_blocking(fd: OwnedFd) -> TcpListener {
        TcpListener { source: Source::of_kind(fd, Kind::Messages), lost: Cell::new(0) }
    }

    /// Tries to accept a connection; `None` if none queues. Those that were lost while they
    /// queued are passed over and [counted](TcpListener::lost).
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
            for _ in 0..64 {
                match socket::accept4(listener) {
                    Err(e) if e.is_connection_lost() => self.lost.set(self.lost.get() + 1),
                    answer => return answer,
                }
            }
            socket::accept4(listener)
        })?;
        Ok(accepted.map(|(fd, peer)| (TcpStream::from_non_blocking(fd), peer)))
    }

    /// Waits for a connection. Out of descriptors or memory it waits, too: until something is
    /// closed, or 100 ms have passed. The connection queues in the kernel meanwhile; use
    /// [`try_accept`](TcpListener::try_accept) to refuse it instead.
    ///
    /// Several tasks may accept from one listener.
    ///
    /// Cancel-safe: no connection is lost. System calls: `accept4`, again after each wait, and
    /// one `epoll_ctl` in the listener's life.
    ///
    /// # Errors
    /// The listener itself is of no more use.
    ///
    /// ```
    /// use eagain::net::{TcpListener, TcpStream};
    ///
    /// eagain::run(async {
    ///     let listener = TcpListener::bind("127.0.0.1:0")?;
    ///     let client = TcpStream::connect(listener.local_addr()?).await?;
    ///     let (server, _) = listener.accept().await?;
    ///     server.write_all(b"hello").await?;
    ///     let mut buf = [0; 5];
    ///     client.read_exact(&mut buf).await?;
    ///     assert_eq!(&buf, b"hello");
    ///     std::io::Result::Ok(())
    /// })?
    /// # ; Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn accept(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> {
        let at = Location::caller();
        async move {
            loop {
                let accepted = Until::at(&self.source, Interest::READ, || self.try_accept(), at);
                match accepted.await {
                    Err(e) if eagain_sys::is_fd_exhaustion(&e) => {
                        descriptor_closed(EXHAUSTED).await;
                    }
                    answer => return answer,
                }
            }
        }
    }

    /// How many connections went away before they were accepted, or lost the network under them
    /// (`ECONNABORTED`, `EPROTO` and the other errors that accept(2) lists as a connection's own):
    /// they were passed over.
    pub fn lost(&self) -> u64 {
        self.lost.get()
    }

    /// The address it listens on, with the port that the kernel chose.
    ///
    /// System calls: one `getsockname`.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.with_fd(socket::local)
    }

    /// Stops listening: as [`Source::close`], with its system calls and errors.
    pub fn close(&self) -> io::Result<()> {
        self.source.close()
    }
}
