//! How many system calls a batch of datagrams costs: literal numbers, counted by strace.

mod strace;

use std::net::SocketAddr;
use std::process::Command;
use std::{env, fs};

use eagain::net::{RecvBatch, SendBatch, UdpSocket};
use strace::line::calls;
use strace::tally::Tally;
use strace::tracer;

const BATCHES: usize = 5;
const TRACED: &str = "EAGAIN_TEST_TRACED";

/// Sends batches of 64 through the loopback and receives them.
#[test]
fn a_batch_of_64_is_one_call_to_send_and_one_to_receive() {
    if env::var_os(TRACED).is_some() {
        return batches();
    }
    if !tracer::works() {
        return;
    }
    let tally = Tally::of(&calls(&trace()));
    let expected = Tally::from([
        ("socket", 2),
        ("bind", 2),
        ("getsockname", 1),
        ("sendmmsg", BATCHES),
        ("recvmmsg", BATCHES),
    ]);
    assert!(tally.has_calls_of(&expected), "{BATCHES} batches cost {tally:?}");
}

/// The calls of this test's other side, which runs in a thread of its own.
fn trace() -> String {
    let file = tracer::file("udp_batch");
    let done = Command::new("strace")
        .args(["-f", "-qq", "-s", "8", "-e", "trace=%network", "-e", "signal=none", "-o"])
        .arg(&file)
        .arg(env::current_exe().expect("a test knows its own path"))
        .args(["--exact", "a_batch_of_64_is_one_call_to_send_and_one_to_receive"])
        .env(TRACED, "1")
        .output()
        .expect("strace starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    let text = fs::read_to_string(&file).expect("strace leaves its output");
    let calls = text.lines().filter_map(|line| line.split_once(' ')); // behind the thread's number
    calls.map(|(_, call)| format!("{}\n", call.trim_start())).collect()
}

fn batches() {
    let addr: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    eagain::run(async {
        let here = UdpSocket::bind(addr).expect("a socket");
        let there = UdpSocket::bind(addr).expect("a socket");
        let to = here.local_addr().expect("an address");
        let mut out = SendBatch::new(64, 100);
        let mut into = RecvBatch::new(64, 1500);
        for _ in 0..BATCHES {
            for n in 0..64 {
                assert!(out.push_to(&[n; 100], to));
            }
            there.send_batch(&mut out).await.expect("sent");
            assert_eq!(here.recv_batch(&mut into).await.expect("received"), 64);
        }
    })
    .expect("a run");
}
