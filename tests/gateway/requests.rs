//! Heads, connections, and whose turn it is.

use std::sync::mpsc;

use super::client::{Client, get};
use super::upstream::{HELLO, Upstream};
use super::{gateway, nowhere};

/// What an upstream is sent.
fn passed_on(request: &str) -> String {
    let (sender, heads) = mpsc::channel();
    let upstream = Upstream::start(move |mut wire| {
        while let Some(head) = wire.head() {
            sender.send(head).expect("the test waits for it");
            wire.say(HELLO);
        }
    });
    let gateway = gateway(&[upstream.addr]);
    assert_eq!(Client::of(&gateway).ask(request).body, b"hello");
    heads.recv().expect("a head").replace(&upstream.addr.to_string(), "UPSTREAM")
}

#[test]
fn what_concerns_the_connection_is_not_passed_on_and_who_asked_is() {
    let head = passed_on(
        "GET /a?b HTTP/1.1\r\nHost: here\r\nConnection: x-mine, Host\r\nX-Mine: 1\r\nKeep-Alive: 5\r\n\
         TE: trailers\r\nProxy-Authorization: x\r\nX-Forwarded-For: 192.0.2.1\r\nVia: 1.1 other\r\n\
         Cookie: a=b\r\n\r\n",
    );
    assert_eq!(
        head,
        "GET /a?b HTTP/1.1\r\nHost: here\r\nCookie: a=b\r\nX-Forwarded-For: 192.0.2.1, 127.0.0.1\r\n\
         X-Forwarded-Proto: http\r\nVia: 1.1 other, 1.1 eagain\r\n\r\n"
    );
}

#[test]
fn a_whole_url_is_taken_apart_and_its_host_counts() {
    let head = passed_on("GET http://there:81?x HTTP/1.1\r\nHost: here\r\n\r\n");
    assert!(head.starts_with("GET /?x HTTP/1.1\r\nHost: there:81\r\n"), "{head}");
    let head = passed_on("GET HTTP://there/x HTTP/1.1\r\nHost: here\r\n\r\n");
    assert!(head.starts_with("GET /x HTTP/1.1\r\nHost: there\r\n"), "{head}");
}

#[test]
fn an_old_client_without_a_host_means_the_upstream() {
    let head = passed_on("GET / HTTP/1.0\r\n\r\n");
    assert!(head.contains("\r\nHost: UPSTREAM\r\n") && head.contains("Via: 1.0 eagain"), "{head}");
}

#[test]
fn an_offer_of_http_2_is_passed_over() {
    let head = passed_on(
        "GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
         HTTP2-Settings: x\r\n\r\n",
    );
    assert!(!head.to_ascii_lowercase().contains("upgrade"), "{head}");
}

#[test]
fn an_answer_loses_what_concerned_its_connection() {
    let upstream = Upstream::saying(
        "HTTP/1.1 404 Nope\r\nConnection: x-mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\nServer: s\r\nContent-Length: 1\r\n\r\nx",
    );
    let gateway = gateway(&[upstream.addr]);
    let answer = Client::of(&gateway).ask(get("/"));
    let fields = [("Server", "s"), ("Via", "1.1 eagain"), ("Content-Length", "1")];
    let fields: Vec<_> = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    assert_eq!((answer.status, answer.fields), (404, fields));
}

#[test]
fn connections_on_both_sides_are_used_again() {
    let upstream = Upstream::saying(HELLO);
    let gateway = gateway(&[upstream.addr]);
    for _ in 0..3 {
        let mut client = Client::of(&gateway);
        for _ in 0..10 {
            assert_eq!(client.ask(get("/")).body, b"hello");
        }
    }
    assert_eq!(upstream.accepted(), 1);
}

#[test]
fn requests_that_come_at_once_are_answered_in_order() {
    let upstream = Upstream::start(|mut wire| {
        while let Some(head) = wire.head() {
            let path = head.split(' ').nth(1).expect("a path").to_owned();
            wire.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{path}", path.len()));
        }
    });
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    client.send((0..20).map(|n| get(&format!("/{n}"))).collect::<String>());
    for n in 0..20 {
        assert_eq!(client.answer().expect("an answer").body, format!("/{n}").as_bytes());
    }
}

#[test]
fn two_upstreams_take_turns() {
    let a = Upstream::saying(HELLO);
    let b = Upstream::saying("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbye");
    let gateway = gateway(&[a.addr, b.addr]);
    let mut client = Client::of(&gateway);
    let bodies: Vec<_> = (0..6).map(|_| client.ask(get("/")).body).collect();
    assert_eq!(bodies, [&b"hello"[..], b"bye", b"hello", b"bye", b"hello", b"bye"]);
}

#[test]
fn answers_without_a_body_have_none() {
    let upstream = Upstream::start(|mut wire| {
        while let Some(head) = wire.head() {
            wire.say(match &head[..8] {
                "HEAD / H" => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
                "GET /204" => "HTTP/1.1 204 No Content\r\n\r\n",
                "GET /304" => "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
                _ => HELLO,
            });
        }
    });
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    client.send("HEAD / HTTP/1.1\r\nHost: here\r\n\r\n");
    assert_eq!(client.head().expect("a head").field("Content-Length"), Some("5"));
    assert_eq!(client.ask(get("/204")).status, 204);
    client.send(get("/304"));
    assert_eq!(client.head().expect("a head").status, 304);
    assert_eq!(client.ask(get("/")).body, b"hello");
    assert_eq!(upstream.accepted(), 1);
}

#[test]
fn hints_before_the_answer_are_passed_on() {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    let upstream = Upstream::start(move |mut wire| {
        while wire.head().is_some() {
            wire.say([hints, HELLO].concat());
        }
    });
    let gateway = gateway(&[upstream.addr]);
    let mut client = Client::of(&gateway);
    client.send(get("/"));
    let hints = client.head().expect("a head");
    assert_eq!((hints.status, hints.field("Link")), (103, Some("</x>")));
    assert_eq!(client.answer().expect("an answer").body, b"hello");
}

#[test]
fn a_refusal_of_ours_leaves_the_connection_to_the_next_request() {
    let gateway = gateway(&[nowhere()]);
    let mut client = Client::of(&gateway);
    for _ in 0..3 {
        assert_eq!(client.ask(get("/")).status, 502);
    }
}
