//! Sending and receiving messages where the socket is connected.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use eagain_sys::poller::Interest;
use eagain_sys::socket;

use crate::event_loop::io::Kind;
use crate::net::{UnixDatagram, UnixSeqpacket};
use crate::source::Source;

macro_rules! carries_messages {
    ($($socket:ident)*) => {$(
        impl $socket {
            pub(in crate::net) fn from_non_blocking(fd: OwnedFd) -> $socket {
                $socket { source: Source::of_kind(fd, Kind::Messages) }
            }

            /// A message may be empty.
            pub(super) fn can_carry(&self, _: &[u8], _: &[BorrowedFd<'_>]) -> io::Result<()> {
                Ok(())
            }

            /// Tries to receive a message; `None` if there is none. What does not fit in `buf` is
            /// lost, and descriptors that come with it are closed:
            /// [`try_recv_message`](Self::try_recv_message) is for those.
            ///
            /// System calls: one `recvfrom`, or none.
            ///
            /// # Errors
            /// `ECONNRESET`: the peer is gone. `ENOTCONN`: never was connected.
            pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
                self.source.try_sys(Interest::READ, |fd| socket::recv(fd, buf))
            }

            /// Receives a message, and waits until there is one. 0 is an empty one; of a
            /// [`UnixSeqpacket`](crate::net::UnixSeqpacket) also the end: the kernel tells no difference.
            ///
            /// Cancel-safe: no message is lost. Several tasks may wait. System calls: `recvfrom`,
            /// again after each wait, and one `epoll_ctl` the first time in its life that it waits.
            ///
            /// # Errors
            /// As [`try_recv`](Self::try_recv). [`LoopError`](crate::LoopError): no loop runs.
            #[track_caller]
            pub fn recv(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
                self.source.until(Interest::READ, move || self.try_recv(buf))
            }

            /// Tries to send a message to where the socket is connected, all of it or nothing;
            /// `None` if there is no room.
            ///
            /// System calls: one `sendto` (with `MSG_NOSIGNAL`: no SIGPIPE), or none.
            ///
            /// # Errors
            /// `EMSGSIZE`: longer than the send buffer. `EPIPE`, `ECONNREFUSED`, `ECONNRESET`: the
            /// peer is gone. `ENOTCONN`: not connected. `ENOBUFS` (not on Linux: the receiver's
            /// queue is full; try again a little later).
            pub fn try_send(&self, buf: &[u8]) -> io::Result<Option<usize>> {
                self.source.try_sys(Interest::WRITE, |fd| socket::send(fd, buf))
            }

            /// Sends a message to where the socket is connected, and waits for room to do so.
            ///
            /// Cancel-safe: it was sent, or the future is not done. Several tasks may wait. System
            /// calls: `sendto`, again after each wait, and one `epoll_ctl` the first time that it
            /// waits to send.
            ///
            /// # Errors
            /// As [`try_send`](Self::try_send). [`LoopError`](crate::LoopError): no loop runs.
            #[track_caller]
            pub fn send(&self, buf: &[u8]) -> impl Future<Output = io::Result<usize>> {
                self.source.until(Interest::WRITE, move || self.try_send(buf))
            }
        }
    )*};
}

carries_messages!(UnixDatagram UnixSeqpacket);
