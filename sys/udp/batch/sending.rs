//! A batch that is sent.

use std::fmt;
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;

use nix::sys::socket::{SockaddrLike, SockaddrStorage};

use super::{LONGEST, MOST};
use crate::kernel::batch::{self as calls, Header};
use crate::{Result, control};

/// Datagrams to be sent, the first one first. What was sent leaves the batch; what is left is sent
/// by the next call.
///
/// ```
/// use eagain_sys::udp::batch::{SendBatch, sendmmsg};
/// use std::os::fd::AsFd;
///
/// let here = std::net::UdpSocket::bind("127.0.0.1:0")?;
/// let there = std::net::UdpSocket::bind("127.0.0.1:0")?;
/// let mut batch = SendBatch::new(64, 1500);
/// assert!(batch.push_to(b"one", there.local_addr()?));
/// assert!(batch.push_to(b"two", there.local_addr()?));
/// assert_eq!(sendmmsg(here.as_fd(), &mut batch)?, 2);
/// assert!(batch.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SendBatch {
    bytes: Vec<u8>,
    /// Where each datagram ends in them, and where it is to go.
    datagrams: Vec<(usize, Option<SockaddrStorage>)>,
    /// How many of them have been sent.
    sent: usize,
    capacity: usize,
    vectors: Vec<libc::iovec>,
    headers: Vec<Header>,
}

impl SendBatch {
    /// Room for so many datagrams, at least 1 and at most 1024, of so many bytes each, at most
    /// 65,535. A longer one is taken, too: the memory grows.
    pub fn new(datagrams: usize, size: usize) -> SendBatch {
        let capacity = datagrams.clamp(1, MOST);
        SendBatch {
            bytes: Vec::with_capacity(capacity * size.min(LONGEST)),
            datagrams: Vec::with_capacity(capacity),
            sent: 0,
            capacity,
            vectors: Vec::with_capacity(capacity),
            headers: Vec::with_capacity(capacity),
        }
    }

    /// Adds a datagram to the address that the socket is connected to. False, and it is not taken,
    /// if the batch is full.
    #[must_use = "a batch that is full does not take it"]
    pub fn push(&mut self, data: &[u8]) -> bool {
        self.add(data, None)
    }

    /// Adds a datagram to `addr`. False, and it is not taken, if the batch is full.
    #[must_use = "a batch that is full does not take it"]
    pub fn push_to(&mut self, data: &[u8], addr: SocketAddr) -> bool {
        self.add(data, Some(addr.into()))
    }

    fn add(&mut self, data: &[u8], to: Option<SockaddrStorage>) -> bool {
        let room = self.datagrams.len() < self.capacity;
        if room {
            self.bytes.extend_from_slice(data);
            self.datagrams.push((self.bytes.len(), to));
        }
        room
    }

    /// Takes the first datagram out unsent, such as one that cannot be sent. False if there is none.
    pub fn skip(&mut self) -> bool {
        let some = !self.is_empty();
        self.leave(usize::from(some));
        some
    }

    /// The first ones have left.
    fn leave(&mut self, n: usize) {
        self.sent += n;
        if self.is_empty() {
            self.clear();
        }
    }

    /// Takes all out unsent.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.datagrams.clear();
        self.sent = 0;
    }

    /// How many are to be sent.
    pub fn len(&self) -> usize {
        self.datagrams.len() - self.sent
    }

    /// Whether none is to be sent.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many it takes between two [`clear`](SendBatch::clear)s; one of which all were sent is
    /// clear.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Tells a header for each datagram that is left where its parts are.
    fn aim(&mut self) {
        self.vectors.clear();
        self.headers.clear();
        let mut begin = self.sent.checked_sub(1).map_or(0, |last| self.datagrams[last].0);
        for (end, _) in &self.datagrams[self.sent..] {
            let bytes = &self.bytes[begin..*end];
            let iov_base = bytes.as_ptr().cast_mut().cast();
            self.vectors.push(libc::iovec { iov_base, iov_len: bytes.len() });
            begin = *end;
        }
        let parts = self.datagrams[self.sent..].iter().zip(&mut self.vectors);
        for ((_, to), vector) in parts {
            let mut header = control::empty_header();
            if let Some(to) = to {
                header.msg_name = to.as_ptr().cast_mut().cast();
                header.msg_namelen = to.len();
            }
            header.msg_iov = vector;
            header.msg_iovlen = 1;
            self.headers.push(Header { msg_hdr: header, msg_len: 0 });
        }
    }
}

impl fmt::Debug for SendBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendBatch({} of {})", self.len(), self.capacity)
    }
}

/// `int sendmmsg(int sockfd, struct mmsghdr *msgvec, unsigned int vlen, int flags)`: sends
/// datagrams from the front of the batch, which then leave it, and tells how many.
///
/// * strace: `sendmmsg(3, [{msg_hdr={msg_name={sa_family=AF_INET, ...}, ..., msg_iov=[
///   {iov_base="one", iov_len=3}], ...}, msg_len=3}, ...], 2, 0) = 2`
/// * `EAGAIN`: the send buffer is full. `EMSGSIZE`, `ENETUNREACH`, `EACCES`, `EDESTADDRREQ`
///   ([`SendBatch::push`] on a socket that is not connected): the first datagram cannot be sent,
///   [`skip`](SendBatch::skip) it. `EINTR`: call again. What goes wrong behind the first is told by
///   the next call.
/// * Elsewhere: `sendmsg` for each.
/// * Manual page: sendmmsg(2).
pub fn sendmmsg(fd: BorrowedFd<'_>, batch: &mut SendBatch) -> Result<usize> {
    if batch.is_empty() {
        return Ok(0);
    }
    batch.aim();
    // SAFETY: the headers were just told of the batch's own memory.
    let sent = unsafe { calls::send(fd, &mut batch.headers) }?;
    batch.leave(sent);
    Ok(sent)
}
