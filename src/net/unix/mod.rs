//! Unix sockets.

mod connected;
mod connecting;
mod datagram;
mod listener;
mod messages;
mod passing;
mod seqpacket;
mod stream;

use std::io;

use eagain_sys::errno;

pub use datagram::UnixDatagram;
pub use eagain_sys::unix::credentials::Credentials;
pub use listener::UnixListener;
pub use passing::{LostFds, Message};
pub use seqpacket::{UnixSeqpacket, UnixSeqpacketListener};
pub use stream::UnixStream;

/// Says in words that the system has no such sockets.
fn not_here(e: eagain_sys::Error) -> io::Error {
    if e.errno() != errno::EPROTONOSUPPORT {
        return e.into();
    }
    let what = "this system has no Unix sockets of packets; use a stream, or datagrams";
    io::Error::new(io::ErrorKind::Unsupported, what)
}
