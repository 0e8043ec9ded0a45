//! The example `c10k`: so many connections, or as many as there may be. Ten thousand of them are in
//! `tests/soak.rs`.

mod examples;
#[expect(dead_code, reason = "here no limit is raised")]
#[path = "../examples/c10k/limits.rs"]
mod limits;

use std::collections::BTreeMap;
use std::process::{Command, Output};

fn run(command: &str) -> Output {
    let program = examples::example("c10k");
    let command = command.replace("c10k", program.to_str().expect("a path of UTF-8"));
    Command::new("sh").args(["-c", &command]).output().expect("a shell")
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn some_hundred_connections_echo_correctly_at_once() {
    let said = said(&run("c10k 300"));
    assert!(said.starts_with("300 connections to 127.0.0.1:"), "{said}");
    assert!(said.ends_with("300 of 300 echoed correctly, twice\n"), "{said}");
}

#[test]
fn a_soft_limit_is_raised() {
    let said = said(&run("ulimit -S -n 100 && c10k 300"));
    assert!(said.ends_with("300 of 300 echoed correctly, twice\n"), "{said}");
}

#[test]
fn a_hard_limit_is_told_and_kept_to() {
    let said = said(&run("ulimit -n 100 && c10k 300"));
    assert!(said.starts_with("300 connections need more descriptors than 100 "), "{said}");
    assert!(said.ends_with("68 of 68 echoed correctly, twice\n"), "{said}");
}

#[test]
fn no_room_for_a_single_one_is_an_error_in_a_line() {
    let output = run("ulimit -n 30 && c10k 300");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
}

#[test]
fn arguments_that_are_wrong_are_told_in_a_line() {
    for args in ["0", "many", "1 2", "--what", "1000001"] {
        let output = run(&format!("c10k {args}"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{args}: {said}");
    }
}

#[test]
fn more_connections_than_ports_come_from_several_addresses() {
    let n = 150_000;
    let sources = limits::sources(n);
    let mut taken = BTreeMap::new();
    for number in 0..n {
        let source = sources.of(number).expect("an address has to be given");
        assert!(source.ip().is_loopback() && source.port() == 0, "{source}");
        *taken.entry(source).or_insert(0) += 1;
    }
    assert_eq!(taken.len(), sources.count);
    assert!(taken.values().all(|taken| *taken < sources.ports), "{taken:?}");
    assert!(limits::sources(100).of(99).is_none(), "a few may come from anywhere");
}
