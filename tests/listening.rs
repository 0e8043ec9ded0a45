//! A listener from its options to its end: connections as a stream, what is passed over, and who
//! has what queues when it closes.

#[path = "tasks/injection.rs"]
mod injection;
#[cfg(target_os = "linux")]
#[path = "listening/migrating.rs"]
mod migrating;
#[allow(dead_code)]
#[path = "soak/own_process.rs"]
mod own_process;
mod tasks;

use std::io::{self, Read, Write};
use std::rc::Rc;
use std::time::Duration;

use eagain::net::{TcpListener, TcpStream};
use eagain::stream::Generated;
use eagain::time::Clock;
use eagain::{EventLoop, JoinHandle, errno};
use tasks::addresses::{connect, listener, until_closed};
use tasks::{returned, run, turn_until_idle};

const HOUR: Duration = Duration::from_secs(3600);

fn new_loop() -> EventLoop {
    EventLoop::new().expect("a loop")
}

#[test]
fn incoming_is_one_connection_after_the_other_until_the_listener_is_closed() {
    let mut event_loop = new_loop();
    let (listener, addr) = listener();
    let listener = Rc::new(listener);
    let its = listener.clone();
    let task = event_loop.spawn(async move {
        let mut incoming = its.incoming();
        let mut count = 0;
        while incoming.try_next().await?.is_some() {
            count += 1;
        }
        io::Result::Ok(count)
    });
    for _ in 0..3 {
        let _client = connect(addr);
        turn_until_idle(&mut event_loop);
    }
    listener.close().expect("a close");
    run(&mut event_loop);
    assert_eq!(returned(&task).expect("no error"), 3);
}

#[test]
fn pitfall_25_what_is_passed_over_is_counted() {
    let name = "pitfall_25_what_is_passed_over_is_counted";
    if !injection::happens(name, &["accept,accept4:error=ECONNABORTED:when=1..3"]) {
        return;
    }
    let mut event_loop = new_loop();
    let (listener, addr) = listener();
    let _client = connect(addr);
    event_loop
        .block_on(async {
            listener.incoming().try_next().await.expect("no error").expect("a connection");
            assert_eq!(listener.lost(), 3); // pitfall 25
        })
        .expect("a run");
}

#[test]
fn pitfall_25_the_end_of_a_listener_is_the_last_of_what_comes() {
    let name = "pitfall_25_the_end_of_a_listener_is_the_last_of_what_comes";
    if !injection::happens(name, &["accept,accept4:error=EINVAL:when=1+"]) {
        return;
    }
    let (listener, _addr) = listener();
    let (error, end) = eagain::run(async {
        let mut incoming = listener.incoming();
        (incoming.try_next().await, incoming.try_next().await)
    })
    .expect("a run");
    assert_eq!(error.expect_err("it is broken").raw_os_error(), Some(errno::EINVAL)); // pitfall 25
    assert!(end.expect("told once").is_none());
}

/// A task that counts what comes.
fn counting(
    event_loop: &EventLoop,
    mut stream: Generated<'static, io::Result<TcpStream>>,
) -> JoinHandle<io::Result<Vec<TcpStream>>> {
    event_loop.spawn(async move {
        let mut all = Vec::new();
        while let Some(stream) = stream.try_next().await? {
            all.push(stream);
        }
        Ok(all)
    })
}

#[test]
fn pitfall_28_a_drained_listener_takes_what_comes_in_time_and_what_queues_then() {
    const CLIENTS: usize = 200; // more than the budget of a turn
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    let (listener, addr) = listener();
    let early: Vec<_> = (0..3).map(|_| connect(addr)).collect();
    let drained = counting(&event_loop, listener.drain(Duration::from_secs(10)));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert!(!drained.is_finished(), "the grace has begun");
    // They come when the grace is over, and nobody has told the loop.
    let its = event_loop.spawn(async move {
        eagain::time::sleep(Duration::from_secs(10)).await;
        (0..CLIENTS).map(|_| connect(addr)).collect::<Vec<_>>()
    });
    event_loop.run().expect("a run");
    let (served, late) = (returned(&drained).expect("no error"), returned(&its));
    assert_eq!(served.len(), early.len() + late.len());
    served.iter().for_each(|stream| assert_eq!(stream.try_write(b"!").expect("a write"), Some(1)));
    for mut client in early.into_iter().chain(late) {
        client.read_exact(&mut [0]).expect("no reset"); // pitfall 28
    }
    until_closed(addr);
}

#[test]
fn pitfall_28_after_a_drain_others_on_the_port_have_the_rest() {
    const CLIENTS: usize = 40;
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    let old = TcpListener::bind_reuseport("127.0.0.1:0").expect("a listener");
    let addr = old.local_addr().expect("an address");
    let new = TcpListener::bind_reuseport(addr).expect("a listener");
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| connect(addr)).collect();
    let drained = counting(&event_loop, old.drain(Duration::from_secs(1)));
    event_loop.run().expect("a run");
    let mut served = returned(&drained).expect("no error");
    assert!(!served.is_empty() && served.len() < CLIENTS, "{}", served.len());
    while let Some((stream, _)) = new.try_accept().expect("no error") {
        served.push(stream);
    }
    assert_eq!(served.len(), CLIENTS);
    served.iter().for_each(|stream| assert_eq!(stream.try_write(b"!").expect("a write"), Some(1)));
    for client in &mut clients {
        client.read_exact(&mut [0]).expect("no reset"); // pitfall 28
    }
}

#[test]
fn a_drain_that_is_dropped_closes_the_listener_and_leaves_nothing() {
    let mut event_loop = new_loop();
    let (listener, addr) = listener();
    let task = counting(&event_loop, listener.drain(HOUR));
    turn_until_idle(&mut event_loop);
    assert_eq!((event_loop.counts().timers, event_loop.counts().sources), (1, 1));
    task.abort();
    assert_eq!((event_loop.counts().timers, event_loop.counts().sources), (0, 0));
    until_closed(addr);
}

#[test]
fn a_listener_that_is_handed_on_keeps_its_queue() {
    let (listener, addr) = listener();
    let mut client = connect(addr);
    let listener: std::net::TcpListener = listener.try_into().expect("a descriptor");
    let (mut server, _) = listener.accept().expect("it queues");
    server.write_all(b"!").expect("a write");
    client.read_exact(&mut [0]).expect("no reset");
    assert_eq!(listener.local_addr().expect("an address"), addr);
}

#[test]
fn the_builder_sets_what_every_connection_inherits() {
    let listener = TcpListener::builder()
        .backlog(16)
        .nodelay(true)
        .send_buffer_size(100_000)
        .recv_buffer_size(50_000)
        .bind("127.0.0.1:0")
        .expect("a listener");
    let _client = connect(listener.local_addr().expect("an address"));
    let stream = eagain::run(async { listener.accept().await.expect("a connection").0 });
    let stream = stream.expect("a run");
    assert!(stream.nodelay().expect("an option"));
    assert!(stream.send_buffer_size().expect("an option") >= 100_000);
    assert!(stream.recv_buffer_size().expect("an option") >= 50_000);
}

#[test]
fn a_listener_on_all_addresses_takes_ipv4_unless_it_is_for_ipv6_only() {
    for only_v6 in [false, true] {
        let builder = TcpListener::builder().only_v6(only_v6);
        let Ok(listener) = builder.bind("[::]:0") else { return eprintln!("no IPv6 here") };
        assert_eq!(listener.only_v6().expect("an option"), only_v6);
        let port = listener.local_addr().expect("an address").port();
        let v4 = std::net::TcpStream::connect(("127.0.0.1", port));
        assert_eq!(v4.is_err(), only_v6);
    }
}
