//! Sockets that move from loop to loop: as plain descriptors, which are `Send`.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use eagain_sys::descriptor;

use crate::net::{TcpListener, TcpStream, UdpSocket};
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

        impl TryFrom<$socket> for std::net::$socket {
            type Error = io::Error;

            /// Hands it to std, or to another library: as its `OwnedFd`. It stays non-blocking.
            fn try_from(socket: $socket) -> io::Result<std::net::$socket> {
                OwnedFd::try_from(socket).map(Into::into)
            }
        }

        impl TryFrom<OwnedFd> for $socket {
            type Error = io::Error;

            /// Takes such a socket from another loop, thread or library, and switches it to
            /// non-blocking if it is not yet (`fcntl` F_GETFL, perhaps F_SETFL).
            fn try_from(fd: OwnedFd) -> io::Result<$socket> {
                if !descriptor::is_nonblocking(fd.as_fd())? {
                    descriptor::set_nonblocking(fd.as_fd(), true)?;
                }
                Ok($socket::from_non_blocking(fd))
            }
        }
    )*};
}

moves!(TcpListener, TcpStream, UdpSocket);
