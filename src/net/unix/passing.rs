//! What all connected Unix sockets have: names, credentials, descriptors that are passed.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use eagain_sys::poller::Interest;
use eagain_sys::unix::credentials::Credentials;
use eagain_sys::unix::passing;

use crate::source::Source;

pub use eagain_sys::unix::passing::Message;

/// Tries to send bytes, and descriptors with them.
pub(super) fn try_send_with_fds(
    source: &Source,
    data: &[u8],
    fds: &[BorrowedFd<'_>],
) -> io::Result<Option<usize>> {
    source.try_sys(Interest::WRITE, |fd| passing::send_with_fds(fd, data, fds, None))
}

/// Bytes came, and not all of their descriptors: the process has no room for more, and what it could
/// not take is closed. Inside the `io::Error` (`InvalidData`) of `recv_with_fds`, which has no other
/// way to say so. The bytes are in the buffer.
///
/// ```
/// use eagain::net::{LostFds, UnixStream};
///
/// /// What to do without a descriptor is for the two ends to agree on.
/// async fn next(stream: &UnixStream, buf: &mut [u8]) -> std::io::Result<usize> {
///     match stream.recv_with_fds(buf).await {
///         Ok((n, _fds)) => Ok(n),
///         Err(e) => LostFds::of(&e).map(|lost| lost.len).ok_or(e),
///     }
/// }
/// # let (one, other) = UnixStream::pair()?;
/// # one.try_write(b"hello")?;
/// # assert_eq!(eagain::run(async { next(&other, &mut [0; 8]).await })??, 5);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[error(
    "{len} bytes came without all of their descriptors, as the process has no room for more: \
     raise its limit (RLIMIT_NOFILE), or close some"
)]
#[non_exhaustive]
pub struct LostFds {
    /// How many bytes are in the buffer.
    pub len: usize,
    /// Those that could be taken, the first of what was sent. `io::Error::into_inner` and `downcast`
    /// hand them out; else they are closed with the error.
    pub fds: Vec<OwnedFd>,
}

impl LostFds {
    /// What is behind an I/O error, if it is this.
    pub fn of(error: &io::Error) -> Option<&LostFds> {
        error.get_ref()?.downcast_ref()
    }
}

/// Tries to receive a message.
pub(super) fn try_recv_message(source: &Source, buf: &mut [u8]) -> io::Result<Option<Message>> {
    source.try_sys(Interest::READ, |fd| passing::recv_message(fd, buf))
}

/// The parts of a message that most want, who take it for granted that all descriptors are there.
pub(super) fn bytes_and_fds(message: Message) -> io::Result<(usize, Vec<OwnedFd>)> {
    let Message { len, fds, lost_fds, .. } = message;
    if lost_fds {
        return Err(io::Error::new(io::ErrorKind::InvalidData, LostFds { len, fds }));
    }
    Ok((len, fds))
}

/// Who is at the other end.
pub(super) fn peer_cred(source: &Source) -> io::Result<Credentials> {
    source.with_fd(eagain_sys::unix::credentials::peer_cred)
}
