//! A listener in bad times: no descriptors left, connections that break off while they queue, more
//! of them at once than a turn takes, and several tasks that accept.

mod examples;
#[path = "tasks/injection.rs"]
mod injection;
#[path = "soak/own_process.rs"]
mod own_process;
mod tasks;

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use eagain::net::{TcpListener, TcpStream};
use eagain::{
    Cause, EventLoop, Generator, Interest, JoinHandle, LoopError, Step, Wait, errno,
    is_fd_exhaustion,
};
use eagain_sys::clock::thread_cpu_time;
use eagain_sys::{limits, socket};
use tasks::addresses::{connect, listener};
use tasks::{
    has_events, read_to_end, returned, run, trying, turn_until, turn_until_idle, unix_pair,
};

const HOUR: Duration = Duration::from_secs(3600);

fn new_loop() -> EventLoop {
    EventLoop::new().expect("a loop")
}

/// What was accepted, and kept.
type Accepted = Rc<RefCell<Vec<TcpStream>>>;

/// Accepts and keeps. Out of descriptors, it waits until one is closed, or for so long.
fn accept_all(
    listener: TcpListener,
    accepted: &Accepted,
    patience: Duration,
) -> impl Generator<Return = io::Result<()>> + use<> {
    let accepted = accepted.clone();
    trying(move |cx| {
        loop {
            match listener.try_accept() {
                Ok(Some((stream, _))) => accepted.borrow_mut().push(stream),
                Ok(None) => return Ok(Step::Yield(cx.readable(&listener)?)),
                Err(e) if is_fd_exhaustion(&e) => {
                    return Ok(Step::Yield(cx.descriptor_closed(patience)));
                }
                Err(e) => return Err(e),
            }
        }
    })
}

/// Accepts, and sends back what comes until the peer has said all.
fn echo_all(listener: TcpListener) -> impl Generator<Return = io::Result<()>> {
    trying(move |cx| {
        loop {
            match listener.try_accept()? {
                Some((stream, _)) => cx.spawn(echo(stream)).detach(),
                None => return Ok(Step::Yield(cx.readable(&listener)?)),
            }
        }
    })
}

fn echo(stream: TcpStream) -> impl Generator<Return = io::Result<()>> {
    let mut buf = [0; 64];
    trying(move |cx| {
        loop {
            match stream.try_read(&mut buf)? {
                Some(0) => return Ok(Step::Return(())),
                Some(n) => assert_eq!(stream.try_write(&buf[..n])?, Some(n)),
                None => return Ok(Step::Yield(cx.readable(&stream)?)),
            }
        }
    })
}

/// A server whose process has no descriptor left, and connections that queue.
struct Exhausted {
    event_loop: EventLoop,
    acceptor: JoinHandle<io::Result<()>>,
    accepted: Accepted,
    clients: Vec<std::net::TcpStream>,
    addr: SocketAddr,
    /// A task that waits for this peer, and then closes its source.
    last_words: Option<std::os::unix::net::UnixStream>,
    /// What took the descriptors.
    files: Vec<File>,
}

/// To be called in a process of its own: the limit is for all of it.
fn exhausted(patience: Duration) -> Exhausted {
    limits::set_descriptors(64).expect("a lower limit");
    let mut event_loop = new_loop();
    let (listener, addr) = listener();
    let (near, far) = unix_pair();
    event_loop.spawn(read_to_end(near)).detach();
    let clients = (0..10).map(|_| connect(addr)).collect();
    let mut files = Vec::new();
    let error = loop {
        match File::open("/dev/null") {
            Ok(file) => files.push(file),
            Err(e) => break e,
        }
    };
    assert_eq!(error.raw_os_error(), Some(errno::EMFILE));
    let accepted = Accepted::default();
    let acceptor = event_loop.spawn(accept_all(listener, &accepted, patience));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert!(!acceptor.is_finished() && accepted.borrow().is_empty());
    Exhausted { event_loop, acceptor, accepted, clients, addr, last_words: Some(far), files }
}

#[test]
fn pitfall_23_a_listener_out_of_descriptors_sleeps() {
    if !own_process::entered("pitfall_23_a_listener_out_of_descriptors_sleeps") {
        return;
    }
    let mut server = exhausted(HOUR);
    let (resumes, cpu, begin) =
        (server.event_loop.counts().resumes, thread_cpu_time(), Instant::now());
    server.event_loop.turn(Some(Duration::from_millis(100))).expect("a turn");
    // The turn did not end before its time, and nobody was busy meanwhile. pitfall 23
    assert!(begin.elapsed() >= Duration::from_millis(100));
    assert!(thread_cpu_time() - cpu < Duration::from_millis(50));
    assert_eq!(server.event_loop.counts().resumes, resumes);
}

#[test]
fn pitfall_23_a_close_of_ours_brings_the_listener_back() {
    if !own_process::entered("pitfall_23_a_close_of_ours_brings_the_listener_back") {
        return;
    }
    let mut server = exhausted(HOUR);
    server.files.clear(); // of which the loop knows nothing
    turn_until_idle(&mut server.event_loop);
    assert_eq!(server.accepted.borrow().len(), 0);
    server.last_words = None; // its peer in the loop closes, too
    turn_until_idle(&mut server.event_loop);
    assert_eq!(server.accepted.borrow().len(), 10); // pitfall 23
    assert_eq!(server.event_loop.counts().timers, 0);
    // It listens as before.
    server.clients.push(connect(server.addr));
    let accepted = server.accepted.clone();
    turn_until(&mut server.event_loop, || accepted.borrow().len() == 11);
}

#[test]
fn pitfall_23_each_descriptor_that_we_close_is_used_again() {
    if !own_process::entered("pitfall_23_each_descriptor_that_we_close_is_used_again") {
        return;
    }
    let mut server = exhausted(HOUR);
    server.last_words = None; // two descriptors: its own, and that of its peer
    turn_until_idle(&mut server.event_loop);
    assert_eq!(server.accepted.borrow().len(), 2);
    assert_eq!(server.event_loop.counts().timers, 1, "it waits again");
    // A connection that never had to wait is one of ours, too.
    let closed = server.accepted.borrow_mut().pop();
    server
        .event_loop
        .spawn(trying(move |_| {
            closed.as_ref().map_or(Ok(()), TcpStream::close)?;
            Ok(Step::Return(()))
        }))
        .detach();
    turn_until_idle(&mut server.event_loop);
    assert_eq!(server.accepted.borrow().len(), 2, "one closed, one accepted"); // pitfall 23
}

#[test]
fn pitfall_23_a_close_by_others_is_found_in_time() {
    if !own_process::entered("pitfall_23_a_close_by_others_is_found_in_time") {
        return;
    }
    let mut server = exhausted(Duration::from_millis(1));
    server.files.clear(); // pitfall 23: the loop is not told
    let accepted = server.accepted.clone();
    turn_until(&mut server.event_loop, || accepted.borrow().len() == 10);
    assert_eq!(server.event_loop.counts().timers, 0);
    assert!(!server.acceptor.is_finished());
}

#[test]
fn pitfall_24_one_timer_however_many_connect() {
    if !own_process::entered("pitfall_24_one_timer_however_many_connect") {
        return;
    }
    let mut server = exhausted(HOUR);
    let resumes = server.event_loop.counts().resumes;
    for _ in 0..5 {
        server.files.pop();
        server.clients.push(connect(server.addr)); // an edge, and again no descriptor left
        turn_until_idle(&mut server.event_loop);
        assert_eq!(server.event_loop.counts().timers, 1); // pitfall 24
    }
    assert_eq!(server.event_loop.counts().resumes, resumes, "it has not tried in vain");
    server.acceptor.abort();
    assert_eq!(server.event_loop.counts().timers, 0);
}

#[test]
fn pitfall_24_who_found_descriptors_by_itself_is_not_woken_for_the_next_close() {
    let mut event_loop = new_loop();
    let (near, far) = unix_pair();
    let mut waits = 0;
    let causes = Rc::new(RefCell::new(Vec::new()));
    let noted = causes.clone();
    event_loop
        .spawn(trying::<()>(move |cx| {
            noted.borrow_mut().push(cx.cause());
            waits += 1;
            Ok(Step::Yield(match waits {
                1 => cx.descriptor_closed(Duration::ZERO), // too impatient
                _ => Wait::woken(),
            }))
        }))
        .detach();
    let closer = event_loop.spawn(read_to_end(near));
    turn_until_idle(&mut event_loop);
    assert_eq!(*causes.borrow(), [Cause::Turn, Cause::TimedOut]);
    drop(far); // a close of ours follows, but now it waits for something else
    turn_until(&mut event_loop, || closer.is_finished());
    turn_until_idle(&mut event_loop);
    assert_eq!(*causes.borrow(), [Cause::Turn, Cause::TimedOut]); // pitfall 24
}

#[test]
fn pitfall_23_the_echo_server_serves_more_clients_than_it_has_descriptors() {
    const CLIENTS: usize = 40;
    if !own_process::entered(
        "pitfall_23_the_echo_server_serves_more_clients_than_it_has_descriptors",
    ) {
        return;
    }
    let path = examples::example("echo_server");
    // The limit is inherited.
    let (limit, _) = limits::descriptors().expect("a limit");
    limits::set_descriptors(24).expect("a lower limit");
    let mut server = Command::new(path)
        .arg("127.0.0.1:0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    limits::set_descriptors(limit).expect("the limit as it was");
    let mut line = String::new();
    let mut stdout = BufReader::new(server.stdout.take().expect("it is piped"));
    stdout.read_line(&mut line).expect("it says where it listens");
    let addr = line.trim().rsplit(' ').next().expect("a word").parse().expect("an address");

    let served = (|| {
        let mut clients: Vec<_> = (0..CLIENTS).map(|_| connect(addr)).collect();
        for client in &mut clients {
            client.write_all(b"hello")?;
        }
        for (i, mut client) in clients.into_iter().enumerate() {
            // pitfall 23: the first have to leave before the last are let in
            client.read_exact(&mut [0; 5]).map_err(|e| io::Error::other(format!("{i}: {e}")))?;
        }
        io::Result::Ok(())
    })();
    server.kill().expect("it still runs");
    server.wait().expect("it ends");
    served.expect("all are served");
}

#[test]
fn pitfall_25_connections_that_break_off_while_they_queue_do_no_harm() {
    let mut event_loop = new_loop();
    let (listener, addr) = listener();
    let acceptor = event_loop.spawn(echo_all(listener));
    turn_until_idle(&mut event_loop);
    let mut clients = Vec::new();
    for _ in 0..5 {
        let broken = connect(addr);
        socket::set_linger(broken.as_fd(), Some(Duration::ZERO)).expect("an option");
        drop(broken); // pitfall 25: RST
        let mut client = connect(addr);
        client.write_all(b"hello").expect("a write");
        clients.push(client);
    }
    for mut client in clients {
        turn_until(&mut event_loop, || tasks::is_ready(&client, Interest::READ, Duration::ZERO));
        client.read_exact(&mut [0; 5]).expect("the answer");
    }
    assert!(!acceptor.is_finished());
}

#[test]
fn pitfall_25_an_error_of_one_connection_is_passed_over() {
    let name = "pitfall_25_an_error_of_one_connection_is_passed_over";
    // pitfall 25: these are the connection's, or nobody's; the listener is fine
    let errors = ["ECONNABORTED", "EPROTO", "ENETUNREACH", "ETIMEDOUT", "EPERM", "EINTR"];
    let faults = errors.map(|error| format!("accept,accept4:error={error}:when=1..3"));
    if !injection::happens(name, &faults.each_ref().map(String::as_str)) {
        return;
    }
    let mut event_loop = new_loop();
    let (listener, addr) = listener();
    let accepted = Accepted::default();
    let acceptor = event_loop.spawn(accept_all(listener, &accepted, HOUR));
    let _clients = [connect(addr), connect(addr)];
    turn_until(&mut event_loop, || accepted.borrow().len() == 2 || acceptor.is_finished());
    assert!(!acceptor.is_finished(), "{:?}", acceptor.take());
    assert_eq!(event_loop.counts().timers, 0);
}

#[test]
fn pitfall_23_out_of_memory_is_waited_out_like_out_of_descriptors() {
    let name = "pitfall_23_out_of_memory_is_waited_out_like_out_of_descriptors";
    // pitfall 23
    let faults = ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]
        .map(|error| format!("accept,accept4:error={error}:when=1"));
    if !injection::happens(name, &faults.each_ref().map(String::as_str)) {
        return;
    }
    let mut event_loop = new_loop();
    let (listener, addr) = listener();
    let _client = connect(addr);
    let accepted = Accepted::default();
    let acceptor = event_loop.spawn(accept_all(listener, &accepted, Duration::from_millis(1)));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert!(accepted.borrow().is_empty());
    turn_until(&mut event_loop, || accepted.borrow().len() == 1 || acceptor.is_finished());
    assert!(!acceptor.is_finished(), "{:?}", acceptor.take());
}

#[test]
fn pitfall_26_a_burst_of_connections_is_served_completely() {
    const CLIENTS: usize = 500;
    let (_, most) = limits::descriptors().expect("a limit");
    limits::set_descriptors(most).expect("a higher limit");
    let mut event_loop = new_loop();
    let (listener, addr) = listener();
    let acceptor = event_loop.spawn(echo_all(listener));
    turn_until_idle(&mut event_loop);
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| connect(addr)).collect();
    for client in &mut clients {
        client.write_all(b"hello").expect("a write");
    }
    for client in &mut clients {
        // pitfall 26
        turn_until(&mut event_loop, || tasks::is_ready(&*client, Interest::READ, Duration::ZERO));
        client.read_exact(&mut [0; 5]).expect("the answer");
    }
    assert!(!acceptor.is_finished());
    assert_eq!(event_loop.counts().tasks, 1 + CLIENTS);
}

#[test]
fn pitfall_26_who_accepts_one_of_three_gets_the_others_without_a_fourth() {
    let mut event_loop = new_loop();
    let (listener, addr) = listener();
    let accepted = Rc::new(Cell::new(0));
    let counted = accepted.clone();
    event_loop
        .spawn(trying::<()>(move |cx| {
            if listener.try_accept()?.is_some() {
                counted.set(counted.get() + 1);
            }
            Ok(Step::Yield(cx.readable(&listener)?)) // pitfall 26: though more may queue
        }))
        .detach();
    turn_until_idle(&mut event_loop);
    let _clients = [connect(addr), connect(addr), connect(addr)];
    turn_until(&mut event_loop, || accepted.get() == 3);
    turn_until_idle(&mut event_loop);
    assert!(!has_events(&mut event_loop));
}

/// Tasks that accept on one listener, one connection each, and how often they were resumed.
fn acceptors(
    event_loop: &EventLoop,
    listener: &Rc<TcpListener>,
    n: usize,
) -> Vec<JoinHandle<io::Result<TcpStream>>> {
    let accept = |_| {
        let listener = listener.clone();
        event_loop.spawn(trying(move |cx| match listener.try_accept()? {
            Some((stream, _)) => Ok(Step::Return(stream)),
            None => Ok(Step::Yield(cx.readable(&*listener)?)),
        }))
    };
    (0..n).map(accept).collect()
}

fn finished<T: 'static>(handles: &[JoinHandle<T>]) -> usize {
    handles.iter().filter(|handle| handle.is_finished()).count()
}

#[test]
fn pitfall_20_several_tasks_accept_on_one_listener() {
    let mut event_loop = new_loop();
    let (listener, addr) = listener();
    let listener = Rc::new(listener);
    let acceptors = acceptors(&event_loop, &listener, 4);
    turn_until_idle(&mut event_loop);
    let mut clients = Vec::new();
    for n in 1..=4 {
        clients.push(connect(addr));
        turn_until(&mut event_loop, || finished(&acceptors) == n);
        turn_until_idle(&mut event_loop);
        assert_eq!(finished(&acceptors), n, "the others wait on"); // pitfall 20
    }
    for acceptor in &acceptors {
        returned(acceptor).expect("a connection");
    }
    assert_eq!(event_loop.counts().reactor.registrations, 1);
}

#[test]
fn who_no_longer_accepts_takes_no_place_in_the_queue() {
    let mut event_loop = new_loop();
    let (listener, addr) = listener();
    let listener = Rc::new(listener);
    let acceptors = acceptors(&event_loop, &listener, 4);
    turn_until_idle(&mut event_loop);
    // The first of them, and one from the middle.
    acceptors[0].abort();
    acceptors[2].abort();
    let _clients = [connect(addr), connect(addr)];
    turn_until(&mut event_loop, || finished(&acceptors) == 4);
    for i in [1, 3] {
        returned(&acceptors[i]).expect("a connection");
    }
}

#[test]
fn a_listener_that_is_closed_tells_all_who_accept() {
    let mut event_loop = new_loop();
    let (listener, _addr) = listener();
    let listener = Rc::new(listener);
    let acceptors = acceptors(&event_loop, &listener, 4);
    turn_until_idle(&mut event_loop);
    listener.close().expect("a close");
    run(&mut event_loop);
    for acceptor in &acceptors {
        let error = returned(acceptor).expect_err("it was closed");
        assert_eq!(LoopError::of(&error), Some(LoopError::Closed));
    }
    assert_eq!(event_loop.counts().sources, 0);
}
