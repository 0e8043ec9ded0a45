//! The end, and the beginning: signals and arguments.

use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Barrier};

use super::client::{Client, get};
use super::examples::Server;
use super::upstream::{HELLO, Upstream};
use super::{gateway, nowhere, program};

/// Asked for `/slow` it waits twice: when it has been asked, and before it answers.
fn slow() -> (Upstream, Arc<Barrier>) {
    let answers = Arc::new(Barrier::new(2));
    let reached = answers.clone();
    let upstream = Upstream::start(move |mut wire| {
        while let Some(head) = wire.head() {
            if head.starts_with("GET /slow") {
                reached.wait();
                reached.wait();
            }
            wire.say(HELLO);
        }
    });
    (upstream, answers)
}

/// Asked to end, it answers what was asked and says that this was the last; who asks nothing is closed.
fn drains(signal: &str) {
    let (upstream, answers) = slow();
    let gateway = gateway(&[upstream.addr]);
    let (mut idle, mut busy) = (Client::of(&gateway), Client::of(&gateway));
    assert_eq!(idle.ask(get("/")).status, 200);
    busy.send(get("/slow"));
    answers.wait();
    gateway.signal(signal);
    assert!(idle.is_at_end());
    answers.wait();
    let last = busy.answer().expect("an answer");
    assert_eq!((last.body.as_slice(), last.field("Connection")), (&b"hello"[..], Some("close")));
    assert!(busy.is_at_end());
    drop((idle, busy));
    let (status, said) = gateway.end();
    assert!(status.success(), "{status}");
    assert!(said.starts_with("draining: "), "{said}");
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
fn who_is_in_the_queue_when_it_is_asked_to_end_is_answered() {
    let upstream = Upstream::saying(HELLO);
    let gateway = gateway(&[upstream.addr]);
    gateway.stand_still();
    // Nobody else is there, for whom it would wait.
    let mut client = Client::of(&gateway);
    client.send(get("/"));
    gateway.signal("TERM");
    gateway.signal("CONT");
    assert_eq!(client.answer().expect("an answer").body, b"hello");
    assert!(client.is_at_end());
    assert!(gateway.end().0.success());
}

#[test]
fn with_nobody_to_tell_it_drains_all_the_same() {
    let (upstream, answers) = slow();
    let gateway = gateway(&[upstream.addr]);
    let (mut idle, mut busy) = (Client::of(&gateway), Client::of(&gateway));
    assert_eq!(idle.ask(get("/")).status, 200);
    busy.send(get("/slow"));
    answers.wait();
    let gateway = gateway.unheard();
    gateway.signal("TERM");
    assert!(idle.is_at_end());
    answers.wait();
    assert_eq!(busy.answer().expect("an answer").body, b"hello");
    assert!(gateway.end().0.success());
}

#[test]
fn out_of_descriptors_it_drains_all_the_same() {
    let (upstream, answers) = slow();
    // Enough of them for two clients, and for all connections to an upstream.
    let (program, upstream) = (program(), upstream.addr.to_string());
    let program = program.to_str().expect("a name");
    let limited = ["-c", "ulimit -n 98; exec \"$@\"", "sh", program, "127.0.0.1:0", &upstream];
    let gateway = Server::start(Path::new("/bin/sh"), &limited);
    let mut busy = Client::of(&gateway);
    busy.send(get("/slow"));
    answers.wait();
    gateway.stand_still();
    let queue: Vec<_> = (0..120).map(|_| gateway.connect()).collect();
    gateway.signal("TERM");
    gateway.signal("CONT");
    // The first of them was taken, the last one was not.
    assert_eq!((&queue[0]).read(&mut [0]).expect("no reset"), 0);
    assert!((&queue[119]).read(&mut [0]).is_err());
    answers.wait();
    assert_eq!(busy.answer().expect("an answer").body, b"hello");
    let (status, said) = gateway.end();
    assert!(status.success(), "{status}");
    assert!(said.starts_with("the queue is given up: "), "{said}");
}

#[test]
fn an_upstream_that_goes_and_comes_is_told_once_each() {
    let gateway = gateway(&[nowhere()]);
    for _ in 0..3 {
        assert_eq!(Client::of(&gateway).ask(get("/")).status, 502);
    }
    gateway.signal("TERM");
    let said = gateway.end().1;
    assert_eq!(said.matches(" is down: Connection refused").count(), 1, "{said}");
}

#[test]
fn arguments_that_are_wrong_are_told_in_a_line() {
    for args in [
        &[][..],
        &["nowhere"],
        &["127.0.0.1:0", "127.0.0.1:0"],
        &["here", "127.0.0.1:1"],
        &["--what"],
        &["127.0.0.1:1", "--timeout", "0"],
        &["127.0.0.1:1", "--timeout"],
    ] {
        let output = Command::new(program()).args(args).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{args:?}: {said}");
    }
}
