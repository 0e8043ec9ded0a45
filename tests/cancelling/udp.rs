//! Futures that wait for datagrams.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use eagain::EventLoop;
use eagain::net::{RecvBatch, UdpSocket};
use eagain::time::Clock;

use crate::busy::Threads;
use crate::case::Case;
use crate::witness::Waiting;

/// A socket, and who sends numbers to it.
struct Numbers {
    near: UdpSocket,
    far: std::net::UdpSocket,
    said: Cell<u8>,
    got: RefCell<Vec<u8>>,
}

fn numbers(_: &mut EventLoop) -> Numbers {
    let near = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let far = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
    far.connect(near.local_addr().expect("an address")).expect("connected");
    near.connect(far.local_addr().expect("an address")).expect("connected");
    Numbers { near, far, said: Cell::default(), got: RefCell::default() }
}

impl Numbers {
    fn say(&self) {
        self.far.send(&[self.said.get()]).expect("sent");
        self.said.set(self.said.get() + 1);
    }

    /// Every number was got, or comes yet, and once.
    async fn all_are_heard(self: Rc<Self>) {
        self.say();
        let mut all = self.got.take();
        let mut buf = [0];
        while all.len() < self.said.get().into() {
            self.near.recv(&mut buf).await.expect("received");
            all.push(buf[0]);
        }
        assert_eq!(all, (0..self.said.get()).collect::<Vec<_>>());
    }
}

const fn case(wait: fn(Rc<Numbers>) -> Waiting) -> Case<Numbers> {
    Case {
        clock: Clock::Real,
        setup: numbers,
        wait,
        nudge: Numbers::say,
        check: |numbers| Box::pin(numbers.all_are_heard()),
        sources: 1,
        registrations: 1,
        polls: 2,
    }
}

#[test]
fn pitfall_52_recv() {
    let case = case(|numbers| {
        Box::pin(async move {
            let mut buf = [0];
            numbers.near.recv(&mut buf).await.expect("received");
            numbers.got.borrow_mut().push(buf[0]);
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_recv_from() {
    let case = case(|numbers| {
        Box::pin(async move {
            let mut buf = [0];
            numbers.near.recv_from(&mut buf).await.expect("received");
            numbers.got.borrow_mut().push(buf[0]);
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_recv_message() {
    let case = case(|numbers| {
        Box::pin(async move {
            let mut buf = [0];
            numbers.near.recv_message(&mut buf).await.expect("received");
            numbers.got.borrow_mut().push(buf[0]);
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_recv_batch() {
    let case = case(|numbers| {
        Box::pin(async move {
            let mut batch = RecvBatch::new(8, 8);
            numbers.near.recv_batch(&mut batch).await.expect("received");
            let mut got = numbers.got.borrow_mut();
            got.extend(batch.iter().flat_map(|datagram| datagram.data.iter()));
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_peek_from() {
    let case = case(|numbers| {
        Box::pin(async move {
            numbers.near.peek_from(&mut [0]).await.expect("peeked");
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_53_readable_of_a_datagram_socket() {
    let case = case(|numbers| {
        Box::pin(async move {
            assert_eq!(numbers.near.try_recv(&mut [0]).expect("no error"), None);
            numbers.near.readable().await.expect("a wait");
        })
    });
    case.holds(); // pitfall 53
}

#[test]
fn pitfall_53_send_to_a_name() {
    struct Sending {
        numbers: Rc<Numbers>,
        threads: Threads,
    }
    let case = Case {
        clock: Clock::Real,
        setup: |event_loop: &mut EventLoop| {
            let numbers = Rc::new(numbers(event_loop));
            Sending { numbers, threads: Threads::occupy(event_loop) }
        },
        wait: |s: Rc<Sending>| {
            Box::pin(async move {
                let unconnected = UdpSocket::bind("127.0.0.1:0").expect("a socket");
                let port = s.numbers.near.local_addr().expect("an address").port();
                unconnected.send_to(b"x", ("localhost", port)).await.expect("sent");
            })
        },
        nudge: |s: &Sending| s.threads.free_one(),
        check: |s| Box::pin(s.numbers.clone().all_are_heard()),
        sources: 0,
        registrations: 0,
        polls: 2,
    };
    case.holds(); // pitfall 53
}
