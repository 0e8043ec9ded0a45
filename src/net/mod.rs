//! Sockets.
//!
//! Their `try_` methods are the system calls, made at most once and only if they may succeed,
//! with `None` for `EAGAIN`; see [`Source`] for how a task waits in between.
//!
//! Every socket is `AsRef<Source>`, and none is `AsFd`: [`Source::fd`] says why, and is what to use
//! instead.

use std::fmt;

use crate::io::streams::{reads, writes};
use crate::source::Source;

mod address;
mod connect_error;
mod connection;
mod happy_eyeballs;
mod lookup;
mod moving;
mod tcp_accept;
mod tcp_bind;
mod tcp_connect;
mod tcp_listener;
mod tcp_options;
mod tcp_stream;
mod udp;
mod unix;

pub use address::{Endpoint, ToSocketAddrs};
pub use connect_error::ConnectError;
pub use connection::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
pub use lookup::lookup_host;
pub use tcp_bind::TcpListenerBuilder;
pub use tcp_connect::TcpStreamBuilder;
pub use tcp_listener::TcpListener;
pub use tcp_options::Keepalive;
pub use tcp_stream::TcpStream;
pub use udp::{
    Arrival, Datagram, Datagrams, Ecn, PacketInfo, RecvBatch, SendBatch, UdpBuilder, UdpSocket,
};
pub use unix::{
    Credentials, LostFds, Message, UnixDatagram, UnixListener, UnixSeqpacket,
    UnixSeqpacketListener, UnixStream,
};

macro_rules! is_a_source {
    ($($socket:ident),*) => {$(
        impl AsRef<Source> for $socket {
            fn as_ref(&self) -> &Source {
                &self.source
            }
        }

        impl From<$socket> for Source {
            /// Its descriptor can be lent or taken from there.
            fn from(socket: $socket) -> Source {
                socket.source
            }
        }

        impl fmt::Debug for $socket {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($socket), self.source)
            }
        }
    )*};
}

is_a_source!(TcpListener, TcpStream, UdpSocket);
is_a_source!(UnixListener, UnixStream, UnixDatagram, UnixSeqpacketListener, UnixSeqpacket);

reads!(TcpStream: append, vectored);
writes!(TcpStream: vectored);
reads!(UnixStream: append, vectored);
writes!(UnixStream: vectored);
