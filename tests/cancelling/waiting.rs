//! Connections to come, and descriptors to go.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use eagain::net::{TcpListener, TcpStream};
use eagain::time::Clock;
use eagain::{EventLoop, Source, descriptor_closed};

use crate::case::Case;
use crate::tasks::unix_pair;

struct Listening {
    listener: TcpListener,
    addr: SocketAddr,
    clients: RefCell<Vec<std::net::TcpStream>>,
    accepted: Cell<usize>,
}

fn listening(_: &mut EventLoop) -> Listening {
    let listener = TcpListener::bind("127.0.0.1:0");
    let listener = listener.expect("a listener");
    let addr = listener.local_addr().expect("an address");
    Listening { listener, addr, clients: RefCell::default(), accepted: Cell::new(0) }
}

impl Listening {
    fn connect(&self) {
        let client = std::net::TcpStream::connect(self.addr).expect("a connection");
        self.clients.borrow_mut().push(client);
    }

    async fn accept(&self) {
        self.listener.accept().await.expect("a connection");
        self.accepted.set(self.accepted.get() + 1);
    }
}

#[test]
fn pitfall_53_connect() {
    let case = Case {
        clock: Clock::Real,
        setup: listening,
        wait: |there| {
            Box::pin(async move {
                let stream = TcpStream::connect(there.addr).await.expect("a connection");
                assert_eq!(stream.peer_addr().expect("a peer"), there.addr);
            })
        },
        nudge: |_| (),
        check: |there| {
            Box::pin(async move {
                let stream = TcpStream::connect(there.addr).await.expect("a connection");
                let local = stream.local_addr().expect("an address");
                while there.listener.accept().await.expect("a connection").1 != local {}
            })
        },
        sources: 0,
        registrations: 1,
        polls: 2,
    };
    case.holds(); // pitfall 53
}

#[test]
fn pitfall_52_accept() {
    let case = Case {
        clock: Clock::Real,
        setup: listening,
        wait: |there| Box::pin(async move { there.accept().await }),
        nudge: Listening::connect,
        check: |there| {
            Box::pin(async move {
                while there.accepted.get() < there.clients.borrow().len() {
                    there.accept().await;
                }
                assert!(there.listener.try_accept().expect("no error").is_none());
            })
        },
        sources: 1,
        registrations: 1,
        polls: 2,
    };
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_53_descriptor_closed() {
    /// Sources of the loop, which are closed one by one.
    fn sources(event_loop: &mut EventLoop) -> RefCell<Vec<Source>> {
        let sources = [(); 8].map(|()| unix_pair().0);
        let registered = sources.iter().map(|source| async {
            crate::tasks::refuse(source, eagain::Interest::READ);
            let mut readable = pin!(source.readable());
            poll_fn(|cx| Poll::Ready(readable.as_mut().poll(cx).is_ready())).await;
        });
        registered.for_each(|future| event_loop.block_on(future).expect("a run"));
        assert_eq!(event_loop.counts().sources, sources.len());
        RefCell::new(sources.into())
    }
    let case = Case {
        clock: Clock::Real,
        setup: sources,
        wait: |_| Box::pin(descriptor_closed(Duration::from_secs(3600))),
        nudge: |sources| drop(sources.borrow_mut().pop()),
        check: |sources| {
            Box::pin(async move {
                let mut closed = pin!(descriptor_closed(Duration::from_secs(3600)));
                poll_fn(|cx| {
                    assert!(closed.as_mut().poll(cx).is_pending());
                    sources.borrow_mut().pop().expect("one is left");
                    Poll::Ready(())
                })
                .await;
                closed.await;
            })
        },
        sources: 0,
        registrations: 0,
        polls: 2,
    };
    case.holds(); // pitfall 53
}
