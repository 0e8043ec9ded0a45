//! Unix sockets: a connection of bytes.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::SocketAddr;
use std::path::Path;

use eagain_sys::poller::Interest;
use eagain_sys::unix::Kind;
use eagain_sys::{socket, unix};

use super::connecting;
use crate::event_loop::io as source_io;
use crate::source::Source;
use crate::whole;

/// By how much a full buffer grows, at least, before something is read behind what it holds.
const GROWTH: usize = 4096;

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

    /// Tries to read; `None` if nothing is there now. `Some(0)` is the end of the stream, unless
    /// `buf` is empty. Descriptors that come with the bytes are closed.
    ///
    /// System calls: one `recvfrom`, or none.
    ///
    /// # Errors
    /// `ECONNRESET`: the peer left without having read all.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        self.source.try_read_of(buf.len(), |fd| socket::recv(fd, buf))
    }

    /// Tries to read into the spare capacity of `buf`, behind what it holds; it need not be
    /// initialised. A buffer without any grows first. `Some(0)` is the end of the stream.
    ///
    /// System calls and errors: as [`try_read`](UnixStream::try_read).
    pub fn try_read_append(&self, buf: &mut Vec<u8>) -> io::Result<Option<usize>> {
        if buf.len() == buf.capacity() {
            buf.reserve(GROWTH);
        }
        let room = buf.capacity() - buf.len();
        self.source.try_read_of(room, |fd| socket::recv_append(fd, buf))
    }

    /// Tries to write, and tells how much was taken; `None` if there is no room.
    ///
    /// System calls: one `sendto` (with `MSG_NOSIGNAL`: no SIGPIPE), or none.
    ///
    /// # Errors
    /// `EPIPE`, `ECONNRESET`: the peer is gone.
    pub fn try_write(&self, buf: &[u8]) -> io::Result<Option<usize>> {
        self.source.try_write_of(buf.len(), |fd| socket::send(fd, buf))
    }

    /// Reads what is there, and waits until something is. 0 is the end of the stream, unless `buf`
    /// is empty.
    ///
    /// Cancel-safe: what was read is returned. System calls: `recvfrom`, again after each wait, and
    /// one `epoll_ctl` the first time in the connection's life that it waits.
    ///
    /// # Errors
    /// As [`try_read`](UnixStream::try_read). [`LoopError`](crate::LoopError): another task waits to
    /// read here, no loop runs.
    #[track_caller]
    pub fn read(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::READ, move || self.try_read(buf))
    }

    /// The same into the spare capacity of `buf`, behind what it holds; it need not be
    /// initialised. A buffer without any grows first. 0 is the end of the stream.
    ///
    /// Cancel-safe: what was read is in `buf`. System calls and errors: as
    /// [`read`](UnixStream::read).
    #[track_caller]
    pub fn read_append(&self, buf: &mut Vec<u8>) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::READ, move || self.try_read_append(buf))
    }

    /// Reads until `buf` is full.
    ///
    /// Not cancel-safe: what was read is in `buf`, but nobody tells how much it was. System calls
    /// and errors: as [`read`](UnixStream::read), and `UnexpectedEof` at the end of the stream.
    #[track_caller]
    pub fn read_exact(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<()>> {
        self.source.until(Interest::READ, whole::fill(buf, |rest| self.try_read(rest)))
    }

    /// Reads to the end of the stream, behind what `buf` holds; returns how much.
    ///
    /// Cancel-safe: what was read is in `buf`. System calls and errors: as
    /// [`read`](UnixStream::read).
    #[track_caller]
    pub fn read_to_end(&self, buf: &mut Vec<u8>) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::READ, whole::drain(buf, |piece| self.try_read(piece)))
    }

    /// Writes as much as there is room for, and waits until there is some.
    ///
    /// Cancel-safe: what was written is returned. System calls: `sendto`, again after each wait, and
    /// one `epoll_ctl` the first time in the connection's life that it waits to write.
    ///
    /// # Errors
    /// As [`try_write`](UnixStream::try_write). [`LoopError`](crate::LoopError): another task waits
    /// to write here, no loop runs.
    #[track_caller]
    pub fn write(&self, buf: &[u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::WRITE, move || self.try_write(buf))
    }

    /// Writes all of `buf`.
    ///
    /// Not cancel-safe: nobody tells how much was written. System calls and errors: as
    /// [`write`](UnixStream::write).
    #[track_caller]
    pub fn write_all(&self, buf: &[u8]) -> impl Future<Output = io::Result<()>> {
        self.source.until(Interest::WRITE, whole::pour(buf, |rest| self.try_write(rest)))
    }
}
