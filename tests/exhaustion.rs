//! The servers among the examples with fewer descriptors than clients: they sleep, and recover.
//!
//! Here their system calls are counted; the processor time they take is measured in `tests/soak.rs`.
#![cfg(target_os = "linux")]

mod examples;
#[path = "soak/own_process.rs"]
mod own_process;
mod strace;

use std::io::{Read, Write};

use eagain_sys::limits;
use examples::{eventually, example};
use strace::line::{Call, calls};
use strace::{tracer, waits};

const SERVERS: [&str; 3] = ["echo_server", "echo_server_async", "http_server"];
const HELLO: &[u8] = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n";

/// Runs something with fewer descriptors. The limit is inherited by what is started.
fn with_descriptors<T>(n: u64, f: impl FnOnce() -> T) -> T {
    let (limit, _) = limits::descriptors().expect("a limit");
    limits::set_descriptors(n).expect("a lower limit");
    let result = f();
    limits::set_descriptors(limit).expect("the limit as it was");
    result
}

fn is_refusal(call: &Call) -> bool {
    matches!(call.name.as_str(), "accept" | "accept4") && call.failed_with("EMFILE")
}

#[test]
fn pitfall_23_between_two_refusals_a_server_sleeps() {
    const CLIENTS: usize = 40;
    if !tracer::works() || !own_process::entered("pitfall_23_between_two_refusals_a_server_sleeps")
    {
        return;
    }
    for name in SERVERS {
        let path = example(name);
        let start = || {
            let trace = format!("exhausted_{name}");
            strace::server::Server::start(&trace, tracer::EVERYTHING, &path, &[])
        };
        let server = with_descriptors(24, start);
        let closed = server.tally().count("close");
        let mut clients: Vec<_> = (0..CLIENTS).map(|_| server.connect()).collect();
        let refusals = || calls(&server.trace()).iter().filter(|call| is_refusal(call)).count();
        eventually("it is out of descriptors", || refusals() >= 4); // pitfall 23
        // Those that were accepted first leave; the others are let in.
        for client in &mut clients {
            client.write_all(HELLO).expect("the kernel takes it");
        }
        for mut client in clients {
            client.read_exact(&mut [0]).expect("all are served");
        }
        // Nobody is left: the next one is let in at once.
        let left = |n| server.tally().count("close") - closed == n;
        eventually("it has closed what it had", || left(CLIENTS));
        server.park();
        let refused = refusals();
        server.connect().write_all(HELLO).expect("the kernel takes it");
        eventually("it has served one more", || left(CLIENTS + 1));
        assert_eq!(refusals(), refused, "{name}");
        let calls = calls(&server.interrupt());
        let mut refused: Option<usize> = None;
        let refusals = calls.iter().enumerate().filter(|(_, call)| is_refusal(call));
        for (at, _) in refusals {
            if let Some(before) = refused {
                // Its time was up, or a descriptor of its own was closed.
                let is_in_time = |wait: waits::Wait| wait.timeout != "0";
                let slept = calls[before..at].iter().any(|call| {
                    call.name == "close"
                        || waits::wait(call).is_some_and(is_in_time) && call.ret == Some(0)
                });
                assert!(slept, "{name}: refused twice in one go, calls {before} and {at}");
            }
            refused = Some(at);
        }
    }
}
