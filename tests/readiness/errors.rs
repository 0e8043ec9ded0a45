//! Connections that are made, refused, or never answered; the error that waits on a socket.

use std::cell::RefCell;
use std::net::UdpSocket;
use std::rc::Rc;
use std::time::Duration;

use eagain::net::TcpStream;
use eagain::{Cause, Interest, Source, Step, errno};
use eagain_sys::socket;

use crate::tasks::addresses::{black_hole, nobody};
use crate::tasks::{returned, run, trying, turn_until, turn_until_idle};
use crate::{connect, new_loop};

#[test]
fn pitfall_11_a_connection_is_one_wait() {
    let mut event_loop = new_loop();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let connecting = connect(&event_loop, listener.local_addr().expect("an address"));
    run(&mut event_loop);
    returned(&connecting).expect("a connection");
    // pitfall 11: watched before it connects, a socket would report a hang-up first
    assert_eq!(event_loop.counts().resumes, 2);
}

#[test]
fn pitfall_12_a_refused_connection_is_an_error() {
    let mut event_loop = new_loop();
    let (_port, addr) = nobody();
    let connecting = connect(&event_loop, addr);
    run(&mut event_loop);
    // pitfall 12: SO_ERROR tells once; asked twice, it would say that all is well
    let error = returned(&connecting).expect_err("nobody listens");
    assert_eq!(error.raw_os_error(), Some(errno::ECONNREFUSED));
}

#[test]
fn pitfall_12_a_connection_without_an_answer_ends_at_its_deadline() {
    let mut event_loop = new_loop();
    let (_listener, _first, addr) = black_hole();
    let stream = TcpStream::begin_connect(addr).expect("an attempt");
    let connecting = event_loop.spawn(trying(move |cx| {
        if cx.cause() == Cause::TimedOut {
            return Ok(Step::Return(stream.try_connected()?));
        }
        assert_eq!(stream.try_connected()?, None);
        let deadline = cx.now() + Duration::from_millis(20);
        Ok(Step::Yield(cx.writable(&stream)?.or_until(deadline))) // pitfall 12
    }));
    run(&mut event_loop);
    assert_eq!(returned(&connecting).expect("no error"), None);
    assert_eq!((event_loop.counts().sources, event_loop.counts().timers), (0, 0));
}

#[test]
fn pitfall_13_an_error_of_a_datagram_socket_is_told_once() {
    let mut event_loop = new_loop();
    let far = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let elsewhere = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    // It has the port, but takes nothing from us: the port is as good as closed.
    far.connect(elsewhere.local_addr().expect("an address")).expect("a peer");
    let near = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let addr = near.local_addr().expect("an address");
    near.connect(far.local_addr().expect("an address")).expect("a peer");
    near.send(b"is anybody there?").expect("a datagram");

    let source = Source::new(near).expect("a source");
    let told = Rc::new(RefCell::new(Vec::new()));
    let noted = told.clone();
    let receiver = event_loop.spawn(trying(move |cx| {
        loop {
            let tried = source.try_io(Interest::READ, |fd| Ok(socket::recv(fd, &mut [0; 64])?));
            match tried {
                Ok(Some(n)) => return Ok(Step::Return(n)),
                Ok(None) => return Ok(Step::Yield(cx.readable(&source)?)),
                Err(e) => noted.borrow_mut().push(e.raw_os_error()), // pitfall 13
            }
        }
    }));
    turn_until(&mut event_loop, || !told.borrow().is_empty());
    turn_until_idle(&mut event_loop);
    far.connect(addr).expect("a peer");
    far.send(b"here I am").expect("a datagram");
    turn_until(&mut event_loop, || receiver.is_finished());
    assert_eq!(returned(&receiver).expect("no error"), 9);
    assert_eq!(*told.borrow(), [Some(errno::ECONNREFUSED)]);
}
