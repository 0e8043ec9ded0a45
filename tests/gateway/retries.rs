//! What is tried again, and what is said when that does not help.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::client::{Client, get, post};
use super::upstream::{HELLO, Upstream};
use super::{gateway, gateway_with, nowhere};

/// Reads requests, and never answers one. Counts them.
fn breaking_off() -> (Upstream, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = requests.clone();
    let upstream = Upstream::start(move |mut wire| {
        wire.head();
        counted.fetch_add(1, Ordering::SeqCst);
    });
    (upstream, requests)
}

#[test]
fn one_of_two_upstreams_is_down_and_nobody_notices() {
    let upstream = Upstream::saying(HELLO);
    let gateway = gateway(&[nowhere(), upstream.addr]);
    let mut client = Client::of(&gateway);
    for _ in 0..20 {
        assert_eq!(client.ask(get("/")).body, b"hello");
    }
    // Nothing of it was sent: even this may go to another one.
    assert_eq!(client.ask(post("x")).body, b"hello");
}

#[test]
fn a_request_that_is_not_answered_is_sent_to_another_upstream_if_it_may_be() {
    for method in ["GET", "HEAD", "OPTIONS", "DELETE", "PUT"] {
        let ((bad, asked), good) = (breaking_off(), Upstream::saying(HELLO));
        let gateway = gateway(&[bad.addr, good.addr]);
        let mut client = Client::of(&gateway);
        client.send(format!("{method} / HTTP/1.1\r\nHost: here\r\n\r\n"));
        assert_eq!(client.head().expect("a head").status, 200, "{method}");
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{method}");
    }
}

#[test]
fn a_request_that_may_not_be_sent_twice_is_not() {
    let put = "PUT / HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\n\r\nx";
    let begun =
        "GET / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
    for request in
        [post("x").as_str(), &post(""), put, begun, "PATCH / HTTP/1.1\r\nHost: h\r\n\r\n"]
    {
        // It reads the body, too.
        let bad = Upstream::start(|mut wire| {
            let head = wire.head().unwrap_or_default();
            wire.body(usize::from(head.contains("Content-Length: 1")));
        });
        let good = Upstream::saying(HELLO);
        let gateway = gateway(&[bad.addr, good.addr]);
        assert_eq!(Client::of(&gateway).ask(request).status, 502, "{request}");
        assert_eq!(good.accepted(), 0, "{request}");
    }
}

#[test]
fn connections_that_died_while_they_were_idle_are_not_used() {
    let upstream = Upstream::start(|mut wire| {
        wire.head();
        wire.say(HELLO); // it promises to stay, and goes
    });
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    for _ in 0..20 {
        assert_eq!(client.ask(get("/")).body, b"hello");
    }
}

#[test]
fn a_connection_that_dies_with_the_second_request_is_replaced() {
    let upstream = Upstream::start(|mut wire| {
        wire.head();
        wire.say(HELLO);
        wire.head(); // taken, and not answered
    });
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    for _ in 0..10 {
        assert_eq!(client.ask(get("/")).body, b"hello");
    }
    assert_eq!(upstream.accepted(), 10);
}

#[test]
fn nobody_there_is_502_for_everybody() {
    let gateway = gateway(&[nowhere(), nowhere()]);
    assert_eq!(Client::of(&gateway).ask(get("/")).status, 502);
    let answer = Client::of(&gateway).ask(post("x"));
    assert_eq!((answer.status, answer.field("Connection")), (502, Some("close")));
}

#[test]
fn what_is_not_http_is_502() {
    for words in [
        "SSH-2.0-x\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 20",
    ] {
        let upstream = Upstream::start(move |mut wire| {
            wire.head();
            wire.say(words);
        });
        let gateway = gateway(&[upstream.addr]);
        assert_eq!(Client::of(&gateway).ask(get("/")).status, 502, "{words:?}");
    }
}

#[test]
fn a_head_without_an_end_is_502() {
    let upstream = Upstream::start(|mut wire| {
        wire.head();
        wire.say(format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(1 << 20)));
    });
    let gateway = gateway(&[upstream.addr]);
    assert_eq!(Client::of(&gateway).ask(get("/")).status, 502);
}

#[test]
fn an_upstream_that_says_nothing_is_504_and_asked_once() {
    let upstream = Upstream::start(|mut wire| while wire.head().is_some() {});
    let other = Upstream::start(|mut wire| while wire.head().is_some() {});
    let gateway = gateway_with(&[upstream.addr, other.addr], &["--timeout", "1"]);
    assert_eq!(Client::of(&gateway).ask(get("/")).status, 504);
    let asked = || upstream.accepted() + other.accepted();
    super::examples::eventually("one of them has accepted", || asked() > 0);
    assert_eq!(asked(), 1);
}

#[test]
fn who_waits_too_long_for_a_connection_is_told_503() {
    let upstream = Upstream::start(|mut wire| while wire.head().is_some() {});
    let gateway = gateway(&[upstream.addr]);
    let mut busy: Vec<_> = (0..64).map(|_| Client::of(&gateway)).collect();
    busy.iter_mut().for_each(|client| client.send(get("/")));
    super::examples::eventually("all connections are busy", || upstream.accepted() == 64);
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let mut client = Client::of(&gateway);
            thread::spawn(move || client.ask(get("/")))
        })
        .collect();
    for client in waiting {
        let answer = client.join().expect("no panic");
        assert_eq!((answer.status, answer.field("Retry-After")), (503, Some("1")));
    }
    assert_eq!(upstream.accepted(), 64);
}
