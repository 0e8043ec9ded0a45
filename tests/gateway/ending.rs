//! The end, and the beginning: signals and arguments.

use std::process::Command;
use std::sync::{Arc, Barrier};

use super::client::{Client, get};
use super::upstream::{HELLO, Upstream};
use super::{gateway, nowhere, program};

/// Asked to end, it answers what was asked and says that this was the last; who asks nothing is closed.
fn drains(signal: &str) {
    let asked = Arc::new(Barrier::new(2));
    let (reached, answers) = (asked.clone(), asked.clone());
    let upstream = Upstream::start(move |mut wire| {
        while let Some(head) = wire.head() {
            if head.starts_with("GET /slow") {
                reached.wait(); // it has been asked
                reached.wait(); // it may answer
            }
            wire.say(HELLO);
        }
    });
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
