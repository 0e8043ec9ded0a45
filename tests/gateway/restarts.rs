//! In front of a real server, which is stopped and started again while it is asked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::client::{Client, get};
use super::examples::eventually;
use super::gateway;
use super::nginx::{Nginx, is_here};

const CLIENTS: usize = 4;
const REQUESTS: usize = 10_000;

fn large() -> Vec<u8> {
    (0..750_000_u32).flat_map(u32::to_le_bytes).collect()
}

/// Asks so many times, over connections that last as long as the gateway lets them. Every single
/// request is answered: how, is counted.
fn ask(server: &super::examples::Server, asked: &AtomicUsize) -> BTreeMap<u16, usize> {
    let mut answers = BTreeMap::new();
    let mut client = Client::of(server);
    while asked.fetch_add(1, Ordering::SeqCst) < REQUESTS {
        let answer = client.ask(get("/page"));
        if answer.status == 200 {
            assert_eq!(answer.body, b"a page");
        }
        if answer.field("Connection") == Some("close") {
            client = Client::of(server);
        }
        *answers.entry(answer.status).or_insert(0) += 1;
    }
    answers
}

/// Asks with several clients at once while `meanwhile` does something at each of these counts.
fn ask_while(
    server: &super::examples::Server,
    moments: &[usize],
    mut meanwhile: impl FnMut(),
) -> BTreeMap<u16, usize> {
    let asked = AtomicUsize::new(0);
    let mut all = BTreeMap::new();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| ask(server, &asked))).collect();
        for moment in moments {
            eventually("requests are answered", || asked.load(Ordering::SeqCst) >= *moment);
            meanwhile();
        }
        for client in clients {
            for (status, count) in client.join().expect("every request is answered") {
                *all.entry(status).or_insert(0) += count;
            }
        }
    });
    assert_eq!(all.values().sum::<usize>(), REQUESTS, "{all:?}");
    all
}

#[test]
fn ten_thousand_requests_through_restarts_of_the_upstream_are_all_answered() {
    if !is_here() {
        return;
    }
    let mut nginx = Nginx::start(&[("page", b"a page")]);
    let gateway = gateway(&[nginx.addr]);
    let before = gateway.descriptors();
    let moments = [1000, 2500, 4000, 5500, 7000];
    let answers = ask_while(&gateway, &moments, || {
        nginx.stop();
        nginx.again();
    });
    println!("{answers:?}");
    assert!(answers.keys().all(|status| [200, 502, 504].contains(status)), "{answers:?}");
    assert!(answers[&200] > REQUESTS / 4, "{answers:?}");
    assert_eq!(Client::of(&gateway).ask(get("/page")).body, b"a page");
    nginx.stop();
    // Of clients and of upstreams: the pool finds the dead ones when it is next used.
    assert_eq!(Client::of(&gateway).ask(get("/page")).status, 502);
    eventually("the connections are closed", || gateway.descriptors() == before);
}

#[test]
fn with_two_upstreams_one_of_which_restarts_all_is_well() {
    if !is_here() {
        return;
    }
    let files: &[(&str, &[u8])] = &[("page", b"a page")];
    let (mut a, b) = (Nginx::start(files), Nginx::start(files));
    let gateway = gateway(&[a.addr, b.addr]);
    let answers = ask_while(&gateway, &[1000, 3000, 5000], || {
        a.stop();
        a.again();
    });
    assert_eq!(answers, BTreeMap::from([(200, REQUESTS)]));
    a.stop();
    let mut client = Client::of(&gateway);
    for _ in 0..100 {
        assert_eq!(client.ask(get("/page")).body, b"a page");
    }
}

#[test]
fn a_large_file_is_the_same_afterwards() {
    if !is_here() {
        return;
    }
    let nginx = Nginx::start(&[("large", &large())]);
    let gateway = gateway(&[nginx.addr]);
    let mut client = Client::of(&gateway);
    for _ in 0..5 {
        assert!(client.ask(get("/large")).body == large());
    }
    client.send("GET /large HTTP/1.1\r\nHost: here\r\nRange: bytes=1000-1999\r\n\r\n");
    let part = client.answer().expect("an answer");
    assert_eq!((part.status, &part.body[..]), (206, &large()[1000..2000]));
}
