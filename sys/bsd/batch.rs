//! Batches where the kernel takes one message a call.

use std::os::fd::{AsRawFd, BorrowedFd};

use crate::{Error, Result};

/// A message, and its length once it was received or sent: what `struct mmsghdr` is elsewhere.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) msg_hdr: libc::msghdr,
    pub(crate) msg_len: u32,
}

/// Receives until a call answers `EAGAIN`. An error behind the first message is told beside their
/// number, for the kernel will not tell it again.
///
/// # Safety
/// Each header tells of memory that may be written.
pub(crate) unsafe fn receive(
    fd: BorrowedFd<'_>,
    headers: &mut [Header],
) -> Result<(usize, Option<Error>)> {
    let mut received = 0;
    while let Some(header) = headers.get_mut(received) {
        // SAFETY: the caller vouches for the header.
        let answer = unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut header.msg_hdr, 0) };
        match Error::check_len("recvmsg", fd, answer) {
            Ok(n) => {
                header.msg_len = n as u32;
                received += 1;
            }
            Err(e) if e.is_interrupted() => {}
            Err(e) if received == 0 => return Err(e),
            Err(e) if e.is_would_block() => break,
            Err(e) => return Ok((received, Some(e))),
        }
    }
    Ok((received, None))
}

/// Sends until a call fails. An error behind the first message comes again with that message.
///
/// # Safety
/// Each header tells of memory that may be read.
pub(crate) unsafe fn send(fd: BorrowedFd<'_>, headers: &mut [Header]) -> Result<usize> {
    let mut sent = 0;
    while let Some(header) = headers.get_mut(sent) {
        // SAFETY: the caller vouches for the header.
        let answer = unsafe { libc::sendmsg(fd.as_raw_fd(), &raw const header.msg_hdr, 0) };
        match Error::check_len("sendmsg", fd, answer) {
            Ok(n) => {
                header.msg_len = n as u32;
                sent += 1;
            }
            Err(e) if e.is_interrupted() => {}
            Err(e) if sent == 0 => return Err(e),
            Err(_) => break,
        }
    }
    Ok(sent)
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::fd::AsFd;

    use super::*;
    use crate::control::empty_header;

    fn pair() -> (UdpSocket, UdpSocket) {
        let one = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let other = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        one.connect(other.local_addr().expect("an address")).expect("connected");
        other.connect(one.local_addr().expect("an address")).expect("connected");
        other.set_nonblocking(true).expect("a socket");
        (one, other)
    }

    /// Calls `f` with a header for each of these buffers.
    fn with<T>(buffers: &mut [[u8; 4]], f: impl FnOnce(&mut [Header]) -> T) -> T {
        let vector = |b: &mut [u8; 4]| libc::iovec { iov_base: b.as_mut_ptr().cast(), iov_len: 4 };
        let mut vectors: Vec<_> = buffers.iter_mut().map(vector).collect();
        let header = |vector| {
            let mut header = Header { msg_hdr: empty_header(), msg_len: 0 };
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
            header
        };
        let mut headers: Vec<_> = vectors.iter_mut().map(|v| header(&raw mut *v)).collect();
        f(&mut headers)
    }

    #[test]
    fn what_is_sent_one_by_one_is_received_one_by_one() {
        let (one, other) = pair();
        let mut out = [*b"one.", *b"two."];
        // SAFETY: the headers tell of `out`.
        let sent = with(&mut out, |headers| unsafe { send(one.as_fd(), headers) });
        assert_eq!(sent.expect("sent"), 2);
        let mut into = [[0; 4]; 3];
        // SAFETY: the headers tell of `into`.
        let received = with(&mut into, |headers| unsafe { receive(other.as_fd(), headers) });
        assert_eq!(received.expect("received"), (2, None));
        assert_eq!(into, [*b"one.", *b"two.", [0; 4]]);
        // SAFETY: likewise.
        let none = with(&mut into, |headers| unsafe { receive(other.as_fd(), headers) });
        assert!(none.expect_err("there is none").is_would_block());
    }

    #[test]
    fn an_error_behind_the_first_is_told_beside_them() {
        let (one, other) = pair();
        one.send(b"one.").expect("sent");
        let mut into = [[0; 4]; 2];
        let received = with(&mut into, |headers| {
            headers[1].msg_hdr.msg_iovlen = 1 << 30; // EMSGSIZE
            // SAFETY: the first header tells of `into`, and the second one is refused.
            unsafe { receive(other.as_fd(), headers) }
        });
        let (n, e) = received.expect("received");
        assert_eq!((n, e.map(Error::errno)), (1, Some(libc::EMSGSIZE)));
    }
}
