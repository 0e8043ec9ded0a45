//! Sockets that move from loop to loop: as plain descriptors, which are `Send`.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use eagain_sys::descriptor;

use crate::net::{TcpListener, TcpStream, UdpSocket};
use crate::net::{UnixDatagram, UnixListener, UnixSeqpacket, UnixSeqpacketListener, UnixStream};
use crate::source::Source;

macro_rules! moves {
    ($($socket:ident),*) => {$(
        impl TryFrom<$socket> for OwnedFd {
            type Error = io::Error;

            /// Takes the descriptor out of its loop, for another loop, thread or library: as
            /// [`Source::into_owned_fd`], with its system calls. What has arrived and was not read
            /// stays in the kernel.
            fn try_from(socket: $socket) -> io::Result<OwnedFd> {
                Source::from(socket).into_owned_fd()
            }
        }

        impl TryFrom<OwnedFd> for $socket {
            type Error = io::Error;

            /// Takes such a socket from another loop, thread or library, and switches it to
            /// non-blocking if it is not yet (`fcntl` F_GETFL, perhaps F_SETFL). That it is one is
            /// not looked at, as in std. The calls on another kind may fail, or work and wait in vain
            /// for what has come: when a wait is spared depends on the kind.
            fn try_from(fd: OwnedFd) -> io::Result<$socket> {
                if !descriptor::is_nonblocking(fd.as_fd())? {
                    descriptor::set_nonblocking(fd.as_fd(), true)?;
                }
                Ok($socket::from_non_blocking(fd))
            }
        }
    )*};
}

/// What std has, too: only its types are named here, to hand a descriptor over; no call of its own
/// is made.
macro_rules! is_known_to_std {
    ($($socket:ident: $std:ty),* $(,)?) => {$(
        impl TryFrom<$std> for $socket {
            type Error = io::Error;

            /// Takes a socket of std, and switches it to non-blocking (`ioctl` FIONBIO).
            fn try_from(socket: $std) -> io::Result<$socket> {
                descriptor::fionbio(socket.as_fd(), true)?;
                Ok($socket::from_non_blocking(socket.into()))
            }
        }

        impl TryFrom<$socket> for $std {
            type Error = io::Error;

            /// Hands it to std, or to another library: as its `OwnedFd`. It stays non-blocking.
            fn try_from(socket: $socket) -> io::Result<$std> {
                OwnedFd::try_from(socket).map(Into::into)
            }
        }
    )*};
}

moves!(TcpListener, TcpStream, UdpSocket);
moves!(UnixListener, UnixStream, UnixDatagram, UnixSeqpacketListener, UnixSeqpacket);
is_known_to_std!(
    TcpListener: std::net::TcpListener,
    TcpStream: std::net::TcpStream,
    UdpSocket: std::net::UdpSocket,
    UnixListener: std::os::unix::net::UnixListener,
    UnixStream: std::os::unix::net::UnixStream,
    UnixDatagram: std::os::unix::net::UnixDatagram,
);
