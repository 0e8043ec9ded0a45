//! Connections to names and to several addresses, and streams of connections that come.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use eagain::EventLoop;
use eagain::net::{TcpListener, TcpStream, lookup_host};
use eagain::time::Clock;

use crate::busy::Threads;
use crate::case::Case;
use crate::tasks::addresses::{black_hole, until_closed};
use crate::witness::Waiting;

/// A listener behind an address that does not answer.
struct There {
    silent: (TcpListener, std::net::TcpStream, SocketAddr),
    listener: TcpListener,
    addr: SocketAddr,
    clients: RefCell<Vec<std::net::TcpStream>>,
    accepted: Cell<usize>,
}

fn there(_: &mut EventLoop) -> There {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let addr = listener.local_addr().expect("an address");
    let (clients, accepted) = (RefCell::default(), Cell::new(0));
    There { silent: black_hole(), listener, addr, clients, accepted }
}

/// Whoever was given up has left no connection that answers.
fn answers(there: Rc<There>) -> Waiting {
    Box::pin(async move {
        let stream = TcpStream::connect(there.addr).await.expect("a connection");
        let local = stream.local_addr().expect("an address");
        while there.listener.accept().await.expect("a connection").1 != local {}
    })
}

const fn case(wait: fn(Rc<There>) -> Waiting) -> Case<There> {
    Case {
        clock: Clock::Virtual,
        setup: there,
        wait,
        nudge: |_| (),
        check: answers,
        sources: 0,
        registrations: 2,
        polls: 3,
    }
}

#[test]
fn pitfall_53_connect_to_any_of_several() {
    let case = case(|there| {
        Box::pin(async move {
            let any = [there.silent.2, there.addr];
            let stream = TcpStream::connect(&any[..]).await.expect("a connection");
            assert_eq!(stream.peer_addr().expect("a peer"), there.addr);
        })
    });
    case.holds(); // pitfall 53
}

#[test]
fn pitfall_53_connect_with_a_timeout() {
    let case = case(|there| {
        Box::pin(async move {
            let connected = TcpStream::connect_timeout(there.silent.2, Duration::from_secs(1));
            connected.await.expect_err("nobody answers");
        })
    });
    Case { polls: 2, ..case }.holds(); // pitfall 53
}

/// Nobody can look a name up.
struct Busy {
    there: There,
    threads: Threads,
}

fn busy(event_loop: &mut EventLoop) -> Busy {
    Busy { there: there(event_loop), threads: Threads::occupy(event_loop) }
}

const fn lookup_case(wait: fn(Rc<Busy>) -> Waiting) -> Case<Busy> {
    Case {
        clock: Clock::Real,
        setup: busy,
        wait,
        nudge: |busy| busy.threads.free_one(),
        check: |_| Box::pin(async {}),
        sources: 0,
        registrations: 2, // the other address of the name may be tried first
        polls: 2,
    }
}

#[test]
fn pitfall_53_connect_to_a_name() {
    let case = lookup_case(|busy| {
        Box::pin(async move {
            let stream = TcpStream::connect(("localhost", busy.there.addr.port())).await;
            stream.expect("a connection");
        })
    });
    case.holds(); // pitfall 53
}

#[test]
fn pitfall_53_lookup_host() {
    let case = lookup_case(|_| {
        Box::pin(async { drop(lookup_host("localhost:80").await.expect("an address")) })
    });
    Case { registrations: 0, ..case }.holds(); // pitfall 53
}

#[test]
fn pitfall_52_incoming() {
    let case = case(|there| {
        Box::pin(async move {
            let stream = there.listener.incoming().try_next().await.expect("no error");
            stream.expect("it does not end");
            there.accepted.set(there.accepted.get() + 1);
        })
    });
    let nudge = |there: &There| {
        let client = std::net::TcpStream::connect(there.addr).expect("a connection");
        there.clients.borrow_mut().push(client);
    };
    let check = |there: Rc<There>| {
        Box::pin(async move {
            let to_come = there.clients.borrow().len() - there.accepted.get();
            for _ in 0..to_come {
                there.listener.accept().await.expect("a connection");
            }
            assert!(there.listener.try_accept().expect("no error").is_none());
        }) as Waiting
    };
    let case = Case { clock: Clock::Real, nudge, check, polls: 2, ..case };
    Case { sources: 1, registrations: 1, ..case }.holds(); // pitfall 52
}

/// A listener that is to be drained, and what has come to it.
struct Last {
    listener: Cell<Option<TcpListener>>,
    addr: SocketAddr,
    clients: RefCell<Vec<std::net::TcpStream>>,
    accepted: Cell<usize>,
}

#[test]
fn pitfall_53_drain() {
    let case = Case {
        clock: Clock::Virtual,
        setup: |_: &mut EventLoop| {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
            let addr = listener.local_addr().expect("an address");
            let (clients, accepted) = Default::default();
            Last { listener: Cell::new(Some(listener)), addr, clients, accepted }
        },
        wait: |last: Rc<Last>| {
            Box::pin(async move {
                let listener = last.listener.take().expect("it is drained once");
                let mut rest = listener.drain(Duration::from_secs(1));
                while let Some(_stream) = rest.try_next().await.expect("no error") {
                    last.accepted.set(last.accepted.get() + 1);
                }
                assert_eq!(last.accepted.get(), last.clients.borrow().len(), "all of them");
            })
        },
        // Then nobody comes any more, and the grace passes.
        nudge: |last: &Last| {
            let clients = &mut *last.clients.borrow_mut();
            if clients.len() < 2 {
                clients.extend(std::net::TcpStream::connect(last.addr)); // or it is closed
            }
        },
        check: |last| {
            Box::pin(async move {
                // Whoever gave it up has closed it.
                drop(last.listener.take());
                until_closed(last.addr);
                let listener = TcpListener::bind(last.addr).expect("the port is free");
                assert!(listener.try_accept().expect("no error").is_none());
            })
        },
        sources: 0,
        registrations: 1,
        polls: 3,
    };
    case.holds(); // pitfall 53
}
