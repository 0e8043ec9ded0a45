//! Futures that wait for Unix sockets.

use std::cell::{Cell, RefCell};
use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use eagain::EventLoop;
use eagain::net::{UnixDatagram, UnixListener, UnixStream};
use eagain::time::Clock;

use crate::case::Case;

/// A name that nobody has.
fn name() -> SocketAddr {
    static NAMES: AtomicU32 = AtomicU32::new(0);
    let number = NAMES.fetch_add(1, Ordering::Relaxed);
    let name = format!("eagain-cancelling-{}-{number}", std::process::id());
    SocketAddr::from_abstract_name(name).expect("an address")
}

/// A listener, and who connects to it.
struct Listening {
    listener: UnixListener,
    addr: SocketAddr,
    clients: RefCell<Vec<std::os::unix::net::UnixStream>>,
    accepted: Cell<usize>,
}

fn listening(_: &mut EventLoop) -> Listening {
    let addr = name();
    let listener = UnixListener::bind_addr(&addr).expect("a listener");
    Listening { listener, addr, clients: RefCell::default(), accepted: Cell::default() }
}

#[test]
fn pitfall_52_accept_of_a_unix_listener() {
    let case = Case {
        clock: Clock::Real,
        setup: listening,
        wait: |s| {
            Box::pin(async move {
                s.listener.accept().await.expect("accepted");
                s.accepted.set(s.accepted.get() + 1);
            })
        },
        nudge: |s: &Listening| {
            let client = std::os::unix::net::UnixStream::connect_addr(&s.addr);
            s.clients.borrow_mut().push(client.expect("connected"));
        },
        check: |s| {
            Box::pin(async move {
                let connected = s.clients.borrow().len();
                for _ in s.accepted.get()..connected {
                    s.listener.accept().await.expect("accepted");
                }
                assert!(s.listener.try_accept().expect("no error").is_none());
            })
        },
        sources: 1,
        registrations: 1,
        polls: 2,
    };
    case.holds(); // pitfall 52
}

/// A stream on which numbers come, each with a descriptor.
struct Passing {
    near: UnixStream,
    far: UnixStream,
    said: Cell<u8>,
    got: RefCell<Vec<u8>>,
}

#[test]
fn pitfall_52_recv_with_fds() {
    let case = Case {
        clock: Clock::Real,
        setup: |_: &mut EventLoop| {
            let (near, far) = UnixStream::pair().expect("a pair");
            Passing { near, far, said: Cell::default(), got: RefCell::default() }
        },
        wait: |s| {
            Box::pin(async move {
                let mut buf = [0; 8];
                let (n, fds) = s.near.recv_with_fds(&mut buf).await.expect("received");
                assert_eq!((n, fds.len()), (1, 1));
                s.got.borrow_mut().push(buf[0]);
            })
        },
        nudge: |s: &Passing| {
            let fd = std::io::stderr();
            let sent = s.far.try_send_with_fds(&[s.said.get()], &[fd.as_fd()]);
            assert_eq!(sent.expect("no error"), Some(1));
            s.said.set(s.said.get() + 1);
        },
        check: |s| {
            Box::pin(async move {
                let mut all = s.got.take();
                let mut buf = [0; 8];
                while all.len() < s.said.get().into() {
                    let (n, fds) = s.near.recv_with_fds(&mut buf).await.expect("received");
                    assert_eq!((n, fds.len()), (1, 1), "the descriptor is not lost either");
                    all.push(buf[0]);
                }
                assert_eq!(all, (0..s.said.get()).collect::<Vec<_>>());
            })
        },
        sources: 1,
        registrations: 1,
        polls: 2,
    };
    case.holds(); // pitfall 52
}

/// A listener whose queue is full.
struct Full {
    listener: UnixListener,
    addr: SocketAddr,
    _queued: std::os::unix::net::UnixStream,
}

#[test]
fn pitfall_53_connect_to_a_full_queue() {
    let case = Case {
        clock: Clock::Virtual,
        setup: |_: &mut EventLoop| {
            let addr = name();
            let listener = UnixListener::bind_with_backlog(&addr, 0).expect("a listener");
            let queued = std::os::unix::net::UnixStream::connect_addr(&addr).expect("room for one");
            Full { listener, addr, _queued: queued }
        },
        wait: |s| {
            Box::pin(
                async move { drop(UnixStream::connect_addr(&s.addr).await.expect("connected")) },
            )
        },
        nudge: |s: &Full| drop(s.listener.try_accept().expect("no error")),
        check: |s| {
            Box::pin(async move {
                let accept =
                    async { while s.listener.try_accept().expect("no error").is_some() {} };
                accept.await;
                UnixStream::connect_addr(&s.addr).await.expect("connected");
            })
        },
        sources: 0,
        registrations: 0,
        polls: 2,
    };
    case.holds(); // pitfall 53
}

/// A receiver that is full.
struct Receiver {
    server: UnixDatagram,
    addr: SocketAddr,
    client: UnixDatagram,
}

#[test]
fn pitfall_53_send_to_a_full_receiver() {
    let case = Case {
        clock: Clock::Virtual,
        setup: |_: &mut EventLoop| {
            let addr = name();
            let server = UnixDatagram::bind_addr(&addr).expect("a socket");
            let client = UnixDatagram::unbound().expect("a socket");
            while client.try_send_to(b"x", &addr).expect("no error").is_some() {}
            Receiver { server, addr, client }
        },
        wait: |s| {
            Box::pin(async move {
                assert_eq!(s.client.send_to_addr(b"y", &s.addr).await.expect("sent"), 1);
            })
        },
        nudge: |s: &Receiver| {
            s.server.try_recv(&mut [0]).expect("no error");
        },
        check: |s| {
            Box::pin(async move {
                while s.server.try_recv(&mut [0]).expect("no error").is_some() {}
                s.client.send_to_addr(b"z", &s.addr).await.expect("sent");
            })
        },
        sources: 0,
        registrations: 0,
        polls: 2,
    };
    case.holds(); // pitfall 53
}
