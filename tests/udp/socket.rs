//! Sockets, with addresses of their own.

use std::future::Future;
use std::net::SocketAddr;

use eagain::net::UdpSocket;
use eagain::time::timeout;

use crate::tasks::PATIENCE;

pub(crate) fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().expect("an address")
}

/// A socket, and its address.
pub(crate) fn socket() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind(loopback()).expect("a socket");
    let addr = socket.local_addr().expect("an address");
    (socket, addr)
}

/// A socket and one of std, connected with each other.
pub(crate) fn connected() -> (UdpSocket, std::net::UdpSocket) {
    let (near, addr) = socket();
    let far = std::net::UdpSocket::bind(loopback()).expect("a socket");
    far.connect(addr).expect("connected");
    near.connect(far.local_addr().expect("an address")).expect("connected");
    (near, far)
}

/// Runs a future on a loop of its own, but not for ever.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    eagain::run(async { timeout(PATIENCE, future).await.expect("it comes") }).expect("a run")
}
