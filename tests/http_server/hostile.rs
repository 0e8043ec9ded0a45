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
