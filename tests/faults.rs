//! The examples on a kernel that fails: strace answers in its place.
//!
//! What holds whatever fails: nobody hangs, no byte comes back that was not sent, an error is one
//! line, and what one connection suffers is no other's concern. A handful of faults is injected on
//! every run, the long matrix where `EAGAIN_SOAK=1` asks for it.
//!
//! Not injected, since no kernel does it: `EAGAIN` although there is something, after which an
//! edge-triggered loop rightly waits; and an interrupted `close`, for which strace does not close
//! at all.
#![cfg(target_os = "linux")]

#[path = "faults/clients.rs"]
mod clients;
mod examples;
#[path = "strace/guard.rs"]
mod guard;
#[path = "faults/injected.rs"]
mod injected;
#[path = "faults/matrix.rs"]
mod matrix;
#[path = "faults/programs.rs"]
mod programs;
#[path = "faults/servers.rs"]
mod servers;
#[allow(dead_code)]
#[path = "strace/tracer.rs"]
mod tracer;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use servers::{SERVERS, spoils_nothing, spoils_one_at_most};

/// Every way to wait for many, by epoll, poll and select.
const WAITS: &str = "?epoll_wait,epoll_pwait,?epoll_pwait2,?poll,ppoll,?select,pselect6";

/// Where an example is. Cargo is asked once.
fn program(name: &'static str) -> PathBuf {
    static PROGRAMS: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut programs = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
    programs.entry(name).or_insert_with(|| examples::example(name)).clone()
}

#[test]
fn calls_that_are_interrupted_are_made_again() {
    // One in three, behind what the program reads to be loaded.
    let calls = [WAITS, "accept,accept4", "recvfrom,read", "sendto,write"];
    let faults = calls.map(|calls| format!("{calls}:error=EINTR:when=9+3"));
    for server in SERVERS {
        spoils_nothing(&server, &faults.each_ref().map(String::as_str));
    }
}

#[test]
fn a_connection_that_cannot_be_accepted_yet_is_accepted_later() {
    for error in ["EMFILE", "ECONNABORTED"] {
        for server in SERVERS {
            spoils_nothing(&server, &[&format!("accept,accept4:error={error}:when=1+2")]);
        }
    }
}

#[test]
fn what_one_connection_suffers_is_no_other_ones_concern() {
    for fault in ["recvfrom:retval=0:when=3", "sendto:error=ECONNRESET:when=2"] {
        for server in SERVERS {
            spoils_one_at_most(&server, &[fault]);
        }
    }
}

#[test]
fn a_signal_is_heard_though_its_bell_was_interrupted() {
    // Its second write; the first one says where it listens.
    let [.., http_server] = SERVERS;
    spoils_nothing(&http_server, &["write:error=EINTR:when=2..9"]);
}

#[test]
fn a_server_that_cannot_start_says_why_in_one_line() {
    for server in SERVERS {
        servers::does_not_start(
            &server,
            "listen:error=EADDRINUSE:when=1",
            "Address already in use",
        );
    }
}

#[test]
fn programs_do_their_work_however_often_they_are_interrupted() {
    let calls = ["connect,sendto,recvfrom", "write", WAITS];
    let faults = calls.map(|calls| format!("{calls}:error=EINTR:when=1..9"));
    programs::all_do_their_work(&faults.each_ref().map(String::as_str));
}

#[test]
fn a_fetch_that_is_broken_off_is_told_and_the_others_go_on() {
    programs::one_fetch_fails("recvfrom:error=ECONNRESET:when=2", "connection reset by the server");
    programs::one_fetch_fails("connect:error=ENETUNREACH:when=1", "no route to the host");
}

#[test]
fn a_registration_that_fails_is_told_and_nobody_waits_for_ever() {
    programs::all_end("epoll_ctl:error=ENOSPC:when=3");
}

#[test]
fn the_long_matrix() {
    if std::env::var_os("EAGAIN_SOAK").is_some_and(|value| value == "1") {
        matrix::run();
    } else {
        println!("set EAGAIN_SOAK=1");
    }
}
