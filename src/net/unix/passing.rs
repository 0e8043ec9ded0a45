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

/// Tries to receive a message. That descriptors are missing is an error.
pub(super) fn try_recv_message(source: &Source, buf: &mut [u8]) -> io::Result<Option<Message>> {
    let message = source.try_sys(Interest::READ, |fd| passing::recv_message(fd, buf))?;
    if message.as_ref().is_some_and(|message| message.lost_fds) {
        let why = "a message came without its descriptors, as there was no room for them; those \
                   that came are closed: raise the limit of descriptors, and close the socket";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(message)
}

/// The parts of a message that most want.
pub(super) fn bytes_and_fds(message: Message) -> (usize, Vec<OwnedFd>) {
    (message.len, message.fds)
}

/// Who is at the other end.
pub(super) fn peer_cred(source: &Source) -> io::Result<Credentials> {
    source.with_fd(eagain_sys::unix::credentials::peer_cred)
}
