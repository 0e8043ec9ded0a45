//! The switch of Linux that hands the queue of a listener on when that closes.

use std::net::TcpStream;
use std::thread;
use std::time::Instant;

use eagain::net::TcpListener;

use crate::connect;
use crate::tasks::PATIENCE;

const CLIENTS: usize = 40;

/// How many have been reset so far. The kernel tells it once, so those are taken out.
fn reset_among(clients: &mut Vec<TcpStream>) -> usize {
    clients.retain(|client| client.take_error().expect("an option").is_none());
    CLIENTS - clients.len()
}

/// What a listener that is closed undrained does to its queue, by the switch of the kernel.
#[test]
fn pitfall_28_tcp_migrate_req_decides_what_becomes_of_a_queue_that_is_closed() {
    let migrates = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_migrate_req");
    let Ok(migrates) = migrates else { return eprintln!("a kernel before 5.14") };
    let old = TcpListener::bind_reuseport("127.0.0.1:0").expect("a listener");
    let addr = old.local_addr().expect("an address");
    let new = TcpListener::bind_reuseport(addr).expect("a listener");
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| connect(addr)).collect();
    old.close().expect("a close"); // pitfall 28
    // A handshake whose last word was still on its way is decided when that arrives.
    let (mut served, began) = (0, Instant::now());
    while served + reset_among(&mut clients) < CLIENTS && began.elapsed() < PATIENCE {
        served += std::iter::from_fn(|| new.try_accept().expect("no error")).count();
        thread::yield_now();
    }
    let reset = CLIENTS - clients.len();
    match migrates.trim() {
        "0" => assert!(reset > 0 && served + reset == CLIENTS, "{served} served, {reset} reset"),
        _ => assert_eq!((served, reset), (CLIENTS, 0)),
    }
}
