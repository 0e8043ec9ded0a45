//! What things cost in system calls, as literal numbers: recording transcripts anew cannot move
//! them. Every call counts, not only those of a transcript.
//!
//! Each cost is the difference between two runs of an echo server that differ only in how often the
//! thing was done, so that the start cancels out. Before a test measures a step it waits, by the
//! trace itself, until the server sleeps; so the counts do not depend on who is faster.

#[path = "budgets/http.rs"]
mod http;
mod strace;

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use strace::line::calls;
use strace::recording::record;
use strace::server::Server;
use strace::tally::Tally;
use strace::{program, tracer, waits};

const REQUEST: [u8; 64] = [b'x'; 64];

/// A stop interrupts the wait in which the server is parked: the one call that is not its own.
const INTERRUPTED: &str = "epoll_wait = EINTR";

/// The same numbers for the server written by hand and for the one that the compiler wrote.
macro_rules! budgets {
    ($($test:ident)*) => {
        mod by_hand {
            $(#[test] fn $test() { super::check(super::$test, "echo_server"); })*
        }

        mod by_the_compiler {
            $(#[test] fn $test() { super::check(super::$test, "echo_server_async"); })*
        }
    };
}

budgets! {
    a_request_is_a_wait_a_recv_and_a_send
    requests_that_are_there_together_share_a_wait
    a_connection_is_registered_once_and_never_removed
    a_connection_that_blocked_on_writing_is_registered_once_more
    a_connection_with_one_request_costs_ten_calls_at_most
    an_idle_server_makes_no_call
}

fn check(budget: fn(&str), program: &str) {
    if tracer::works() {
        budget(program);
    }
}

/// The calls of a run of `program` in which this was done.
fn run(program: &str, name: &str, deed: impl FnOnce(&Server)) -> Tally {
    let trace = format!("{name}_{program}");
    let server = Server::start(&trace, tracer::EVERYTHING, &program::example(program), &[]);
    deed(&server);
    server.park();
    Tally::of(&calls(&server.interrupt()))
}

/// What it costs to do this `n` times more.
fn cost(program: &str, name: &str, n: usize, deed: impl Fn(&Server, usize)) -> Tally {
    let less = run(program, name, |server| deed(server, n));
    run(program, name, |server| deed(server, 2 * n)).beyond(&less)
}

fn echo(client: &mut TcpStream) {
    client.write_all(&REQUEST).expect("the server takes bytes");
    take_echo(client);
}

fn take_echo(client: &mut TcpStream) {
    let mut answer = [0; REQUEST.len()];
    client.read_exact(&mut answer).expect("the server echoes");
    assert_eq!(answer, REQUEST);
}

fn a_request_is_a_wait_a_recv_and_a_send(program: &str) {
    let cost = cost(program, "budget_request", 50, |server, requests| {
        let mut client = server.accepted();
        // The first is part of the connection's own cost.
        for _ in 0..1 + requests {
            echo(&mut client);
        }
        server.left_by(client);
    });
    let expected = Tally::from([("epoll_wait", 50), ("recvfrom", 50), ("sendto", 50)]);
    assert!(cost.has_calls_of(&expected), "50 requests cost {cost:?}");
    assert_eq!(cost.events, 50, "each request is reported once");
}

fn requests_that_are_there_together_share_a_wait(program: &str) {
    let cost = cost(program, "budget_burst", 4, |server, bursts| {
        let mut clients: Vec<_> = (0..64).map(|_| server.accepted()).collect();
        clients.iter_mut().for_each(echo);
        for _ in 0..bursts {
            server.stop();
            for client in &mut clients {
                client.write_all(&REQUEST).expect("the kernel takes bytes");
            }
            server.until_unread(clients.len());
            server.go_on();
            clients.iter_mut().for_each(take_echo);
        }
        for client in clients {
            server.left_by(client);
        }
    });
    let (requests, waits) = (4 * 64, cost.count("epoll_wait"));
    let expected = Tally::from([
        (INTERRUPTED, 4),
        ("epoll_wait", waits),
        ("recvfrom", requests),
        ("sendto", requests),
    ]);
    assert!(cost.has_calls_of(&expected), "{requests} requests cost {cost:?}");
    assert_eq!(cost.events, requests, "each request is reported once");
    // 2 + 1/k calls a request, where k is what a wait returned on average.
    assert_eq!(waits, 4, "all 64 were there, so k is 64; {requests} requests cost {cost:?}");
}

fn a_connection_is_registered_once_and_never_removed(program: &str) {
    let cost = cost(program, "budget_registration", 5, |server, connections| {
        for _ in 0..connections {
            let mut client = server.accepted();
            for _ in 0..3 {
                server.park();
                echo(&mut client);
            }
            server.left_by(client);
        }
    });
    assert_eq!(cost.count("epoll_ctl"), 5, "5 connections cost {cost:?}");
    assert_eq!(cost.count("accept4"), 5, "5 connections cost {cost:?}");
}

fn a_connection_that_blocked_on_writing_is_registered_once_more(program: &str) {
    // Twice blocked, and yet the second registration is the last.
    let refusals = |refusals| {
        run(program, "budget_slow_reader", move |server| {
            let mut client = server.accepted();
            for _ in 0..refusals {
                let sent = send_until_refused(server, &mut client);
                let mut answer = vec![0; sent];
                client.read_exact(&mut answer).expect("the server echoes");
                assert!(answer.iter().all(|&b| b == b'x'));
            }
            server.left_by(client);
        })
    };
    // In how many pieces the bytes come is not the same in two runs; registrations are.
    let (none, two) = (refusals(0), refusals(2));
    // Each time something was left over, by a short send or none, it took another one; all but the
    // last `recv` brought bytes.
    let sends = two.count("sendto") + two.count("sendto = EAGAIN");
    let left_over = sends - (two.count("recvfrom") - 1);
    assert!(left_over >= 2, "the server did not have to wait for its reader: {two:?}");
    assert_eq!(two.count("epoll_ctl") - none.count("epoll_ctl"), 1, "{none:?}\n{two:?}");
}

/// Sends without reading until the server cannot send either, and tells how much that was.
fn send_until_refused(server: &Server, client: &mut TcpStream) -> usize {
    client.set_nonblocking(true).expect("a socket can be set non-blocking");
    let mut sent = 0;
    while !server.is_refused() {
        match client.write(&[b'x'; 65536]) {
            Ok(n) => sent += n,
            // The server has not read as far yet.
            Err(e) if e.kind() == ErrorKind::WouldBlock => {}
            Err(e) => panic!("the server went away: {e}"),
        }
    }
    client.set_nonblocking(false).expect("a socket can be set blocking");
    sent
}

fn a_connection_with_one_request_costs_ten_calls_at_most(program: &str) {
    let cost = cost(program, "budget_churn", 10, |server, connections| {
        for _ in 0..connections {
            // The request is there before the loop runs, as with a server that is busy.
            server.stop();
            let mut client = server.connect();
            client.write_all(&REQUEST).expect("the kernel takes bytes");
            server.until_unread(1);
            server.go_on();
            take_echo(&mut client);
            server.left_by(client);
        }
    });
    assert_eq!(cost.count(INTERRUPTED), 10, "one for each time it was stopped");
    let own = cost.without(INTERRUPTED);
    assert!(own.total() <= 10 * 10, "10 connections cost {own:?}");
}

fn an_idle_server_makes_no_call(program: &str) {
    run(program, "budget_idle", |server| {
        let mut clients: Vec<_> = (0..3).map(|_| server.accepted()).collect();
        clients.iter_mut().for_each(echo);
        server.park();
        let before = server.trace();
        // The one sleep here: nothing must happen, and nothing says when it has not happened.
        thread::sleep(Duration::from_millis(300));
        assert_eq!(server.trace(), before);
    });
}

/// A server that is silent: its queue takes the connection, and that is all.
#[test]
fn a_deadline_is_one_finite_wait() {
    if !tracer::works() {
        return;
    }
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}/", silent.local_addr().expect("it has an address"));
    let program = program::example("fetch");
    let args = [url.as_str(), "--timeout", "2"];
    let run = record("budget_deadline", tracer::EVERYTHING, &program, &args, &[]);
    assert_eq!(run.code, Some(1), "fetch hung:\n{}{}", run.stdout, run.stderr);

    let calls = run.calls();
    let waits: Vec<_> =
        calls.iter().filter_map(|call| Some((waits::wait(call)?, call.ret?))).collect();
    // First until it is connected, then for an answer; nobody wakes the loop before its time, and
    // after it there is nothing to wait for.
    let told: Vec<_> = waits
        .iter()
        .filter(|(wait, _)| wait.name == "epoll_wait")
        .map(|(wait, ready)| (wait.timeout, *ready))
        .collect();
    assert_eq!(told, [("finite", 1), ("finite", 0)]);
    let bell = calls.iter().find(|call| call.name == "eventfd2").and_then(|call| call.ret);
    let rung =
        calls.iter().filter(|call| call.name == "write" && call.fd(0).map(i64::from) == bell);
    assert_eq!(rung.count(), 0, "the loop rings its own bell");
}

/// Two sleeps one after the other, then two together.
#[test]
fn a_sleep_is_one_finite_wait_also_beside_another() {
    if !tracer::works() {
        return;
    }
    let program = program::example("13_gather");
    let run = record("budget_gather", tracer::EVERYTHING, &program, &[], &[]);
    assert_eq!(run.code, Some(0), "13_gather failed or hung:\n{}{}", run.stdout, run.stderr);
    let calls = run.calls();
    let waits = calls.iter().filter_map(|call| Some((waits::wait(call)?.timeout, call.ret?)));
    let finite: Vec<_> = waits.filter(|(timeout, _)| *timeout == "finite").collect();
    assert_eq!(finite, [("finite", 0); 4], "none comes early, and none is cut in two");
}

/// A call that blocks on the loop, then the same offloaded; before each of them a hash.
#[test]
fn what_is_offloaded_is_not_the_loops_and_costs_it_one_thread() {
    if !tracer::works() {
        return;
    }
    let program = program::example("16_offload");
    let run = record("budget_offload", tracer::EVERYTHING, &program, &[], &[]);
    assert_eq!(run.code, Some(0), "16_offload failed or hung:\n{}{}", run.stdout, run.stderr);
    let tally = Tally::of(&run.calls());
    assert_eq!(tally.count("clock_nanosleep"), 1, "the other one is another thread's: {tally:?}");
    let threads = tally.count("clone3") + tally.count("clone");
    assert_eq!(threads, 1, "the second piece of work finds the thread of the first: {tally:?}");
}
