//! What `http_server` costs. A server in C, edge-triggered, that reads into one buffer takes ten
//! calls for a connection with one request: three waits, `accept4` twice, `epoll_ctl`, `recv` twice,
//! `send`, `close`. One more would be allowed; these are ten, too.
//!
//! Once a second the server looks at the clock. A wait that ends for that is not a connection's, and
//! may come in the middle of one.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::INTERRUPTED;
use super::strace::line::{Call, calls};
use super::strace::server::Server;
use super::strace::tally::Tally;
use super::strace::{program, tracer, waits};

const HELLO: &[u8] = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n";

/// Whether a wait has ended because the second was over, or has found that it was over already: what
/// the server does then is no call, so it waits again at once.
fn is_tick(call: &Call, next: Option<&Call>) -> bool {
    let waits_again = || next.is_some_and(|next| waits::wait(next).is_some());
    waits::wait(call).is_some_and(|wait| match wait.timeout {
        "finite" => call.ret == Some(0),
        "0" => call.ret == Some(0) && waits_again(),
        _ => false,
    })
}

/// What it costs to do this `n` times more.
fn cost(name: &str, n: usize, deed: impl Fn(&Server, usize)) -> Tally {
    let run = |times| {
        let program = program::example("http_server");
        let server = Server::start(name, tracer::EVERYTHING, &program, &[]);
        deed(&server, times);
        server.park();
        let calls = calls(&server.interrupt());
        let next = calls.iter().skip(1).map(Some).chain([None]);
        let without_ticks = calls.iter().zip(next).filter(|(call, next)| !is_tick(call, *next));
        Tally::of(&without_ticks.map(|(call, _)| call.clone()).collect::<Vec<_>>())
    };
    let less = run(n);
    run(2 * n).beyond(&less)
}

/// Whether these are the calls that were made, and so many waits; but for those that found that
/// the second was over when they began.
fn is_what_was_made<const N: usize>(cost: &Tally, waits: usize, others: [(&str, usize); N]) {
    let made = cost.without(INTERRUPTED);
    assert!(made.without("epoll_wait").has_calls_of(&Tally::from(others)), "{cost:?}");
    assert!((waits..=waits + 2).contains(&made.count("epoll_wait")), "{cost:?}");
}

fn take_answers(client: &mut TcpStream, n: usize) {
    let mut heard = Vec::new();
    while heard.windows(13).filter(|end| end == b"Hello, World!").count() < n {
        let mut piece = [0; 4096];
        let n = client.read(&mut piece).expect("the server answers");
        assert!(n > 0, "it ended");
        heard.extend_from_slice(&piece[..n]);
    }
}

#[test]
fn an_http_connection_with_one_request_costs_ten_calls_as_in_c() {
    if !tracer::works() {
        return;
    }
    let cost = cost("budget_http_churn", 10, |server, connections| {
        for _ in 0..connections {
            // The request is there before the loop runs, as with a server that is busy.
            server.stop();
            let mut client = server.connect();
            client.write_all(HELLO).expect("the kernel takes bytes");
            server.until_unread(1);
            server.go_on();
            take_answers(&mut client, 1);
            server.left_by(client);
        }
    });
    let others = [
        ("accept4", 10),
        ("accept4 = EAGAIN", 10),
        ("recvfrom", 20),
        ("sendto", 10),
        ("epoll_ctl", 10),
        ("close", 10),
    ];
    is_what_was_made(&cost, 30, others);
}

/// Two more than in C: its task tries to read before it is registered, in a turn of its own.
#[test]
fn an_http_connection_that_says_nothing_costs_nine_calls() {
    if !tracer::works() {
        return;
    }
    let cost = cost("budget_http_accept", 10, |server, connections| {
        for _ in 0..connections {
            let client = server.accepted();
            server.left_by(client);
        }
    });
    let others = [
        ("accept4", 10),
        ("accept4 = EAGAIN", 10),
        ("recvfrom = EAGAIN", 10),
        ("recvfrom", 10),
        ("epoll_ctl", 10),
        ("close", 10),
    ];
    is_what_was_made(&cost, 30, others);
}

#[test]
fn sixteen_http_requests_in_one_piece_cost_what_one_does() {
    if !tracer::works() {
        return;
    }
    for depth in [1, 16] {
        let cost = cost(&format!("budget_http_{depth}"), 20, |server, pieces| {
            let mut client = server.accepted();
            for _ in 0..1 + pieces {
                client.write_all(&HELLO.repeat(depth)).expect("the kernel takes bytes");
                take_answers(&mut client, depth);
            }
            server.left_by(client);
        });
        is_what_was_made(&cost, 20, [("recvfrom", 20), ("sendto", 20)]);
    }
}
