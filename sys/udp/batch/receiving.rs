//! A batch that is received.

use std::net::SocketAddr;
use std::os::fd::BorrowedFd;
use std::{fmt, mem};

use nix::sys::socket::{SockaddrLike, SockaddrStorage};

use super::{LONGEST, MOST};
use crate::kernel::batch::{self as calls, Header};
use crate::udp::packet_info::{PacketInfo, Room};
use crate::{Error, Result, control};

/// Room for datagrams, to be filled again and again.
///
/// ```
/// use eagain_sys::udp::batch::{RecvBatch, recvmmsg};
/// use std::os::fd::AsFd;
///
/// let here = std::net::UdpSocket::bind("127.0.0.1:0")?;
/// here.set_nonblocking(true)?;
/// let there = std::net::UdpSocket::bind("127.0.0.1:0")?;
/// there.send_to(b"one", here.local_addr()?)?;
/// there.send_to(b"two", here.local_addr()?)?;
/// let mut batch = RecvBatch::new(64, 1500);
/// assert_eq!(recvmmsg(here.as_fd(), &mut batch)?, 2);
/// let all: Vec<_> = batch.iter().map(|datagram| datagram.data).collect();
/// assert_eq!(all, [b"one", b"two"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RecvBatch {
    bytes: Vec<u8>,
    /// How much of them each datagram may have.
    size: usize,
    names: Vec<libc::sockaddr_storage>,
    rooms: Vec<Room>,
    vectors: Vec<libc::iovec>,
    headers: Vec<Header>,
    /// How many datagrams the last call brought.
    received: usize,
    /// What stopped it behind those, and the kernel does not tell again.
    failed: Option<Error>,
}

impl RecvBatch {
    /// Room for so many datagrams (at least 1, at most 1024) of so many bytes each (at least 1, at
    /// most 65,535: none is longer). What is longer is cut off.
    pub fn new(datagrams: usize, size: usize) -> RecvBatch {
        let (n, size) = (datagrams.clamp(1, MOST), size.clamp(1, LONGEST));
        let vector = libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 };
        // SAFETY: it holds numbers, and all of them may be zero.
        let name = unsafe { mem::zeroed::<libc::sockaddr_storage>() };
        RecvBatch {
            bytes: vec![0; n * size],
            size,
            names: vec![name; n],
            rooms: vec![[0; 16]; n],
            vectors: vec![vector; n],
            headers: vec![Header { msg_hdr: control::empty_header(), msg_len: 0 }; n],
            received: 0,
            failed: None,
        }
    }

    /// How many datagrams there is room for.
    pub fn capacity(&self) -> usize {
        self.headers.len()
    }

    /// How many the last call has brought.
    pub fn len(&self) -> usize {
        self.received
    }

    /// Whether it has brought none.
    pub fn is_empty(&self) -> bool {
        self.received == 0
    }

    /// There were no more of them: the last call ended with `EAGAIN`. To be asked before
    /// [`take_error`](RecvBatch::take_error).
    pub fn has_drained(&self) -> bool {
        self.received < self.capacity() && self.failed.is_none()
    }

    /// What stopped the last call behind the datagrams that it brought, once, and if the kernel has
    /// forgotten it: an error of that socket. `None` on Linux, where the next call on the socket
    /// tells. The next call with this batch gives it up.
    pub fn take_error(&mut self) -> Option<Error> {
        self.failed.take()
    }

    /// Keeps what a call has brought.
    fn brought(&mut self, answer: Result<(usize, Option<Error>)>) -> Result<usize> {
        (self.received, self.failed) = answer?;
        Ok(self.received)
    }

    /// What the last call has brought, in the order in which it arrived.
    pub fn iter(&self) -> Datagrams<'_> {
        Datagrams { batch: self, next: 0 }
    }

    /// Tells each header where its parts are.
    fn aim(&mut self) {
        let bytes = self.bytes.chunks_exact_mut(self.size);
        let parts = bytes.zip(&mut self.names).zip(&mut self.rooms).zip(&mut self.vectors);
        for (header, (((bytes, name), room), vector)) in self.headers.iter_mut().zip(parts) {
            *vector = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
            let header = &mut header.msg_hdr;
            header.msg_name = (&raw mut *name).cast();
            header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_iov = vector;
            header.msg_iovlen = 1;
            header.msg_control = room.as_mut_ptr().cast();
            header.msg_controllen = size_of::<Room>() as _;
        }
    }

    fn datagram(&self, n: usize) -> Option<Datagram<'_>> {
        if n >= self.received {
            return None;
        }
        let header = &self.headers[n].msg_hdr;
        let at = (&raw const self.names[n]).cast();
        // SAFETY: the kernel wrote an address of this length; one beyond the room is refused.
        let name = unsafe { SockaddrStorage::from_raw(at, Some(header.msg_namelen)) };
        let name = name.as_ref();
        let v4 = name.and_then(|n| n.as_sockaddr_in()).map(|a| SocketAddr::V4((*a).into()));
        let v6 = || name.and_then(|n| n.as_sockaddr_in6()).map(|a| SocketAddr::V6((*a).into()));
        let len = (self.headers[n].msg_len as usize).min(self.size);
        Some(Datagram {
            data: &self.bytes[n * self.size..][..len],
            from: v4.or_else(v6),
            truncated: header.msg_flags & libc::MSG_TRUNC != 0,
            info: PacketInfo::of(&self.rooms[n], header.msg_controllen as _),
        })
    }
}

impl fmt::Debug for RecvBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecvBatch({} of {} x {} bytes)", self.len(), self.capacity(), self.size)
    }
}

impl<'a> IntoIterator for &'a RecvBatch {
    type Item = Datagram<'a>;
    type IntoIter = Datagrams<'a>;

    fn into_iter(self) -> Datagrams<'a> {
        self.iter()
    }
}

/// One of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Datagram<'a> {
    /// What it says.
    pub data: &'a [u8],
    /// Who sent it; `None` for what is no UDP socket's.
    pub from: Option<SocketAddr>,
    /// It was longer, and the rest is lost.
    pub truncated: bool,
    /// What its header said, as far as it was asked for.
    pub info: PacketInfo,
}

/// What a batch has brought: see [`RecvBatch::iter`].
#[derive(Clone, Debug)]
pub struct Datagrams<'a> {
    batch: &'a RecvBatch,
    next: usize,
}

impl<'a> Iterator for Datagrams<'a> {
    type Item = Datagram<'a>;

    fn next(&mut self) -> Option<Datagram<'a>> {
        let datagram = self.batch.datagram(self.next)?;
        self.next += 1;
        Some(datagram)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.batch.len() - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Datagrams<'_> {}

/// `int recvmmsg(int sockfd, struct mmsghdr *msgvec, unsigned int vlen, int flags, struct timespec
/// *timeout)`: takes as many datagrams as there are and the batch has room for, and tells how many.
/// What the batch held before is gone. For a non-blocking socket; another one would be waited for
/// until the batch is full.
///
/// * strace: `recvmmsg(3, [{msg_hdr={msg_name={sa_family=AF_INET, ...}, ..., msg_iov=[
///   {iov_base="one", iov_len=1500}], ...}, msg_len=3}, ...], 64, 0, NULL) = 2`
/// * `EAGAIN`: there are none. `ECONNREFUSED`: an ICMP message came for what a connected socket sent
///   before; told once. `EINTR`: call again.
/// * Elsewhere: `recvmsg` for each, and one that answers `EAGAIN` if there is room left. An error
///   behind the first datagram is left to [`take_error`](RecvBatch::take_error).
/// * Manual page: recvmmsg(2).
pub fn recvmmsg(fd: BorrowedFd<'_>, batch: &mut RecvBatch) -> Result<usize> {
    (batch.received, batch.failed) = (0, None);
    batch.aim();
    // SAFETY: the headers were just told of the batch's own memory.
    let answer = unsafe { calls::receive(fd, &mut batch.headers) };
    batch.brought(answer)
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn what_stopped_a_call_is_not_told_of_another_socket() {
        let mut batch = RecvBatch::new(4, 16);
        let refused = Error::new("recvmsg", libc::ECONNREFUSED);
        assert_eq!(batch.brought(Ok((1, Some(refused)))), Ok(1));
        assert!(!batch.has_drained(), "it did not end with EAGAIN");
        let other = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        other.set_nonblocking(true).expect("it is a socket"); // or it waits for a full batch
        other.send_to(b"hello", other.local_addr().expect("an address")).expect("sent");
        assert_eq!(recvmmsg(other.as_fd(), &mut batch), Ok(1));
        assert_eq!(batch.take_error(), None);
    }

    #[test]
    fn what_stopped_a_call_is_told_once() {
        let mut batch = RecvBatch::new(4, 16);
        let refused = Error::new("recvmsg", libc::ECONNREFUSED);
        assert_eq!(batch.brought(Ok((1, Some(refused)))), Ok(1));
        assert_eq!((batch.take_error(), batch.take_error()), (Some(refused), None));
    }
}
