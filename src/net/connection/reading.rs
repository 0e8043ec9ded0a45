//! Reading a connection.

use std::io::{self, IoSliceMut};

use eagain_sys::poller::Interest;
use eagain_sys::{socket, socket_parts};

use crate::net::{TcpStream, UnixStream};
use crate::source::GROWTH;

macro_rules! reads_bytes {
    ($($stream:ident: $more:literal, $reset:literal;)*) => {$(
        impl $stream {
            /// Tries to read; `None` if nothing is there now. `Some(0)` is the end of the stream,
            /// unless `buf` is empty: that is answered so once there is something to read.
            #[doc = $more]
            ///
            /// System calls: one `recvfrom`, or none.
            ///
            /// # Errors
            #[doc = concat!("`ECONNRESET`: ", $reset, ".")]
            #[inline]
            pub fn try_read(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
                self.source.try_read_of(buf.len(), |fd| socket::recv(fd, buf))
            }

            /// Tries to read into the spare capacity of `buf`, behind what it holds; it need not be
            /// initialised. A buffer without any grows first. `Some(0)` is the end of the stream.
            ///
            /// System calls: one `recvfrom`, or none.
            ///
            /// # Errors
            /// As [`try_read`](Self::try_read).
            #[inline]
            pub fn try_read_append(&self, buf: &mut Vec<u8>) -> io::Result<Option<usize>> {
                if buf.len() == buf.capacity() {
                    buf.reserve(GROWTH);
                }
                let room = buf.capacity() - buf.len();
                self.source.try_read_of(room, |fd| socket::recv_append(fd, buf))
            }

            /// Tries to read into several buffers, one after the other; `None` if nothing is there
            /// now.
            ///
            /// System calls: one `recvmsg`, or none.
            ///
            /// # Errors
            /// As [`try_read`](Self::try_read).
            pub fn try_read_vectored(
                &self,
                bufs: &mut [IoSliceMut<'_>],
            ) -> io::Result<Option<usize>> {
                let len = bufs.iter().take(1024).map(|buf| buf.len()).sum();
                self.source.try_read_of(len, |fd| socket_parts::recv_vectored(fd, bufs))
            }

            /// Tries to look at what is there, which stays to be read; `None` if nothing is.
            /// `Some(0)` is the end of the stream, unless `buf` is empty, as in
            /// [`try_read`](Self::try_read).
            ///
            /// System calls: one `recvfrom` with `MSG_PEEK`, or none.
            ///
            /// # Errors
            /// As [`try_read`](Self::try_read).
            pub fn try_peek(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
                // However little it brings, that is still there: the ready bit stays.
                self.source.try_sys(Interest::READ, |fd| socket_parts::peek(fd, buf))
            }

            /// Reads what is there, and waits until something is. 0 is the end of the stream, unless
            /// `buf` is empty.
            ///
            /// Cancel-safe: what was read is returned. System calls: `recvfrom`, again after each
            /// wait, and one `epoll_ctl` the first time in the connection's life that it waits.
            ///
            /// # Errors
            /// As [`try_read`](Self::try_read). [`LoopError`](crate::LoopError): another task waits
            /// to read here, no loop runs.
            #[track_caller]
            pub fn read(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
                self.source.until(Interest::READ, move || self.try_read(buf))
            }

            /// The same into the spare capacity of `buf`, behind what it holds; it need not be
            /// initialised. A buffer without any grows first. 0 is the end of the stream.
            ///
            /// Cancel-safe: what was read is in `buf`. System calls and errors: as
            /// [`read`](Self::read).
            #[track_caller]
            pub fn read_append(
                &self,
                buf: &mut Vec<u8>,
            ) -> impl Future<Output = io::Result<usize>> {
                self.source.until(Interest::READ, move || self.try_read_append(buf))
            }

            /// Reads what is there into several buffers, one after the other, and waits until
            /// something is.
            ///
            /// Cancel-safe: what was read is returned. System calls: `recvmsg`, else as
            /// [`read`](Self::read), also the errors.
            #[track_caller]
            pub fn read_vectored(
                &self,
                bufs: &mut [IoSliceMut<'_>],
            ) -> impl Future<Output = io::Result<usize>> {
                self.source.until(Interest::READ, move || self.try_read_vectored(bufs))
            }

            /// Looks at what is there, and waits until something is. It stays to be read.
            ///
            /// Cancel-safe. System calls and errors: as [`read`](Self::read), with `MSG_PEEK`.
            #[track_caller]
            pub fn peek(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
                self.source.until(Interest::READ, move || self.try_peek(buf))
            }

            /// Reads until `buf` is full.
            ///
            /// Not cancel-safe: what was read is in `buf`, but nobody tells how much it was. System
            /// calls and errors: as [`read`](Self::read), and `UnexpectedEof` at the end of the
            /// stream.
            #[track_caller]
            pub fn read_exact(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<()>> {
                let mut filled = 0;
                self.source.until(Interest::READ, move || {
                    while filled < buf.len() {
                        match self.try_read(&mut buf[filled..])? {
                            Some(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                            Some(n) => filled += n,
                            None => return Ok(None),
                        }
                    }
                    Ok(Some(()))
                })
            }

            /// Reads to the end of the stream, behind what `buf` holds; returns how much.
            ///
            /// Cancel-safe: what was read is in `buf`. System calls and errors: as
            /// [`read`](Self::read).
            #[track_caller]
            pub fn read_to_end(
                &self,
                buf: &mut Vec<u8>,
            ) -> impl Future<Output = io::Result<usize>> {
                let before = buf.len();
                self.source.until(Interest::READ, move || {
                    loop {
                        if buf.len() == buf.capacity() {
                            buf.reserve(buf.len().max(GROWTH));
                        }
                        match self.try_read_append(buf)? {
                            Some(0) => return Ok(Some(buf.len() - before)),
                            Some(_) => {}
                            None => return Ok(None),
                        }
                    }
                })
            }
        }
    )*};
}

reads_bytes! {
    TcpStream: "", "the peer broke off";
    UnixStream: "Descriptors that come with the bytes are closed, here and in what else reads bytes \
        alone.", "the peer left without having read all";
}
