//! Unix sockets: the side that is connected to, of bytes and of messages alike.

/// What listens for one kind of connection. `net::tcp_listener` has the same for TCP, with more to
/// say.
macro_rules! listens {
    ($listener:ident, $connection:ident, $kind:expr) => {
        impl $listener {
            /// How many connections may queue in the kernel (which cuts it to
            /// `/proc/sys/net/core/somaxconn`, 4096 by default).
            pub const BACKLOG: u32 = 4096;

            /// Listens at `path`, which becomes a file. It stays when the listener is closed: who
            /// binds the path again has to remove it first.
            ///
            /// System calls: `socket`, `bind`, `listen`.
            ///
            /// # Errors
            /// `EADDRINUSE`: the file is there, perhaps left over by a process that is gone; if
            /// connecting to it is refused, it is safe to remove. `ENOENT`, `EACCES`: about the
            /// folder. `InvalidInput`: `path` is too long (107 bytes on Linux).
            pub fn bind(path: impl AsRef<std::path::Path>) -> std::io::Result<$listener> {
                $listener::bind_addr(&std::os::unix::net::SocketAddr::from_pathname(path)?)
            }

            /// The same at an address, such as an abstract name (Linux), which is gone with the
            /// listener.
            ///
            /// System calls and errors: as [`bind`](Self::bind).
            pub fn bind_addr(
                addr: &std::os::unix::net::SocketAddr,
            ) -> std::io::Result<$listener> {
                $listener::bind_with_backlog(addr, $listener::BACKLOG)
            }

            /// The same with another backlog.
            ///
            /// System calls and errors: as [`bind`](Self::bind).
            pub fn bind_with_backlog(
                addr: &std::os::unix::net::SocketAddr,
                backlog: u32,
            ) -> std::io::Result<$listener> {
                use std::os::fd::AsFd;
                let fd = eagain_sys::unix::socket($kind).map_err($crate::net::unix::not_here)?;
                eagain_sys::unix::bind(fd.as_fd(), addr)?;
                eagain_sys::socket::listen(fd.as_fd(), backlog)?;
                Ok($listener::from_non_blocking(fd))
            }

            pub(in crate::net) fn from_non_blocking(fd: std::os::fd::OwnedFd) -> $listener {
                let kind = $crate::event_loop::io::Kind::Messages;
                $listener { source: $crate::source::Source::of_kind(fd, kind) }
            }

            /// Tries to accept a connection; `None` if none queues.
            ///
            /// System calls: one `accept4`, or none.
            ///
            /// # Errors
            /// `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: the connection still queues; try again when
            /// something was closed, not at once.
            pub fn try_accept(
                &self,
            ) -> std::io::Result<Option<($connection, std::os::unix::net::SocketAddr)>> {
                let read = $crate::Interest::READ;
                let accepted = self.source.try_sys(read, |listener| {
                    // What is lost again and again is more than a connection.
                    for _ in 0..64 {
                        match eagain_sys::unix::accept4(listener) {
                            Err(e) if e.is_connection_lost() => {}
                            answer => return answer,
                        }
                    }
                    eagain_sys::unix::accept4(listener)
                })?;
                Ok(accepted.map(|(fd, peer)| ($connection::from_non_blocking(fd), peer)))
            }

            /// Waits for a connection. Out of descriptors or memory it waits, too: until something
            /// is closed, or 100 ms have passed. The peer's address mostly has no name.
            ///
            /// Several tasks may accept from one listener.
            ///
            /// Cancel-safe: no connection is lost. System calls: `accept4`, again after each wait,
            /// and one `epoll_ctl` in the listener's life.
            ///
            /// # Errors
            /// The listener itself is of no more use.
            #[track_caller]
            pub fn accept(
                &self,
            ) -> impl Future<
                Output = std::io::Result<($connection, std::os::unix::net::SocketAddr)>,
            > {
                let at = std::panic::Location::caller();
                let read = $crate::Interest::READ;
                async move {
                    loop {
                        let accepted =
                            $crate::until::Until::at(&self.source, read, || self.try_accept(), at);
                        match accepted.await {
                            Err(e) if eagain_sys::is_fd_exhaustion(&e) => {
                                let patience = std::time::Duration::from_millis(100);
                                $crate::until::descriptor_closed(patience).await;
                            }
                            answer => return answer,
                        }
                    }
                }
            }

            /// The connections that come, as a stream. Running out of descriptors is seen to as in
            /// [`accept`](Self::accept); so an error is the last item. The stream also ends when the
            /// listener is [closed](Self::close).
            ///
            /// Its `next` is cancel-safe: no connection is lost. System calls: as
            /// [`accept`](Self::accept).
            pub fn incoming(
                &self,
            ) -> $crate::stream::Generated<'_, std::io::Result<$connection>> {
                $crate::stream::from_generator(async move |mut out| {
                    loop {
                        match self.accept().await {
                            Ok((connection, _)) => out.emit(Ok(connection)).await,
                            Err(e) if $crate::error::LoopError::of(&e)
                                == Some($crate::error::LoopError::Closed) => return,
                            Err(e) => return out.emit(Err(e)).await,
                        }
                    }
                })
            }

            /// The address that it listens at.
            ///
            /// System calls: one `getsockname`.
            pub fn local_addr(&self) -> std::io::Result<std::os::unix::net::SocketAddr> {
                self.source.with_fd(eagain_sys::unix::local)
            }

            /// Stops listening: as [`Source::close`](crate::Source::close), with its system calls
            /// and errors. The file stays.
            pub fn close(&self) -> std::io::Result<()> {
                self.source.close()
            }
        }
    };
}

pub(super) use listens;

use eagain_sys::unix::Kind;

use crate::net::UnixStream;
use crate::source::Source;

/// A Unix socket that takes connections of bytes.
///
/// ```
/// use eagain::net::{UnixListener, UnixStream};
///
/// # let path = std::env::temp_dir().join(format!("eagain-listener-{}", std::process::id()));
/// eagain::run(async {
///     let listener = UnixListener::bind(&path)?;
///     let client = UnixStream::connect(&path).await?;
///     let (server, _) = listener.accept().await?;
///     server.write_all(b"hello").await?;
///     let mut buf = [0; 5];
///     client.read_exact(&mut buf).await?;
///     assert_eq!(&buf, b"hello");
///     std::fs::remove_file(&path) // nobody else does
/// })?
/// # ; Ok::<(), std::io::Error>(())
/// ```
pub struct UnixListener {
    pub(in crate::net) source: Source,
}

listens!(UnixListener, UnixStream, Kind::Stream);
