//! Unix sockets: messages on a connection.

use std::io;
use std::os::unix::net::SocketAddr;
use std::path::Path;

use eagain_sys::unix::{self, Kind};

use super::connecting;
use super::listener::listens;
use super::not_here;
use crate::source::Source;

/// A connection of messages between processes of one machine: each comes whole, in order, and none
/// is lost. Not on macOS, which has no such sockets: there it is an error of the kind `Unsupported`.
///
/// The end of the connection looks like an empty message: send none.
///
/// ```
/// use eagain::net::{UnixSeqpacket, UnixSeqpacketListener};
///
/// # let path = std::env::temp_dir().join(format!("eagain-packets-{}", std::process::id()));
/// eagain::run(async {
///     let listener = match UnixSeqpacketListener::bind(&path) {
///         Err(e) if e.kind() == std::io::ErrorKind::Unsupported => return Ok(()),
///         listener => listener?,
///     };
///     let client = UnixSeqpacket::connect(&path).await?;
///     let (server, _) = listener.accept().await?;
///     client.send(b"one").await?;
///     client.send(b"two").await?;
///     let mut buf = [0; 16];
///     assert_eq!(server.recv(&mut buf).await?, 3);
///     assert_eq!(server.recv(&mut buf).await?, 3);
///     assert_eq!(&buf[..3], b"two");
///     std::fs::remove_file(&path) // nobody else does
/// })?
/// # ; Ok::<(), std::io::Error>(())
/// ```
pub struct UnixSeqpacket {
    pub(in crate::net) source: Source,
}

impl UnixSeqpacket {
    /// Connects to who listens at `path`. While the listener's queue is full it tries again, after
    /// 1 ms, 2 ms and so on up to 100 ms: the kernel does not tell when there is room.
    ///
    /// Cancel-safe: the attempt is given up. System calls: `socket`, `connect` for each attempt.
    ///
    /// # Errors
    /// `ENOENT`: there is no such file. `ECONNREFUSED`: nobody listens there any more. `EPROTOTYPE`:
    /// what listens there is of another kind. `Unsupported`: macOS.
    ///
    /// # Panics
    /// If the queue is full and no event loop runs.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<UnixSeqpacket> {
        UnixSeqpacket::connect_addr(&SocketAddr::from_pathname(path)?).await
    }

    /// The same to an address, such as an abstract name (Linux).
    ///
    /// Cancel-safe: the attempt is given up. System calls, errors and panics: as
    /// [`connect`](UnixSeqpacket::connect).
    pub async fn connect_addr(addr: &SocketAddr) -> io::Result<UnixSeqpacket> {
        let fd = unix::socket(Kind::Seqpacket).map_err(not_here)?;
        Ok(UnixSeqpacket::from_non_blocking(connecting::connect(fd, addr.clone()).await?))
    }

    /// Two that are connected with each other.
    ///
    /// System calls: one `socketpair`.
    ///
    /// # Errors
    /// `Unsupported`: macOS.
    pub fn pair() -> io::Result<(UnixSeqpacket, UnixSeqpacket)> {
        let (one, other) = unix::pair(Kind::Seqpacket).map_err(not_here)?;
        let of = UnixSeqpacket::from_non_blocking;
        Ok((of(one), of(other)))
    }
}

/// A Unix socket that takes connections of messages: see [`UnixSeqpacket`].
pub struct UnixSeqpacketListener {
    pub(in crate::net) source: Source,
}

listens!(UnixSeqpacketListener, UnixSeqpacket, Kind::Seqpacket);
