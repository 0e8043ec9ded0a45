//! Unix sockets: messages, each to any address.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::SocketAddr;
use std::path::Path;

use eagain_sys::poller::Interest;
use eagain_sys::unix::{self, Kind};

use super::connecting::Pauses;
use crate::event_loop::budget;
use crate::source::Source;
use crate::yield_now;

/// A Unix socket of messages without connections. None is lost, and they keep their order: who
/// sends waits until there is room at the receiver.
///
/// ```
/// use eagain::net::UnixDatagram;
///
/// # let path = std::env::temp_dir().join(format!("eagain-datagram-{}", std::process::id()));
/// eagain::run(async {
///     let server = UnixDatagram::bind(&path)?;
///     let client = UnixDatagram::unbound()?;
///     client.send_to(b"hello", &path).await?;
///     let mut buf = [0; 16];
///     let (n, from) = server.recv_from(&mut buf).await?;
///     assert_eq!(&buf[..n], b"hello");
///     assert!(from.is_unnamed());
///     std::fs::remove_file(&path) // nobody else does
/// })?
/// # ; Ok::<(), std::io::Error>(())
/// ```
pub struct UnixDatagram {
    pub(in crate::net) source: Source,
}

impl UnixDatagram {
    /// Takes what is sent to `path`, which becomes a file. It stays when the socket is closed: who
    /// binds the path again has to remove it first.
    ///
    /// System calls: `socket`, `bind`.
    ///
    /// # Errors
    /// `EADDRINUSE`: the file is there. `ENOENT`, `EACCES`: about the folder. `InvalidInput`: `path`
    /// is too long (107 bytes on Linux).
    pub fn bind(path: impl AsRef<Path>) -> io::Result<UnixDatagram> {
        UnixDatagram::bind_addr(&SocketAddr::from_pathname(path)?)
    }

    /// The same at an address, such as an abstract name (Linux), which is gone with the socket.
    ///
    /// System calls and errors: as [`bind`](UnixDatagram::bind).
    pub fn bind_addr(addr: &SocketAddr) -> io::Result<UnixDatagram> {
        let fd = unix::socket(Kind::Datagram)?;
        unix::bind(fd.as_fd(), addr)?;
        Ok(UnixDatagram::from_non_blocking(fd))
    }

    /// One without a name, to which nobody can answer.
    ///
    /// System calls: one `socket`.
    pub fn unbound() -> io::Result<UnixDatagram> {
        Ok(UnixDatagram::from_non_blocking(unix::socket(Kind::Datagram)?))
    }

    /// Two that are connected with each other.
    ///
    /// System calls: one `socketpair`.
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        let (one, other) = unix::pair(Kind::Datagram)?;
        Ok((UnixDatagram::from_non_blocking(one), UnixDatagram::from_non_blocking(other)))
    }

    /// From now on sends to `path`, and takes only what comes from there. It does not wait.
    ///
    /// System calls: one `connect`.
    ///
    /// # Errors
    /// `ENOENT`: there is no such file. `ECONNREFUSED`: nobody has it any more. `EPERM`: that one is
    /// connected with another one.
    pub fn connect(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.connect_addr(&SocketAddr::from_pathname(path)?)
    }

    /// The same to an address, such as an abstract name (Linux).
    ///
    /// System calls and errors: as [`connect`](UnixDatagram::connect).
    pub fn connect_addr(&self, addr: &SocketAddr) -> io::Result<()> {
        self.source.with_fd(|fd| unix::connect(fd, addr))
    }

    /// Tries to receive a message, with who sent it; `None` if there is none. What does not fit in
    /// `buf` is lost.
    ///
    /// System calls: one `recvfrom`, or none.
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<Option<(usize, SocketAddr)>> {
        self.source.try_sys(Interest::READ, |fd| unix::recv_from(fd, buf))
    }

    /// The same, and waits until there is one.
    ///
    /// Cancel-safe: no message is lost. Several tasks may wait. System calls and errors: as
    /// [`recv`](UnixDatagram::recv).
    #[track_caller]
    pub fn recv_from(
        &self,
        buf: &mut [u8],
    ) -> impl Future<Output = io::Result<(usize, SocketAddr)>> {
        self.source.until(Interest::READ, move || self.try_recv_from(buf))
    }

    /// Tries to send a message to an address, all of it or nothing; `None` if there is no room, here
    /// or at the receiver. Nothing is reported when a receiver has room that the socket is not
    /// connected to: so this tries each time, and [`send_to`](UnixDatagram::send_to) waits by a
    /// timer.
    ///
    /// System calls: one `sendto` (with `MSG_NOSIGNAL`: no SIGPIPE).
    ///
    /// # Errors
    /// As [`try_send`](UnixDatagram::try_send); `ENOENT`: there is no such file.
    pub fn try_send_to(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<Option<usize>> {
        // What is known of room is about the one that it is connected to, and is left at that: a
        // task that waits for it would not be asked about again.
        let ready = &self.source.io.ready;
        let known = ready.replace(ready.get() | Interest::WRITE.into());
        let answer = self.source.try_sys(Interest::WRITE, |fd| unix::send_to(fd, buf, addr));
        ready.set(known);
        answer
    }

    /// Sends a message to `path`, and waits for room to do so: it tries again after 1 ms, 2 ms and
    /// so on up to 100 ms, since the kernel does not tell when the receiver has room. A socket that
    /// is [connected](UnixDatagram::connect) is told at once: [`send`](UnixDatagram::send).
    ///
    /// Cancel-safe: it was sent, or the future is not done. System calls: `sendto`, again after each
    /// pause.
    ///
    /// # Errors
    /// As [`try_send_to`](UnixDatagram::try_send_to); `InvalidInput`: `path` is too long.
    ///
    /// # Panics
    /// If there is no room and no event loop runs.
    pub async fn send_to(&self, buf: &[u8], path: impl AsRef<Path>) -> io::Result<usize> {
        self.send_to_addr(buf, &SocketAddr::from_pathname(path)?).await
    }

    /// The same to an address, such as an abstract name (Linux), or who sent something.
    ///
    /// Cancel-safe: it was sent, or the future is not done. System calls, errors and panics: as
    /// [`send_to`](UnixDatagram::send_to).
    pub async fn send_to_addr(&self, buf: &[u8], addr: &SocketAddr) -> io::Result<usize> {
        let mut pauses = Pauses::new();
        loop {
            if let Some(n) = self.try_send_to(buf, addr)? {
                return Ok(n);
            }
            if budget::is_spent() {
                yield_now().await; // there may be room
            } else {
                pauses.next().await;
            }
        }
    }
}
