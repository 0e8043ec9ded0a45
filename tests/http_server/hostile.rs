//! Requests that are not as they should be, and clients that misbehave: one clear answer or the
//! end, and nothing left of them.

use std::io::{Read, Write};
use std::net::Shutdown;

use eagain_sys::socket;
use std::os::fd::AsFd;
use std::time::Duration;

use super::examples::eventually;
use super::{Client, HELLO, server};

/// What is refused is answered once, and then the connection ends in an orderly way.
fn is_refused(request: impl AsRef<[u8]>, status: u16) {
    let server = server();
    let mut client = Client::of(&server);
    client.send(request);
    let answer = client.answer();
    assert_eq!((answer.status, answer.field("Connection")), (status, Some("close")), "{answer:?}");
    assert!(client.is_at_end());
    assert_eq!(Client::of(&server).ask(HELLO).status, 200, "the others are served");
}

#[test]
fn garbage_is_refused() {
    is_refused("\u{1}\u{2}garbage\r\n\r\n", 400);
}

#[test]
fn a_request_without_a_host_is_refused() {
    is_refused("GET / HTTP/1.1\r\n\r\n", 400);
}

#[test]
fn a_request_with_two_hosts_is_refused() {
    is_refused("GET / HTTP/1.1\r\nHost: here\r\nHost: there\r\n\r\n", 400);
}

#[test]
fn a_field_that_is_folded_or_has_no_name_is_refused() {
    is_refused("GET / HTTP/1.1\r\nHost: here\r\n folded: x\r\n\r\n", 400);
    is_refused("GET / HTTP/1.1\r\nHost : here\r\n\r\n", 400);
    is_refused("GET / HTTP/1.1\r\nHost: here\r\n: nameless\r\n\r\n", 400);
}

#[test]
fn another_method_is_refused() {
    is_refused("DELETE / HTTP/1.1\r\nHost: here\r\n\r\n", 405);
}

#[test]
fn a_body_is_refused_and_not_taken_for_a_request() {
    let body = "GET /async HTTP/1.1\r\nHost: here\r\n\r\n";
    let length = body.len();
    is_refused(
        format!("GET / HTTP/1.1\r\nHost: here\r\nContent-Length: {length}\r\n\r\n{body}"),
        413,
    );
    is_refused("GET / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413);
}

#[test]
fn another_method_is_refused_with_what_there_is_whatever_its_body() {
    let server = server();
    let heads = [
        "POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\nabc",
        "PUT /a HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "PUT /a HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
        "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc",
        "OPTIONS * HTTP/1.1\r\nHost: here\r\n\r\n",
        "CONNECT there:443 HTTP/1.1\r\nHost: there:443\r\n\r\n",
    ];
    for request in heads {
        let mut client = Client::of(&server);
        let answer = client.ask(request);
        assert_eq!((answer.status, answer.field("Allow")), (405, Some("GET, HEAD")), "{request}");
        assert!(client.is_at_end(), "{request}");
    }
}

#[test]
fn a_method_that_nobody_knows_is_not_done_here() {
    is_refused("FETCH / HTTP/1.1\r\nHost: here\r\n\r\n", 501);
    is_refused("get / HTTP/1.1\r\nHost: here\r\n\r\n", 501);
}

#[test]
fn a_body_whose_end_is_open_to_doubt_is_no_request() {
    let server = server();
    let fields = [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 0\r\nContent-Length: 0",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: -1",
        "Content-Length: 0x5",
        "Content-Length: ",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: ",
    ];
    for (field, method) in fields.iter().flat_map(|f| [(f, "GET"), (f, "POST")]) {
        let mut client = Client::of(&server);
        let answer = client.ask(&format!("{method} / HTTP/1.1\r\nHost: here\r\n{field}\r\n\r\n"));
        assert_eq!((answer.status, answer.field("Connection")), (400, Some("close")), "{field}");
        assert!(client.is_at_end(), "{field}");
    }
    is_refused("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
}

#[test]
fn a_coding_that_is_not_chunked_alone_is_not_done_here() {
    is_refused("GET / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501);
}

#[test]
fn a_length_beyond_all_numbers_is_too_much_and_not_nothing() {
    let many = "9".repeat(40);
    is_refused(format!("GET / HTTP/1.1\r\nHost: here\r\nContent-Length: {many}\r\n\r\n"), 413);
}

#[test]
fn who_expects_to_be_told_to_go_on_is_told_why_not() {
    let head = "GET / HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\n";
    is_refused(format!("{head}Content-Length: 5\r\n\r\n"), 413);
}

#[test]
fn what_is_refused_of_head_has_no_body() {
    let server = server();
    let requests = [
        ("HEAD / HTTP/1.1\r\n\r\n", 400),
        ("\r\nHEAD / HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\n", 413),
        ("HEAD / HTTP/3.7\r\nHost: here\r\n\r\n", 505),
    ];
    for (request, status) in requests {
        let mut client = Client::of(&server);
        client.send(request);
        let head = client.head();
        assert_eq!((head.status, head.field("Connection")), (status, Some("close")));
        assert!(client.is_at_end(), "{request}: the head was all");
    }
}

#[test]
fn another_version_is_refused() {
    is_refused("GET / HTTP/2.0\r\nHost: here\r\n\r\n", 505);
    is_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
}

#[test]
fn a_host_or_a_target_that_is_none_is_refused() {
    let server = server();
    let hosts = ["a b", "a,b", "user@here", "here/", "\u{e9}"];
    let hosts = hosts.map(|host| format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    let targets = ["nowhere", "*", "https://here/", "http:///", "http://us@here/", "ftp://here/"];
    let targets = targets.map(super::get);
    for request in hosts.iter().chain(&targets) {
        let mut client = Client::of(&server);
        assert_eq!(client.ask(request).status, 400, "{request}");
        assert!(client.is_at_end(), "{request}");
    }
}

#[test]
fn a_head_that_is_too_long_is_refused_however_long_it_is() {
    // The rest of it is still on its way when the answer is given: it must not be lost to a reset.
    for length in [9_000, 300_000] {
        is_refused(format!("GET / HTTP/1.1\r\nHost: here\r\nX: {}", "a".repeat(length)), 431);
    }
}

#[test]
fn too_many_fields_are_refused() {
    let fields: String = (0..100).map(|n| format!("X{n}: y\r\n")).collect();
    is_refused(format!("GET / HTTP/1.1\r\nHost: here\r\n{fields}\r\n"), 431);
}

#[test]
fn what_was_asked_before_the_garbage_is_answered() {
    let server = server();
    let mut client = Client::of(&server);
    client.send([HELLO, "garbage\r\n\r\n"].concat());
    assert_eq!(client.answer().status, 200);
    assert_eq!(client.answer().status, 400);
    assert!(client.is_at_end());
}

#[test]
fn half_a_request_and_the_end_is_the_end() {
    let server = server();
    let mut client = Client::of(&server);
    client.send(&HELLO[..10]);
    client.0.get_ref().shutdown(Shutdown::Write).expect("a shutdown");
    assert!(client.is_at_end());
}

#[test]
fn a_client_that_resets_in_the_middle_of_its_answers_leaves_nothing() {
    let server = server();
    let before = server.descriptors();
    for _ in 0..100 {
        let mut stream = server.connect();
        stream.write_all(HELLO.repeat(1000).as_bytes()).expect("the server takes it");
        stream.read_exact(&mut [0; 100]).expect("it begins to answer");
        socket::set_linger(stream.as_fd(), Some(Duration::ZERO)).expect("an option");
        drop(stream); // RST
    }
    eventually("the connections are closed", || server.descriptors() == before);
    assert_eq!(Client::of(&server).ask(HELLO).status, 200);
}

#[test]
fn a_client_that_connects_and_goes_leaves_nothing() {
    let server = server();
    let before = server.descriptors();
    (0..500).for_each(|_| drop(server.connect()));
    eventually("the connections are closed", || server.descriptors() == before);
}
