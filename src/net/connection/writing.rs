//! Writing to a connection.

use std::io::{self, IoSlice};

use eagain_sys::poller::Interest;
use eagain_sys::{socket, socket_parts};

use crate::net::{TcpStream, UnixStream};

macro_rules! writes_bytes {
    ($($stream:ident)*) => {$(
        impl $stream {
            /// Tries to write, and tells how much was taken; `None` if there is no room.
            ///
            /// System calls: one `sendto` (with `MSG_NOSIGNAL`: no SIGPIPE), or none.
            ///
            /// # Errors
            /// `EPIPE`, `ECONNRESET`: the peer is gone.
            #[inline]
            pub fn try_write(&self, buf: &[u8]) -> io::Result<Option<usize>> {
                self.source.try_write_of(buf.len(), |fd| socket::send(fd, buf))
            }

            /// Tries to write several buffers, one after the other, and tells how much was taken of
            /// them together; `None` if there is no room. Of more than 1024 buffers the rest waits
            /// for the next call.
            ///
            /// System calls: one `sendmsg` (with `MSG_NOSIGNAL`: no SIGPIPE), or none.
            ///
            /// # Errors
            /// As [`try_write`](Self::try_write).
            pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<Option<usize>> {
                let len = bufs.iter().take(1024).map(|buf| buf.len()).sum();
                self.source.try_write_of(len, |fd| socket_parts::send_vectored(fd, bufs))
            }

            /// Writes as much as there is room for, and waits until there is some.
            ///
            /// Cancel-safe: what was written is returned. System calls: `sendto`, again after each
            /// wait, and one `epoll_ctl` the first time in the connection's life that it waits to
            /// write.
            ///
            /// # Errors
            /// As [`try_write`](Self::try_write). [`LoopError`](crate::LoopError): another task
            /// waits to write here, no loop runs.
            #[track_caller]
            pub fn write(&self, buf: &[u8]) -> impl Future<Output = io::Result<usize>> {
                self.source.until(Interest::WRITE, move || self.try_write(buf))
            }

            /// Writes as much of several buffers as there is room for, and waits until there is
            /// some.
            ///
            /// Cancel-safe: what was written is returned. System calls: `sendmsg`, else as
            /// [`write`](Self::write), also the errors.
            #[track_caller]
            pub fn write_vectored(
                &self,
                bufs: &[IoSlice<'_>],
            ) -> impl Future<Output = io::Result<usize>> {
                self.source.until(Interest::WRITE, move || self.try_write_vectored(bufs))
            }

            /// Writes all of `buf`.
            ///
            /// Not cancel-safe: nobody tells how much was written. System calls and errors: as
            /// [`write`](Self::write).
            #[track_caller]
            pub fn write_all(&self, buf: &[u8]) -> impl Future<Output = io::Result<()>> {
                let mut written = 0;
                self.source.until(Interest::WRITE, move || {
                    while written < buf.len() {
                        match self.try_write(&buf[written..])? {
                            Some(0) => return Err(io::ErrorKind::WriteZero.into()),
                            Some(n) => written += n,
                            None => return Ok(None),
                        }
                    }
                    Ok(Some(()))
                })
            }
        }
    )*};
}

writes_bytes!(TcpStream UnixStream);
