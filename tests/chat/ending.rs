//! The end, and the beginning: signals and arguments.

use std::net::Shutdown;
use std::process::Command;

use super::{Person, program, server};

fn says_goodbye(signal: &str) {
    let server = server();
    let (mut a, mut b) = (Person::named(&server, "ann"), Person::of(&server));
    // Somebody who does not read does not hold up the end.
    let _silent = server.connect();
    a.hears_of("guest2 has come");
    server.signal(signal);
    for person in [&mut a, &mut b] {
        person.hears_of("the chat ends here: goodbye");
        assert!(person.is_at_end());
    }
    let (status, said) = server.end();
    assert!(status.success(), "{status}");
    assert!(said.starts_with("saying goodbye to "), "{said}");
}

#[test]
fn sigterm_says_goodbye() {
    says_goodbye("TERM");
}

#[test]
fn ctrl_c_says_goodbye() {
    says_goodbye("INT");
}

#[test]
fn who_has_said_all_hears_what_was_said_before() {
    let server = server();
    let mut a = Person::of(&server);
    a.says("/who");
    a.0.get_ref().shutdown(Shutdown::Write).expect("a shutdown");
    assert_eq!(a.hears(), "* here: guest1");
    assert_eq!(a.hears(), "* goodbye");
    assert!(a.is_at_end());
}

#[test]
fn arguments_that_are_wrong_are_told_in_a_line() {
    for args in [&["nowhere"][..], &["--what"], &["127.0.0.1:0", "127.0.0.1:0"]] {
        let output = Command::new(program()).args(args).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{args:?}: {said}");
    }
}
