//! Addresses at which somebody listens, and such at which things go wrong.

use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::thread;
use std::time::Instant;

use eagain::net::TcpListener;
use eagain_sys::socket;

use super::PATIENCE;

/// A listener, and where it listens.
pub(crate) fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let addr = listener.local_addr().expect("an address");
    (listener, addr)
}

/// A client that waits for an answer no longer than tests may.
pub(crate) fn connect(addr: SocketAddr) -> std::net::TcpStream {
    let client = std::net::TcpStream::connect(addr).expect("a connection");
    client.set_read_timeout(Some(PATIENCE)).expect("an option");
    client
}

/// A listener whose backlog is full, and what fills it: whoever connects gets no answer.
pub(crate) fn black_hole() -> (TcpListener, std::net::TcpStream, SocketAddr) {
    let listener = TcpListener::bind_with_backlog("127.0.0.1:0", 0).expect("a listener");
    let addr = listener.local_addr().expect("an address");
    (listener, std::net::TcpStream::connect(addr).expect("a connection"), addr)
}

/// Waits until nobody listens there any more: a child that another test has just forked may have
/// the listener for a moment yet.
pub(crate) fn until_closed(addr: SocketAddr) {
    let began = Instant::now();
    while std::net::TcpStream::connect(addr).is_ok() {
        assert!(began.elapsed() < PATIENCE, "somebody listens");
        thread::yield_now();
    }
}

/// An address at which nobody listens. The port stays taken for as long as the socket lives.
pub(crate) fn nobody() -> (OwnedFd, SocketAddr) {
    nobody_at("127.0.0.1:0")
}

/// The same at another address.
pub(crate) fn nobody_at(any: &str) -> (OwnedFd, SocketAddr) {
    let any = any.parse().expect("an address");
    let fd = socket::tcp(&any).expect("a socket");
    socket::bind(fd.as_fd(), &any).expect("a port");
    let addr = socket::local(fd.as_fd()).expect("an address");
    (fd, addr)
}
