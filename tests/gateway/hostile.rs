//! Requests that are not as they should be, and clients that misbehave: one clear answer or the
//! end, and nothing left of them.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::time::Duration;

use eagain_sys::socket;

use super::client::{Client, get};
use super::examples::eventually;
use super::gateway;
use super::upstream::{HELLO, Upstream};

/// What is refused is answered once and goes to nobody, and then the connection ends.
fn are_refused(requests: &[&str], status: u16) {
    let upstream = Upstream::saying(HELLO);
    let gateway = gateway(&[upstream.addr]);
    for request in requests {
        let mut client = Client::of(&gateway);
        client.send(request);
        let answer = client.answer().expect("an answer");
        assert_eq!(
            (answer.status, answer.field("Connection")),
            (status, Some("close")),
            "{request}"
        );
        assert!(client.is_at_end(), "{request}");
    }
    assert_eq!(upstream.accepted(), 0);
    assert_eq!(Client::of(&gateway).ask(get("/")).status, 200, "the others are served");
}

#[test]
fn what_is_no_request_is_refused() {
    are_refused(
        &[
            "\u{1}\u{2}garbage\r\n\r\n",
            "GET nowhere HTTP/1.1\r\nHost: here\r\n\r\n",
            "GET https://there/ HTTP/1.1\r\nHost: here\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: here\r\nHost: there\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: here, there\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: us@here\r\n\r\n",
            "GET http://us@here/ HTTP/1.1\r\nHost: here\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: here\r\n folded: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : here\r\n\r\n",
        ],
        400,
    );
}

#[test]
fn another_version_is_refused() {
    are_refused(&["GET / HTTP/2.0\r\nHost: here\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], 505);
}

#[test]
fn what_is_refused_of_head_has_no_body() {
    let upstream = Upstream::saying(HELLO);
    let gateway = gateway(&[upstream.addr]);
    let mut client = gateway.connect();
    client.write_all(b"\r\nHEAD / HTTP/1.1\r\n\r\n").expect("the gateway takes it");
    let mut said = String::new();
    client.read_to_string(&mut said).expect("an answer and the end");
    assert!(said.starts_with("HTTP/1.1 400 ") && said.ends_with("\r\n\r\n"), "{said}");
}

#[test]
fn a_body_with_two_ends_is_refused() {
    let head = "POST / HTTP/1.1\r\nHost: here\r\n";
    let fields = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: 0x5",
        "Content-Length: -1",
        "Content-Length: 99999999999999999999",
        "Content-Length: ",
    ];
    let requests: Vec<_> = fields.map(|field| format!("{head}{field}\r\n\r\n")).into();
    are_refused(&requests.iter().map(String::as_str).collect::<Vec<_>>(), 400);
}

#[test]
fn what_is_not_done_here_is_refused() {
    are_refused(
        &[
            "CONNECT there:443 HTTP/1.1\r\nHost: there:443\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: here\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        ],
        501,
    );
}

#[test]
fn a_head_that_is_too_long_is_refused_however_long_it_is() {
    let head = "GET / HTTP/1.1\r\nHost: here\r\n";
    let fields: String = (0..200).map(|n| format!("X{n}: y\r\n")).collect();
    // The rest of it is still on its way when the answer is given: it must not be lost to a reset.
    let long = [17_000, 300_000].map(|length| format!("{head}X: {}", "a".repeat(length)));
    are_refused(&[&long[0], &long[1], &format!("{head}{fields}\r\n")], 431);
}

#[test]
fn chunks_that_are_none_are_refused_and_break_off_at_the_upstream() {
    for body in ["zz\r\n", "-1\r\n", "2\r\nabXX", &"1".repeat(2000), "ffffffffffffffffff\r\n"] {
        let upstream = Upstream::start(|mut wire| {
            wire.head();
            while wire.body(1).is_some() {}
        });
        let gateway = gateway(&[upstream.addr]);
        let head = "POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n";
        let answer = Client::of(&gateway).ask([head, body].concat());
        assert_eq!((answer.status, answer.field("Connection")), (400, Some("close")), "{body}");
    }
}

#[test]
fn half_a_request_and_the_end_is_the_end() {
    let upstream = Upstream::saying(HELLO);
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    client.send(&get("/")[..10]);
    client.0.get_ref().shutdown(Shutdown::Write).expect("a shutdown");
    assert!(client.is_at_end());
    assert_eq!(upstream.accepted(), 0);
}

#[test]
fn clients_that_break_off_leave_nothing() {
    let body = "x".repeat(4 << 20);
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let upstream = Upstream::saying(answer.leak());
    let gateway = gateway(&[upstream.addr]);
    let before = gateway.descriptors();
    for n in 0..150 {
        let mut stream = gateway.connect();
        match n % 3 {
            0 => {}
            1 => stream.write_all(&get("/").as_bytes()[..20]).expect("the gateway takes it"),
            _ => {
                stream.write_all(get("/").as_bytes()).expect("the gateway takes it");
                stream.read_exact(&mut [0; 1000]).expect("it begins to answer");
            }
        }
        if n % 2 == 0 {
            socket::set_linger(stream.as_fd(), Some(Duration::ZERO)).expect("an option");
        }
        drop(stream);
    }
    eventually("the connections are closed", || gateway.descriptors() == before);
    assert_eq!(Client::of(&gateway).ask(get("/")).body.len(), body.len());
}
