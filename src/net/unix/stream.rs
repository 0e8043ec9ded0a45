//! Unix sockets: a connection of bytes.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::SocketAddr;
use std::path::Path;

use eagain_sys::unix::{self, Kind};

use super::connecting;
use crate::event_loop::io as source_io;
use crate::source::Source;

/// A connection of bytes between processes of one machine, which can also pass descriptors.
///
/// ```
/// use eagain::net::UnixStream;
/// use std::io::Read;
/// use std::os::fd::AsFd;
///
/// # eagain::run(async {
/// let (one, other) = UnixStream::pair()?;
/// let file = std::fs::File::open("Cargo.toml")?;
/// one.send_with_fds(b"a file", &[file.as_fd()]).await?;
///
/// let mut buf = [0; 16];
/// let (n, mut fds) = other.recv_with_fds(&mut buf).await?;
/// assert_eq!(&buf[..n], b"a file");
/// let mut text = String::new();
/// std::fs::File::from(fds.remove(0)).read_to_string(&mut text)?;
/// assert!(text.contains("eagain"));
/// # std::io::Result::Ok(())
/// # })??;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct UnixStream {
    pub(in crate::net) source: Source,
}

impl UnixStream {
    /// Connects to who listens at `path`. While the listener's queue is full it tries again, after
    /// 1 ms, 2 ms and so on up to 100 ms: the kernel does not tell when there is room.
    ///
    /// Cancel-safe: the attempt is given up. System calls: `socket`, `connect` for each attempt.
    ///
    /// # Errors
    /// `ENOENT`: there is no such file. `ECONNREFUSED`: nobody listens there any more. `EACCES`.
    ///
    /// # Panics
    /// If the queue is full and no event loop runs.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<UnixStream> {
        UnixStream::connect_addr(&SocketAddr::from_pathname(path)?).await
    }

    /// The same to an address, such as an abstract name (Linux).
    ///
    /// Cancel-safe: the attempt is given up. System calls, errors and panics: as
    /// [`connect`](UnixStream::connect).
    pub async fn connect_addr(addr: &SocketAddr) -> io::Result<UnixStream> {
        let fd = connecting::connect(unix::socket(Kind::Stream)?, addr.clone()).await?;
        Ok(UnixStream::from_non_blocking(fd))
    }

    /// Two that are connected with each other.
    ///
    /// System calls: one `socketpair`.
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (one, other) = unix::pair(Kind::Stream)?;
        Ok((UnixStream::from_non_blocking(one), UnixStream::from_non_blocking(other)))
    }

    pub(in crate::net) fn from_non_blocking(fd: OwnedFd) -> UnixStream {
        UnixStream { source: Source::of_kind(fd, source_io::Kind::Stream) }
    }

    /// Descriptors go with the first byte, and are dropped in silence if there is none.
    pub(super) fn can_carry(&self, data: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        if !data.is_empty() || fds.is_empty() {
            return Ok(());
        }
        let why = "a stream passes descriptors with its bytes: send one byte at least";
        Err(io::Error::new(io::ErrorKind::InvalidInput, why))
    }
}
