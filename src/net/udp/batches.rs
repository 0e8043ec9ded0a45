//! Many datagrams with one call.

use std::io;

use eagain_sys::poller::Interest;
use eagain_sys::udp::batch::{RecvBatch, SendBatch, recvmmsg, sendmmsg};

use crate::net::UdpSocket;

impl UdpSocket {
    /// Tries to take as many datagrams as there are and `batch` has room for, and tells how many;
    /// `None` if there is none. What the batch held before is gone.
    ///
    /// System calls: one `recvmmsg`, or none. Where the kernel has no such call (not on Linux), a
    /// `recvmsg` for each datagram, and one that answers `EAGAIN`.
    ///
    /// # Errors
    /// As [`try_recv`](UdpSocket::try_recv). Of what went wrong behind the first datagram the next
    /// call on this socket tells.
    pub fn try_recv_batch(&self, batch: &mut RecvBatch) -> io::Result<Option<usize>> {
        let answer = self.try_receive(|fd| recvmmsg(fd, batch));
        if let Ok(Some(_)) = answer {
            // The call has met `EAGAIN` itself: no need to ask again.
            if batch.has_drained() {
                self.source.io.clear(Interest::READ);
            }
            self.failed.set(batch.take_error());
        }
        answer
    }

    /// Waits for datagrams, and takes as many as there are and `batch` has room for.
    ///
    /// Cancel-safe: no datagram is lost. Several tasks may wait. System calls: `recvmmsg`, again
    /// after each wait, and one `epoll_ctl` the first time in the socket's life that it waits. A
    /// batch that was not filled says itself that there were no more.
    ///
    /// # Errors
    /// As [`recv`](UdpSocket::recv).
    ///
    /// ```
    /// use eagain::net::{RecvBatch, SendBatch, UdpSocket};
    ///
    /// # eagain::run(async {
    /// let server = UdpSocket::bind("127.0.0.1:0")?;
    /// let client = UdpSocket::bind("127.0.0.1:0")?;
    /// let mut out = SendBatch::new(64, 100);
    /// for n in 0..64 {
    ///     assert!(out.push_to(&[n; 100], server.local_addr()?));
    /// }
    /// client.send_batch(&mut out).await?; // one call
    /// let mut into = RecvBatch::new(64, 1500);
    /// assert_eq!(server.recv_batch(&mut into).await?, 64); // and another one
    /// assert!(into.iter().enumerate().all(|(n, datagram)| datagram.data == [n as u8; 100]));
    /// # std::io::Result::Ok(())
    /// # })??;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn recv_batch(&self, batch: &mut RecvBatch) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::READ, move || self.try_recv_batch(batch))
    }

    /// Tries to send what `batch` holds, and tells how many datagrams were sent; they have left it.
    /// `None` if the send buffer is full.
    ///
    /// System calls: one `sendmmsg`, or none. Where the kernel has no such call (not on Linux), a
    /// `sendmsg` for each datagram.
    ///
    /// # Errors
    /// As [`try_send_to`](UdpSocket::try_send_to). Of a connected socket, `ECONNREFUSED` is about a
    /// datagram that was sent before: try again. Any other is about the first one that is left:
    /// [`SendBatch::skip`] gives it up.
    pub fn try_send_batch(&self, batch: &mut SendBatch) -> io::Result<Option<usize>> {
        self.source.try_sys(Interest::WRITE, |fd| sendmmsg(fd, batch))
    }

    /// Sends all that `batch` holds, and waits for room to do so.
    ///
    /// Cancel-safe: what was sent has left the batch. System calls: `sendmmsg` until all are sent,
    /// which is one if there is room, and one `epoll_ctl` the first time that it waits to send.
    ///
    /// # Errors
    /// As [`try_send_batch`](UdpSocket::try_send_batch). [`LoopError`](crate::LoopError): no loop
    /// runs.
    #[track_caller]
    pub fn send_batch(&self, batch: &mut SendBatch) -> impl Future<Output = io::Result<()>> {
        self.source.until(Interest::WRITE, move || {
            while !batch.is_empty() {
                if self.try_send_batch(batch)?.is_none() {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        })
    }
}
