//! Events for sources to which nothing happened.

use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::{io, thread};

use eagain::net::TcpListener;
use eagain::{EventLoop, Step};
use eagain_sys::epoll::{EPOLLET, EPOLLIN, EPOLLOUT, Op, epoll_ctl};
use eagain_sys::eventfd;

use crate::tasks::addresses::black_hole;
use crate::tasks::{read_to_end, returned, run, trying, turn_until_idle, unix_pair, write_all};
use crate::{connect, new_loop};

/// Watched in the name of each of the loop's first sources, and of some that never were.
struct Events(Vec<OwnedFd>);

impl Events {
    fn of(event_loop: &EventLoop) -> Events {
        let tokens = (0..32).chain([1 << 20, 1 << 32, u64::MAX - 2]);
        let forge = |token| {
            let fd = eventfd::eventfd().expect("an eventfd");
            let flags = EPOLLIN | EPOLLOUT | EPOLLET;
            epoll_ctl(event_loop.as_fd(), Op::Add, fd.as_fd(), flags, token).expect("an entry");
            fd
        };
        Events(tokens.map(forge).collect())
    }

    /// The next wait brings all of them.
    fn send(&self) {
        for fd in &self.0 {
            eventfd::add(fd.as_fd(), 1).expect("a write");
        }
    }
}

#[test]
fn pitfall_10_events_for_nothing_are_tried_and_forgotten() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let reader = event_loop.spawn(read_to_end(near));
    let (full, mut reads_late) = unix_pair();
    let writer = event_loop.spawn(write_all(full, 1 << 20));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    let acceptor = event_loop.spawn(trying(move |cx| match listener.try_accept()? {
        Some(accepted) => Ok(Step::Return(accepted)),
        None => Ok(Step::Yield(cx.readable(&listener)?)),
    }));
    let forged = Events::of(&event_loop);
    turn_until_idle(&mut event_loop);
    let before = event_loop.counts();
    for _ in 0..10 {
        forged.send(); // pitfall 10
        turn_until_idle(&mut event_loop);
    }
    let after = event_loop.counts();
    assert_eq!(after.resumes - before.resumes, 30, "each tries once for each event");
    assert_eq!(after.tasks, 3, "and waits on");
    assert_eq!(after.reactor.registrations, before.reactor.registrations);
    assert!(after.reactor.stale_events > before.reactor.stale_events);

    // What is real is still told from what is not.
    far.write_all(b"hello").expect("a write");
    drop(far);
    let _client = std::net::TcpStream::connect(addr).expect("a connection");
    let sink = thread::spawn(move || io::copy(&mut reads_late, &mut io::sink()));
    run(&mut event_loop);
    assert_eq!(returned(&reader).expect("no error"), b"hello");
    returned(&writer).expect("no error");
    returned(&acceptor).expect("no error");
    assert_eq!(sink.join().expect("the peer ends").expect("and has read all"), 1 << 20);
}

#[test]
fn pitfall_11_no_event_stands_for_a_connection() {
    let mut event_loop = new_loop();
    let (_listener, _first, addr) = black_hole();
    let connecting = connect(&event_loop, addr);
    let forged = Events::of(&event_loop);
    turn_until_idle(&mut event_loop);
    let before = event_loop.counts().resumes;
    for _ in 0..10 {
        forged.send(); // pitfall 11: writable, it says
        turn_until_idle(&mut event_loop);
    }
    assert_eq!(event_loop.counts().resumes - before, 10);
    assert!(!connecting.is_finished(), "there is nobody at the other end");
}
