//! The long tests. They run where `EAGAIN_SOAK=1` asks for them (`make soak`); elsewhere each says
//! so and passes.
#![cfg(target_os = "linux")]

#[path = "soak/descriptors.rs"]
mod descriptors;
mod examples;
#[path = "soak/exhausted.rs"]
mod exhausted;
#[path = "soak/hammer.rs"]
mod hammer;
#[path = "soak/http.rs"]
mod http;
#[path = "soak/memory.rs"]
mod memory;
#[path = "soak/own_process.rs"]
mod own_process;
#[path = "soak/random.rs"]
mod random;
mod tasks;
#[path = "soak/ten_thousand.rs"]
mod ten_thousand;
#[path = "soak/timers.rs"]
mod timers;
#[path = "soak/watchdog.rs"]
mod watchdog;

use std::cell::Cell;
use std::env;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use eagain::net::{TcpListener, TcpStream};
use eagain::{Builder, Context, EventLoop, Interest, JoinHandle, Source, Step, Wait};
use eagain_sys::{eventfd, socket};
use random::Random;
use tasks::{refuse, returned, task, trying};
use watchdog::watch;

/// No test takes so long, on any machine.
const PATIENCE: Duration = Duration::from_secs(1800);
const HOUR: Duration = Duration::from_secs(3600);

/// Whether the long tests are asked for.
fn is_asked_for() -> bool {
    let asked = env::var_os("EAGAIN_SOAK").is_some_and(|value| value == "1");
    if !asked {
        println!("set EAGAIN_SOAK=1");
    }
    asked
}

#[test]
fn pitfall_44_a_million_wake_ups_from_four_threads() {
    if is_asked_for() {
        let _watchdog = watch(PATIENCE);
        hammer::wake(4, 250_000); // pitfall 44
    }
}

#[test]
fn pitfall_44_a_million_wake_ups_in_quick_succession() {
    if is_asked_for() {
        let _watchdog = watch(PATIENCE);
        // With one thread, both sides have a processor of their own on the smallest machine.
        hammer::knock(1, 500_000); // pitfall 44
        hammer::knock(4, 10_000);
    }
}

/// Accepts so many connections, and spawns a task for each that echoes until it is left.
fn accepts(listener: TcpListener, connections: u64, each: impl Fn(u64) + 'static) -> EventLoop {
    let event_loop = EventLoop::new().expect("a loop");
    let mut accepted = 0;
    let acceptor = trying(move |cx: &mut Context<'_>| {
        while accepted < connections {
            match listener.try_accept()? {
                None => return Ok(Step::Yield(cx.readable(&listener)?)),
                Some((stream, _)) => {
                    accepted += 1;
                    each(accepted);
                    cx.spawn(echo(stream)).detach();
                }
            }
        }
        Ok(Step::Return(()))
    });
    event_loop.spawn(acceptor).detach();
    event_loop
}

fn echo(stream: TcpStream) -> impl eagain::Generator<Return = std::io::Result<()>> {
    trying(move |cx: &mut Context<'_>| {
        let mut buf = [0; 64];
        loop {
            match stream.try_read(&mut buf)? {
                None => return Ok(Step::Yield(cx.readable(&stream)?)),
                Some(0) => return Ok(Step::Return(())),
                Some(n) => assert_eq!(stream.try_write(&buf[..n])?, Some(n)),
            }
        }
    })
}

/// Connects, says a word and hears it, and breaks off: a connection that is closed in peace would
/// keep its port for a minute.
fn visit(address: SocketAddr) {
    let mut stream = std::net::TcpStream::connect(address).expect("a connection");
    stream.write_all(b"word").expect("a write");
    let mut word = [0; 4];
    stream.read_exact(&mut word).expect("the answer");
    assert_eq!(&word, b"word");
    socket::set_linger(stream.as_fd(), Some(Duration::ZERO)).expect("an option");
}

#[test]
fn a_hundred_thousand_connections_leave_nothing_behind() {
    const THREADS: u64 = 4;
    const CONNECTIONS: u64 = 100_000;
    if !is_asked_for()
        || !own_process::entered("a_hundred_thousand_connections_leave_nothing_behind")
    {
        return;
    }
    let _watchdog = watch(PATIENCE);
    let open = descriptors::open();
    let listener = TcpListener::bind("127.0.0.1:0");
    let listener = listener.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let (first, last) = (Rc::new(Cell::new((0, 0))), Rc::new(Cell::new((0, 0))));
    let (early, late) = (first.clone(), last.clone());
    let mut event_loop = accepts(listener, CONNECTIONS, move |accepted| {
        let now = || (descriptors::open().len(), memory::resident_bytes());
        match accepted {
            10_000 => early.set(now()),
            CONNECTIONS => late.set(now()),
            _ => {}
        }
    });
    let visitors: Vec<_> = (0..THREADS)
        .map(|_| thread::spawn(move || (0..CONNECTIONS / THREADS).for_each(|_| visit(address))))
        .collect();
    event_loop.run().expect("a run");
    visitors.into_iter().for_each(|visitor| visitor.join().expect("all visits were paid"));
    let counts = event_loop.counts();
    assert_eq!((counts.tasks, counts.sources, counts.timers), (0, 0, 0));
    // One for each connection at most, and one for the listener.
    assert!(counts.reactor.registrations <= CONNECTIONS + 1, "{counts:?}");
    drop(event_loop);
    assert_eq!(descriptors::open(), open);

    let ((descriptors, bytes), (descriptors_at_last, bytes_at_last)) = (first.get(), last.get());
    // Each visitor has one end, and the loop perhaps a few of those who just left.
    assert!(descriptors_at_last <= descriptors + 64, "{descriptors} became {descriptors_at_last}");
    // 90,000 connections later: a byte or two for each would be seen.
    assert!(bytes_at_last < bytes + 256 * 1024, "{bytes} became {bytes_at_last}");
}

#[test]
fn a_hundred_thousand_cancelled_waits_leave_nothing_behind() {
    const SOURCES: usize = 100;
    const ROUNDS: u64 = 1000;
    if !is_asked_for()
        || !own_process::entered("a_hundred_thousand_cancelled_waits_leave_nothing_behind")
    {
        return;
    }
    let mut event_loop = EventLoop::new().expect("a loop");
    let source = || Source::new(eventfd::eventfd().expect("a counter")).expect("a source");
    let sources: Vec<_> = (0..SOURCES).map(|_| Rc::new(source())).collect();
    let mut random = Random::new(53);
    let mut resident = 0;
    for round in 0..ROUNDS {
        let waits: Vec<_> = sources
            .iter()
            .map(|source| {
                let (source, kind) = (source.clone(), random.below(4));
                event_loop.spawn(task(move |cx: &mut Context<'_>| {
                    refuse(&source, Interest::READ);
                    let readable = cx.readable(&*source).expect("nobody else waits here");
                    Step::<()>::Yield(match kind {
                        0 => readable,
                        1 => readable.or_until(cx.now() + HOUR),
                        // These are resumed once more, and wait anew.
                        2 => readable.or_until(cx.now()),
                        _ => {
                            cx.waker().wake();
                            readable.or_until(cx.now() + HOUR)
                        }
                    })
                }))
            })
            .collect();
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert_eq!(event_loop.counts().tasks, SOURCES);
        waits.iter().for_each(JoinHandle::abort); // pitfall 53
        let counts = event_loop.counts();
        assert_eq!((counts.tasks, counts.timers), (0, 0));
        if round == ROUNDS / 10 {
            resident = memory::resident_bytes();
        }
    }
    // Each was registered once, however many waits were cancelled on it.
    assert_eq!(event_loop.counts().reactor.registrations, SOURCES as u64);
    drop(sources);
    assert_eq!(event_loop.counts().sources, 0);
    let grown = memory::resident_bytes().saturating_sub(resident);
    assert!(grown < 90_000, "the process has grown by {grown} bytes");
}

#[test]
fn pitfall_32_ten_thousand_random_sleeps_are_never_early() {
    if !is_asked_for() {
        return;
    }
    let _watchdog = watch(PATIENCE);
    let mut random = Random::new(32);
    for whole in [false, true] {
        for _ in 0..10 {
            let mut event_loop = Builder::new().whole_milliseconds(whole).build().expect("a loop");
            let sleeps: Vec<_> = (0..1000)
                .map(|_| {
                    let time = Duration::from_nanos(random.of_any_size(30)); // up to a second
                    let mut asked = None;
                    let sleep = task(move |cx: &mut Context<'_>| match asked {
                        Some(asked) => Step::Return(cx.now() - asked),
                        None => {
                            asked = Some(cx.now());
                            Step::Yield(Wait::after(time))
                        }
                    });
                    (time, event_loop.spawn(sleep))
                })
                .collect();
            event_loop.run().expect("a run");
            for (time, slept) in sleeps {
                let slept = returned(&slept);
                assert!(time <= slept, "{time:?} ended after {slept:?}"); // pitfall 32
            }
        }
    }
}

#[test]
fn pitfall_37_millions_of_timers_agree_with_a_sorted_list() {
    if !is_asked_for() {
        return;
    }
    let _watchdog = watch(PATIENCE);
    for seed in 1..=4 {
        timers::agree_with_a_sorted_list(seed * 1000, 500_000, Duration::from_micros(100));
    }
    // With longer pauses, whole slots of the coarser wheels are passed over.
    timers::agree_with_a_sorted_list(5, 10_000, Duration::from_millis(20));
}
