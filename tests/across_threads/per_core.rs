//! Several loops beside each other.

use std::fs;
use std::future::pending;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use eagain::net::TcpListener;
use eagain::{Backend, EventLoop, LoopEnd, LoopError, PerCore, Seat, yield_now};
use eagain_sys::{affinity, errno, limits, socket};

use crate::watchdog::watch;
use crate::{MINUTE, own_process};

#[test]
fn each_loop_has_a_thread_with_its_name_and_its_own_number() {
    let _watchdog = watch(MINUTE);
    let loops = PerCore::new().threads(3).name("mine").start(|seat: Seat| async move {
        let not_send = Rc::new(seat.index());
        yield_now().await;
        let name = thread::current().name().map(str::to_owned);
        (*not_send, name.expect("a name"), seat.handles().len())
    });
    let ends = loops.expect("they start").join();
    let ends: Vec<_> = ends.into_iter().map(|end| end.expect("it returns")).collect();
    assert_eq!(ends, [0, 1, 2].map(|i| (i, format!("mine-{i}"), 3)));
}

#[test]
fn by_default_there_are_as_many_as_processors() {
    let _watchdog = watch(MINUTE);
    let loops = eagain::per_core(|_| async {}).expect("they start");
    let processors = thread::available_parallelism().expect("it is known").get();
    assert_eq!(loops.handles().len(), processors);
    loops.join().into_iter().for_each(|end| end.expect("it returns"));
}

#[test]
fn a_shutdown_stops_all_and_tells_how_each_has_ended() {
    let _watchdog = watch(MINUTE);
    let (tell, told) = mpsc::channel();
    let loops = PerCore::new().threads(3).start(move |seat: Seat| {
        let tell = tell.clone();
        async move {
            tell.send(()).expect("somebody listens");
            match seat.index() {
                0 => 7,
                1 => panic!("one fails"),
                _ => pending().await,
            }
        }
    });
    let loops = loops.expect("they start");
    (0..3).for_each(|_| told.recv().expect("each has begun"));
    // The first one's future has returned in that turn, whether it was stopped or not.
    let ends = loops.shutdown();
    assert!(matches!(ends[0], Ok(7)), "{ends:?}");
    match &ends[1] {
        Err(LoopEnd::Panicked(panic)) => {
            assert_eq!(panic.to_string(), "one fails");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(ends[2], Err(LoopEnd::Stopped)), "{ends:?}");
}

#[test]
fn dropping_the_loops_stops_them() {
    struct Tells(mpsc::Sender<()>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.0.send(()).expect("somebody listens");
        }
    }
    let _watchdog = watch(MINUTE);
    let (tell, told) = mpsc::channel();
    let loops = PerCore::new().threads(2).start(move |_| {
        let tells = Tells(tell.clone());
        async move {
            let _tells = tells;
            pending::<()>().await;
        }
    });
    let handles = loops.expect("they start").handles().to_vec();
    // Both were stopped, perhaps before they began; both loops are gone or go.
    for handle in handles {
        handle.spawn(|| async {}).join().ok();
    }
    while told.recv().is_ok() {}
}

#[test]
fn tasks_are_spawned_from_loop_to_loop() {
    let _watchdog = watch(MINUTE);
    let loops = PerCore::new().threads(3).start(|seat: Seat| async move {
        let next = &seat.handles()[(seat.index() + 1) % 3];
        let there = next.spawn(|| async { thread::current().id() });
        (thread::current().id(), there.await.expect("it returns"))
    });
    let ends = loops.expect("they start").join();
    let ends: Vec<_> = ends.into_iter().map(|end| end.ok()).collect();
    // A loop that has ended before it was asked takes no tasks: its neighbour then fails alone.
    for (i, end) in ends.iter().enumerate() {
        if let (Some((_, there)), Some((next, _))) = (end, &ends[(i + 1) % 3]) {
            assert_eq!(there, next);
        }
    }
}

#[test]
fn a_pinned_loop_stays_on_its_processor() {
    let _watchdog = watch(MINUTE);
    let allowed = affinity::allowed().expect("Linux tells");
    let threads = allowed.len() + 1;
    let loops = PerCore::new().threads(threads).pinned(true);
    let loops = loops.start(|_| async { affinity::allowed().expect("Linux tells") });
    for (i, end) in loops.expect("they start").join().into_iter().enumerate() {
        assert_eq!(end.expect("it returns"), [allowed[i % allowed.len()]]);
    }
}

/// Accepts and answers for ever, and counts.
async fn serve(address: SocketAddr, served: Arc<AtomicUsize>, ready: mpsc::Sender<()>) {
    let listener = TcpListener::bind_reuseport(address).expect("one more on the port");
    ready.send(()).expect("somebody listens");
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        served.fetch_add(1, Ordering::Relaxed);
        assert_eq!(stream.write(b"!").await.expect("a write"), 1);
    }
}

#[test]
fn pitfall_27_connections_are_spread_over_one_listener_for_each_loop() {
    const LOOPS: usize = 4;
    const CONNECTIONS: usize = 800;
    let _watchdog = watch(MINUTE);
    // Bound, and not listening: it only finds the port, and has no part of what comes.
    let any = "127.0.0.1:0".parse().expect("an address");
    let port = socket::tcp(&any).expect("a socket");
    socket::set_reuse_port(port.as_fd(), true).expect("an option");
    socket::bind(port.as_fd(), &any).expect("a port");
    let address = socket::local(port.as_fd()).expect("an address");
    let served: [_; LOOPS] = Default::default();
    let counts: [Arc<AtomicUsize>; LOOPS] = served;
    let (tell, ready) = mpsc::channel();
    let shared = counts.clone();
    let loops = PerCore::new()
        .threads(LOOPS)
        .start(move |seat: Seat| serve(address, shared[seat.index()].clone(), tell.clone()));
    let loops = loops.expect("they start");
    (0..LOOPS).for_each(|_| ready.recv().expect("each listens"));
    for _ in 0..CONNECTIONS {
        let mut stream = std::net::TcpStream::connect(address).expect("a connection");
        let mut answer = Vec::new();
        stream.write_all(b"?").ok();
        stream.read_to_end(&mut answer).ok(); // a reset comes after the answer, for the "?"
    }
    let ends = loops.shutdown();
    assert!(ends.iter().all(|end| matches!(end, Err(LoopEnd::Stopped))), "{ends:?}");
    let counts = counts.map(|count| count.load(Ordering::Relaxed));
    assert_eq!(counts.iter().sum::<usize>(), CONNECTIONS);
    // pitfall 27: a hash spreads them, so each has its part: 200, give or take 13 in two out of
    // three cases.
    assert!(counts.iter().all(|&count| (100..300).contains(&count)), "{counts:?}");
}

#[test]
fn pitfall_28_a_listener_that_is_drained_before_it_is_closed_resets_nobody() {
    const CONNECTIONS: usize = 40;
    let _watchdog = watch(MINUTE);
    let old = TcpListener::bind_reuseport("127.0.0.1:0").expect("a listener");
    let address = old.local_addr().expect("an address");
    let new = TcpListener::bind_reuseport(address).expect("a listener");
    let connect = |_| std::net::TcpStream::connect(address).expect("a connection");
    let mut clients: Vec<_> = (0..CONNECTIONS).map(connect).collect();
    let take_all = |listener: &TcpListener| {
        let accept = || listener.try_accept().expect("no error");
        std::iter::from_fn(accept).map(|(stream, _)| stream).collect::<Vec<_>>()
    };
    let mut served = take_all(&old); // pitfall 28
    assert!(!served.is_empty() && served.len() < CONNECTIONS, "{}", served.len());
    old.close().expect("a close");
    served.extend(take_all(&new));
    assert_eq!(served.len(), CONNECTIONS);
    served.iter().for_each(|stream| assert_eq!(stream.try_write(b"!").expect("a write"), Some(1)));
    for client in &mut clients {
        client.read_exact(&mut [0]).expect("no reset");
    }
}

#[test]
fn a_loop_that_cannot_be_made_is_an_error_and_none_is_left() {
    let missing = Backend::ALL.into_iter().find(|backend| !backend.is_available());
    let missing = missing.expect("no kernel has both epoll and kqueue");
    let made = Arc::new(AtomicUsize::new(0));
    let counted = made.clone();
    let started =
        PerCore::new().threads(3).builder(EventLoop::builder().poller(missing)).start(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            std::future::pending::<()>()
        });
    let error = started.expect_err("it is refused");
    assert_eq!(LoopError::of(&error), Some(LoopError::NoSuchPoller { poller: missing }));
    // The threads were joined, and with them went what makes the futures.
    assert_eq!((Arc::strong_count(&made), made.load(Ordering::Relaxed)), (1, 0));
}

#[test]
fn loops_that_began_end_with_the_one_that_finds_no_descriptor() {
    if !own_process::entered("per_core::loops_that_began_end_with_the_one_that_finds_no_descriptor")
    {
        return;
    }
    let _watchdog = watch(MINUTE);
    let descriptors = || fs::read_dir("/proc/self/fd").expect("Linux lists them").count();
    let before = descriptors();
    let (limit, _) = limits::descriptors().expect("a limit");
    // A loop has two: enough for some, and not for all.
    limits::set_descriptors(before as u64 + 5).expect("a lower limit");
    let started = PerCore::new().threads(8).start(|_| pending::<()>());
    limits::set_descriptors(limit).expect("the limit as it was");

    let error = started.expect_err("it is refused");
    assert_eq!(error.raw_os_error(), Some(errno::EMFILE), "{error}");
    // The threads were joined, and have dropped their loops.
    assert_eq!(descriptors(), before);
}
