//! Bodies, both ways: byte for byte, piece by piece, and never silently short.

use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::Duration;

use super::client::{Client, get, post};
use super::gateway;
use super::upstream::{HELLO, Upstream, Wire};

/// Bytes in which a piece that is missing, or twice there, shows.
fn large() -> Vec<u8> {
    (0..750_000_u32).flat_map(u32::to_le_bytes).collect()
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (n, piece) in body.chunks(9973).enumerate() {
        let extension = if n % 3 == 0 { ";name=value" } else { "" };
        out.extend_from_slice(format!("{:X}{extension}\r\n", piece.len()).as_bytes());
        out.extend_from_slice(piece);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\nTrailer: x\r\n\r\n");
    out
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// An upstream that answers with this, and closes if it is told to.
fn answering(answer: Vec<u8>, closes: bool) -> Upstream {
    Upstream::start(move |mut wire| {
        while wire.head().is_some() {
            wire.say(&answer);
            if closes {
                return;
            }
        }
    })
}

#[test]
fn a_large_body_of_known_length_is_the_same_afterwards() {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", large().len());
    let upstream = answering([head.into_bytes(), large()].concat(), false);
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    for _ in 0..3 {
        assert!(client.ask(get("/")).body == large());
    }
    assert_eq!(upstream.accepted(), 1);
}

#[test]
fn a_large_body_in_chunks_is_the_same_afterwards() {
    let upstream = answering([CHUNKED.into(), chunked(&large())].concat(), false);
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    for _ in 0..3 {
        let answer = client.ask(get("/"));
        assert_eq!(answer.field("Transfer-Encoding"), Some("chunked"));
        assert!(answer.body == large());
    }
    assert_eq!(upstream.accepted(), 1);
}

#[test]
fn a_body_that_ends_with_the_connection_goes_on_in_chunks() {
    let upstream = answering([b"HTTP/1.0 200 OK\r\n\r\n".to_vec(), large()].concat(), true);
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    for _ in 0..2 {
        assert!(client.ask(get("/")).body == large());
    }
    assert_eq!(upstream.accepted(), 2);
}

#[test]
fn an_old_client_gets_no_chunks() {
    let upstream = answering([CHUNKED.into(), chunked(&large())].concat(), false);
    let gateway = gateway(&[upstream.addr]);
    let answer = Client::of(&gateway).ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(answer.field("Connection"), Some("close"));
    assert!(answer.field("Transfer-Encoding").is_none() && answer.body == large());
}

/// Answers with the body of the request.
fn echo(mut wire: Wire) {
    while let Some(head) = wire.head() {
        let length = head.lines().find_map(|l| l.strip_prefix("Content-Length: ")?.parse().ok());
        let mut body = Vec::new();
        match length {
            Some(length) => body = wire.body(length).expect("a body"),
            None => loop {
                let size = wire.line();
                let size = usize::from_str_radix(size.trim_end(), 16).expect("a size");
                body.append(&mut wire.body(size).expect("a chunk"));
                assert_eq!(wire.line(), "\r\n");
                if size == 0 {
                    break;
                }
            },
        }
        wire.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()));
        wire.say(body);
    }
}

#[test]
fn a_large_request_is_the_same_for_the_upstream() {
    let upstream = Upstream::start(echo);
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    let head = "PUT / HTTP/1.1\r\nHost: here\r\n";
    let length = format!("{head}Content-Length: {}\r\n\r\n", large().len());
    assert!(client.ask([length.into_bytes(), large()].concat()).body == large());
    let head = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
    assert!(client.ask([head.into_bytes(), chunked(&large())].concat()).body == large());
    assert_eq!(client.ask(post("small")).body, b"small");
    assert_eq!(upstream.accepted(), 1);
}

#[test]
fn a_client_that_waits_to_be_told_is_told_to_go_on() {
    let upstream = Upstream::start(echo);
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    client
        .send("POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.head().expect("a head").status, 100);
    assert_eq!(client.ask("body").body, b"body");
}

#[test]
fn an_answer_before_the_end_of_the_request_is_passed_on_and_the_last() {
    let upstream = Upstream::start(|mut wire| {
        wire.head();
        wire.say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
        while wire.body(1).is_some() {}
    });
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    client.send("POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n\r\nbegun");
    let answer = client.answer().expect("an answer");
    assert_eq!((answer.status, answer.field("Connection")), (413, Some("close")));
    assert!(client.is_at_end());
}

#[test]
fn hints_before_the_answer_do_not_end_the_request() {
    let (tell, told) = mpsc::channel();
    let upstream = Upstream::start(move |mut wire| {
        wire.head();
        wire.say("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
        wire.body(5);
        tell.send(()).expect("the test listens");
        assert_eq!(wire.body(5).expect("the rest"), b"ended");
        wire.say(HELLO);
    });
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    client.send("POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\nbegun");
    // The upstream has what there is, and the gateway has the hints.
    told.recv_timeout(Duration::from_secs(60)).expect("the first half");
    client.send("ended");
    assert_eq!(client.head().expect("the hints").status, 103);
    assert_eq!(client.answer().expect("the answer").status, 200);
}

/// What the client sees of an answer that is not whole, however it came.
fn is_seen_broken(answer: &'static str, request: &str) {
    let upstream = answering(answer.into(), true);
    let gateway = gateway(&[upstream.addr]);
    let before = gateway.descriptors();
    let mut client = Client::of(&gateway);
    client.send(request);
    let answer = client.answer();
    assert!(answer.is_err(), "{answer:?}");
    drop(client);
    super::examples::eventually("it is closed", || gateway.descriptors() == before);
}

#[test]
fn an_answer_of_known_length_that_breaks_off_is_seen_broken() {
    is_seen_broken("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", &get("/"));
}

#[test]
fn an_answer_in_chunks_that_breaks_off_is_seen_broken() {
    for end in ["5\r\nhel", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n", "zzz\r\n", "5\r\nhelloXX"] {
        let answer = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{end}");
        is_seen_broken(answer.leak(), &get("/"));
    }
}

#[test]
fn an_answer_in_chunks_that_breaks_off_is_seen_broken_by_an_old_client() {
    // It takes the end of the connection for the end of the body, so that must be no orderly one.
    is_seen_broken(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "GET / HTTP/1.0\r\n\r\n",
    );
}

#[test]
fn a_request_that_breaks_off_breaks_off_at_the_upstream() {
    let (sender, receiver) = mpsc::channel();
    let upstream = Upstream::start(move |mut wire| {
        wire.head();
        sender.send(wire.body(10).is_none()).expect("the test waits for it");
    });
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    client.send("POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\nhello");
    drop(client);
    assert!(receiver.recv().expect("the upstream's word"));
}

#[test]
fn who_does_not_read_an_answer_holds_up_its_upstream() {
    let (sender, receiver) = mpsc::channel();
    let upstream = Upstream::start(move |mut wire| {
        wire.head();
        wire.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
        let stream = wire.stream.get_mut();
        // As long as something is taken now and then, it goes on.
        stream.set_write_timeout(Some(Duration::from_millis(500))).expect("an option");
        let mut sum = 0;
        while let Ok(n) = stream.write(&[0; 16384]) {
            sum += n;
        }
        sender.send(sum).expect("the test waits for it");
    });
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    client.send(get("/"));
    let taken = receiver.recv().expect("a number");
    assert!(taken < 64 << 20, "{taken} bytes were taken for a client that reads none");
    let mut rest = Vec::new();
    assert!(client.0.read_to_end(&mut rest).is_err() || rest.len() < 1_000_000_000);
}

#[test]
fn bodies_of_length_nought_are_no_bodies() {
    let upstream = Upstream::saying(HELLO);
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    assert_eq!(client.ask(post("")).body, b"hello");
    assert_eq!(client.ask(get("/")).body, b"hello");
}
