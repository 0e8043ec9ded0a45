//! TCP: bytes in several buffers, and before they are taken.

use std::io::{self, IoSlice, IoSliceMut};

use eagain_sys::poller::Interest;
use eagain_sys::socket_parts;

use crate::net::TcpStream;

impl TcpStream {
    /// Tries to look at what is there, which stays to be read; `None` if nothing is. `Some(0)` is
    /// the end of the stream, unless `buf` is empty.
    ///
    /// System calls: one `recvfrom` with `MSG_PEEK`, or none.
    ///
    /// # Errors
    /// As [`try_read`](TcpStream::try_read).
    pub fn try_peek(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        // However little it brings, that is still there: the ready bit stays.
        self.source.try_sys(Interest::READ, |fd| socket_parts::peek(fd, buf))
    }

    /// Looks at what is there, and waits until something is. It stays to be read.
    ///
    /// Cancel-safe. System calls and errors: as [`read`](TcpStream::read), with `MSG_PEEK`.
    #[track_caller]
    pub fn peek(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::READ, move || self.try_peek(buf))
    }

    /// Tries to read into several buffers, one after the other; `None` if nothing is there now.
    ///
    /// System calls: one `recvmsg`, or none.
    ///
    /// # Errors
    /// As [`try_read`](TcpStream::try_read).
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<Option<usize>> {
        let len = bufs.iter().take(1024).map(|buf| buf.len()).sum();
        self.source.try_read_of(len, |fd| socket_parts::recv_vectored(fd, bufs))
    }

    /// Reads what is there into several buffers, one after the other, and waits until something is.
    ///
    /// Cancel-safe: what was read is returned. System calls: `recvmsg`, else as
    /// [`read`](TcpStream::read), also the errors.
    #[track_caller]
    pub fn read_vectored(
        &self,
        bufs: &mut [IoSliceMut<'_>],
    ) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::READ, move || self.try_read_vectored(bufs))
    }

    /// Tries to write several buffers, one after the other, and tells how much was taken of them
    /// together; `None` if the send buffer is full. Of more than 1024 buffers the rest waits for the
    /// next call.
    ///
    /// System calls: one `sendmsg` (with `MSG_NOSIGNAL`: no SIGPIPE), or none.
    ///
    /// # Errors
    /// As [`try_write`](TcpStream::try_write).
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<Option<usize>> {
        let len = bufs.iter().take(1024).map(|buf| buf.len()).sum();
        self.source.try_write_of(len, |fd| socket_parts::send_vectored(fd, bufs))
    }

    /// Writes as much of several buffers as there is room for, and waits until there is some.
    ///
    /// Cancel-safe: what was written is returned. System calls: `sendmsg`, else as
    /// [`write`](TcpStream::write), also the errors.
    #[track_caller]
    pub fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::WRITE, move || self.try_write_vectored(bufs))
    }
}
