//! The end, and the beginning: signals and arguments.

use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use super::examples::Server;
use super::{Client, HELLO, get, program, server};

/// Asked to end, it answers what was asked and says that this was all; who asks nothing is closed.
fn drains(signal: &str) {
    let server = server();
    let (mut idle, mut busy) = (Client::of(&server), Client::of(&server));
    assert_eq!(idle.ask(HELLO).status, 200);
    busy.send(get("/async").repeat(2));
    // The first of the two has been begun.
    assert_eq!(busy.answer().body, b"awaited\n");
    server.signal(signal);
    assert!(idle.is_at_end());
    let last = busy.answer();
    assert_eq!((last.body.as_slice(), last.field("Connection")), (b"awaited\n".as_slice(), None));
    assert!(busy.is_at_end());
    let addr = server.addr;
    let (status, said) = server.end();
    assert!(status.success(), "{status}");
    assert!(said.starts_with("draining: "), "{said}");
    assert!(TcpStream::connect(addr).is_err());
}

#[test]
fn sigterm_drains() {
    drains("TERM");
}

#[test]
fn ctrl_c_drains() {
    drains("INT");
}

#[test]
fn an_answer_given_while_it_drains_says_that_it_is_the_last() {
    let server = server();
    let mut client = Client::of(&server);
    client.send(get("/async"));
    // A head that has begun is waited for.
    let mut slow = Client::of(&server);
    slow.send(&HELLO[..8]);
    assert_eq!(client.answer().status, 200);
    server.signal("TERM");
    assert!(client.is_at_end());
    slow.send(&HELLO[8..]);
    let answer = slow.answer();
    assert_eq!((answer.status, answer.field("Connection")), (200, Some("close")));
    assert!(slow.is_at_end());
    assert!(server.end().0.success());
}

/// These ask while the server stands still; it finds them and the signal all at once.
fn answers_at_the_end(server: Server, mut clients: Vec<Client>) {
    server.stand_still();
    clients.push(Client::of(&server));
    for client in &mut clients {
        client.send(HELLO);
    }
    server.signal("TERM");
    server.signal("CONT");
    for client in &mut clients {
        assert_eq!(client.answer().status, 200);
        assert!(client.is_at_end());
    }
    assert!(server.end().0.success());
}

#[test]
fn who_is_in_the_queue_when_it_is_asked_to_end_is_answered() {
    answers_at_the_end(server(), Vec::new());
}

#[test]
fn who_asks_while_it_is_asked_to_end_is_answered() {
    let server = server();
    let clients = (0..8).map(|_| {
        let mut client = Client::of(&server);
        assert_eq!(client.ask(HELLO).status, 200);
        client
    });
    let clients = clients.collect();
    answers_at_the_end(server, clients);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut server = server();
    let mut slow = Client::of(&server);
    slow.send(&HELLO[..8]);
    server.signal("TERM");
    assert_eq!(server.line(), "draining: 1 connections\n");
    server.signal("TERM");
    let sigterm = 15;
    assert_eq!(server.end().0.signal(), Some(sigterm));
}

#[test]
fn with_nobody_to_tell_it_drains_all_the_same() {
    let server = server();
    let mut client = Client::of(&server);
    client.send(get("/async").repeat(2));
    assert_eq!(client.answer().body, b"awaited\n");
    let server = server.unheard();
    server.signal("TERM");
    assert_eq!(client.answer().body, b"awaited\n");
    assert!(client.is_at_end());
    assert!(server.end().0.success());
}

#[test]
fn arguments_that_are_wrong_are_told_in_a_line() {
    for args in [&["nowhere"][..], &["--what"], &["127.0.0.1:0", "127.0.0.1:0"], &["--dir"]] {
        let output = Command::new(program()).args(args).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{args:?}: {said}");
    }
}

#[test]
fn a_port_that_is_taken_is_told_in_a_line() {
    let server = server();
    let output = Command::new(program()).arg(server.addr.to_string()).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains(&server.addr.to_string()), "{said}");
}
