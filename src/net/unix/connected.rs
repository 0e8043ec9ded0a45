//! What all Unix sockets have that can be connected: descriptors that are passed, credentials, names.

use std::io;
use std::net::Shutdown;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::SocketAddr;

use eagain_sys::poller::Interest;
use eagain_sys::unix::credentials::{self, Credentials};
use eagain_sys::{socket, unix};

use super::passing::{self, Message};
#[cfg(doc)]
use crate::net::LostFds;
use crate::net::{UnixDatagram, UnixSeqpacket, UnixStream};
#[cfg(doc)]
use crate::source::Source;

macro_rules! passes {
    ($($socket:ident)*) => {$(
        impl $socket {
            /// Tries to send bytes, and duplicates of descriptors with the first of them; `None` if
            /// there is no room, and nothing was sent.
            ///
            /// System calls: one `sendmsg`, or none.
            ///
            /// # Errors
            /// `EINVAL`: more than 253 descriptors. `ETOOMANYREFS`: too many of the user's are on
            /// their way. `EPIPE`, `ECONNRESET`, `ECONNREFUSED`: the peer is gone.
            /// `InvalidInput`: a stream does not pass descriptors without a byte.
            pub fn try_send_with_fds(
                &self,
                data: &[u8],
                fds: &[BorrowedFd<'_>],
            ) -> io::Result<Option<usize>> {
                self.can_carry(data, fds)?;
                passing::try_send_with_fds(&self.source, data, fds)
            }

            /// Sends bytes, and duplicates of descriptors with the first of them. It tells how many
            /// bytes were sent; of a stream the rest is to be sent without the descriptors.
            ///
            /// Cancel-safe: it was sent, or the future is not done. System calls: `sendmsg`, again
            /// after each wait, and one `epoll_ctl` the first time that it waits to write.
            ///
            /// # Errors
            /// As [`try_send_with_fds`](Self::try_send_with_fds);
            /// [`LoopError`](crate::LoopError): no loop runs.
            #[track_caller]
            pub fn send_with_fds(
                &self,
                data: &[u8],
                fds: &[BorrowedFd<'_>],
            ) -> impl Future<Output = io::Result<usize>> {
                self.source.until(Interest::WRITE, move || self.try_send_with_fds(data, fds))
            }

            /// Tries to receive bytes and all that came with them; `None` if nothing is there now.
            /// Descriptors are close-on-exec. Of a stream, it goes no further than to the next bytes
            /// that have descriptors. If the process had no room for all of them, the message says so
            /// (`lost_fds`), and has those that came.
            ///
            /// System calls: one `recvmsg`, or none.
            ///
            /// # Errors
            /// `ECONNRESET`: the peer is gone.
            pub fn try_recv_message(&self, buf: &mut [u8]) -> io::Result<Option<Message>> {
                passing::try_recv_message(&self.source, buf)
            }

            /// Receives bytes and all that came with them: descriptors, and who sent them if
            /// [`set_pass_credentials`](Self::set_pass_credentials) asked for it.
            ///
            /// Cancel-safe: nothing is lost. System calls: `recvmsg`, again after each wait, and one
            /// `epoll_ctl` the first time in its life that it waits.
            ///
            /// # Errors
            /// As [`try_recv_message`](Self::try_recv_message);
            /// [`LoopError`](crate::LoopError): no loop runs.
            #[track_caller]
            pub fn recv_message(
                &self,
                buf: &mut [u8],
            ) -> impl Future<Output = io::Result<Message>> {
                self.source.until(Interest::READ, move || self.try_recv_message(buf))
            }

            /// Receives bytes, and the descriptors that came with them. (Any other way to receive
            /// closes them.)
            ///
            /// Cancel-safe: nothing is lost. System calls: as [`recv_message`](Self::recv_message).
            ///
            /// # Errors
            /// As there; [`LostFds`]: there was no room for all descriptors. The bytes are in `buf`,
            /// and the error tells how many.
            #[track_caller]
            pub fn recv_with_fds(
                &self,
                buf: &mut [u8],
            ) -> impl Future<Output = io::Result<(usize, Vec<OwnedFd>)>> {
                self.source.until(Interest::READ, move || {
                    self.try_recv_message(buf)?.map(passing::bytes_and_fds).transpose()
                })
            }

            /// `SO_PASSCRED`: every message that is sent here from now on tells who sent it; the
            /// kernel vouches for that.
            ///
            /// System calls: one `setsockopt`.
            ///
            /// # Errors
            /// `EOPNOTSUPP`: Linux only.
            pub fn set_pass_credentials(&self, on: bool) -> io::Result<()> {
                self.source.with_fd(|fd| credentials::set_pass_credentials(fd, on))
            }

            /// Who is at the other end: the process that connected, listened, or made the pair, as
            /// it was at that time.
            ///
            /// System calls: one `getsockopt`.
            ///
            /// # Errors
            /// `ENOTCONN`: nobody.
            pub fn peer_cred(&self) -> io::Result<Credentials> {
                passing::peer_cred(&self.source)
            }

            /// Its own address, mostly without a name.
            ///
            /// System calls: one `getsockname`.
            pub fn local_addr(&self) -> io::Result<SocketAddr> {
                self.source.with_fd(unix::local)
            }

            /// The address of the other end.
            ///
            /// System calls: one `getpeername`.
            ///
            /// # Errors
            /// `ENOTCONN`: not connected.
            pub fn peer_addr(&self) -> io::Result<SocketAddr> {
                self.source.with_fd(unix::peer)
            }

            /// Ends a direction, at once: there is nothing to await.
            ///
            /// As std's. Of a stream it hides
            /// [`AsyncWrite::shutdown`](crate::io::AsyncWrite::shutdown), which takes no argument and
            /// is awaited; that is for code that takes any stream.
            ///
            /// System calls: one `shutdown`.
            ///
            /// # Errors
            /// `ENOTCONN`: not connected.
            pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
                self.source.with_fd(|fd| socket::shutdown(fd, how))
            }

            /// `SO_SNDBUF`: how much may wait to be received by the other end. The kernel doubles
            /// it.
            ///
            /// System calls: one `setsockopt`.
            pub fn set_send_buffer(&self, bytes: usize) -> io::Result<()> {
                self.source.with_fd(|fd| socket::set_send_buffer(fd, bytes))
            }

            /// Waits until there may be something to receive; as [`Source::readable`].
            ///
            /// Cancel-safe. System calls: one `epoll_ctl` the first time in its life, else none.
            #[track_caller]
            pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
                self.source.readable()
            }

            /// Waits until there may be room to send; as [`Source::writable`].
            ///
            /// Cancel-safe. System calls: one `epoll_ctl` the first time in its life, else none.
            #[track_caller]
            pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
                self.source.writable()
            }

            /// Closes it now: as [`Source::close`], with its system calls and errors.
            pub fn close(&self) -> io::Result<()> {
                self.source.close()
            }
        }
    )*};
}

passes!(UnixStream UnixDatagram UnixSeqpacket);
