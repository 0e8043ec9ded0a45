//! What a program in C has that embeds the library: SIGPIPE ends it. Rust's own `main` ignores it.
//! The disposition is the process's, so these tests have one of their own.

use std::io::IoSlice;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Once;
use std::time::Duration;

use eagain_sys::poll::{PollFd, poll};
use eagain_sys::poller::Interest;
use eagain_sys::{Result, errno, socket, socket_parts, unix};
use nix::sys::signal::{SigHandler, Signal, signal};

/// Nothing that a test waits for takes so long, on any machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// As every program is that C starts.
fn let_sigpipe_end_the_process() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        // SAFETY: no handler is installed.
        unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }.expect("a disposition");
    });
}

/// Sends on this end until it is told that nobody hears. What it is told then.
fn sends_on(near: BorrowedFd<'_>, send: impl Fn(BorrowedFd<'_>) -> Result<usize>) -> i32 {
    loop {
        // The first bytes to a TCP peer that is gone are taken: only its answer to them tells.
        match send(near) {
            Ok(n) => assert!(n > 0),
            Err(e) if e.errno() == errno::EAGAIN => std::thread::yield_now(),
            Err(e) => return e.errno(),
        }
    }
}

/// Every way to send on a stream.
fn all_are_told(pair: impl Fn() -> (OwnedFd, OwnedFd)) {
    let ways: [fn(BorrowedFd<'_>) -> Result<usize>; 2] = [
        |fd| socket::send(fd, b"hello"),
        |fd| socket_parts::send_vectored(fd, &[IoSlice::new(b"hel"), IoSlice::new(b"lo")]),
    ];
    let_sigpipe_end_the_process();
    for send in ways {
        let (near, far) = pair();
        drop(far);
        // A reset tells first what has happened, and once.
        let first = sends_on(near.as_fd(), send);
        assert!([errno::EPIPE, errno::ECONNRESET].contains(&first), "{first}");
        assert_eq!(sends_on(near.as_fd(), send), errno::EPIPE); // pitfall 65
    }
}

#[test]
fn pitfall_65_a_tcp_stream_whose_peer_is_gone_raises_no_signal() {
    all_are_told(|| {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = socket::listen_tcp(&any, 1).expect("a listener");
        let addr = socket::local(listener.as_fd()).expect("an address");
        let far = std::net::TcpStream::connect(addr).expect("a connection");
        let queue = &mut [PollFd::new(listener.as_fd(), Interest::READ)];
        assert_eq!(poll(queue, Some(PATIENCE)), Ok(1), "it does not queue");
        let (near, _) = socket::accept4(listener.as_fd()).expect("a connection");
        (near, far.into())
    });
}

#[test]
fn pitfall_65_a_tcp_stream_that_connected_raises_no_signal_either() {
    all_are_told(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
        let addr = listener.local_addr().expect("an address");
        let near = socket::tcp(&addr).expect("a socket");
        // Begun is enough: the listener waits for the rest.
        let begun = socket::connect(near.as_fd(), &addr);
        assert!(begun.is_ok() || begun.is_err_and(|e| e.errno() == errno::EINPROGRESS));
        let (far, _) = listener.accept().expect("a connection");
        (near, far.into())
    });
}

#[test]
fn pitfall_65_a_unix_stream_whose_peer_is_gone_raises_no_signal() {
    all_are_told(|| unix::pair(unix::Kind::Stream).expect("a pair"));
}

#[test]
fn pitfall_65_a_socketpair_whose_peer_is_gone_raises_no_signal() {
    all_are_told(|| socket::socketpair().expect("a pair"));
}
