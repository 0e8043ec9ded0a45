//! The switch of Linux that hands the queue of a listener on when that closes.

use eagain::net::TcpListener;

use crate::connect;

/// What a listener that is closed undrained does to its queue, by the switch of the kernel.
#[test]
fn pitfall_28_tcp_migrate_req_decides_what_becomes_of_a_queue_that_is_closed() {
    const CLIENTS: usize = 40;
    let migrates = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_migrate_req");
    let Ok(migrates) = migrates else { return eprintln!("a kernel before 5.14") };
    let old = TcpListener::bind_reuseport("127.0.0.1:0").expect("a listener");
    let addr = old.local_addr().expect("an address");
    let new = TcpListener::bind_reuseport(addr).expect("a listener");
    let clients: Vec<_> = (0..CLIENTS).map(|_| connect(addr)).collect();
    old.close().expect("a close"); // pitfall 28
    let served = std::iter::from_fn(|| new.try_accept().expect("no error")).count();
    let reset =
        clients.into_iter().filter(|client| client.take_error().expect("an option").is_some());
    let reset = reset.count();
    match migrates.trim() {
        "0" => assert!(reset > 0 && served + reset == CLIENTS, "{served} served, {reset} reset"),
        _ => assert_eq!((served, reset), (CLIENTS, 0)),
    }
}
