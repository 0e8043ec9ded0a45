//! Awaiting sockets: the futures of `net` and `Source`.

mod tasks;

use std::cell::{Cell, RefCell};
#[cfg(debug_assertions)]
use std::future::pending;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use eagain::net::{TcpListener, TcpStream};
#[cfg(debug_assertions)]
use eagain::time;
use eagain::{EventLoop, LoopError, spawn, yield_now};

/// A connection's two ends.
async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.expect("a connection");
    let (server, _) = listener.accept().await.expect("a connection");
    (client, server)
}

/// Polls a future once.
async fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    let mut future = Some(future);
    poll_fn(|cx| Poll::Ready(future.take().expect("polled once").poll(cx))).await
}

#[test]
fn an_echo_goes_there_and_back() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let answer = event_loop.block_on(async {
        let (client, server) = pair().await;
        spawn(async move {
            let mut buf = [0; 64];
            while let Ok(n @ 1..) = server.read(&mut buf).await {
                server.write_all(&buf[..n]).await.expect("room");
            }
        })
        .detach();
        let mut buf = [0; 5];
        for _ in 0..100 {
            client.write_all(b"hello").await?;
            client.read_exact(&mut buf).await?;
        }
        io::Result::Ok(buf)
    });
    assert_eq!(&answer.expect("a run").expect("an echo"), b"hello");
}

#[test]
fn what_is_larger_than_the_buffers_arrives_in_order() {
    let sum = eagain::run(async {
        let (client, server) = pair().await;
        let data: Vec<u8> = (0..8 << 20).map(|i: u32| (i % 251) as u8).collect();
        let sent = data.clone();
        spawn(async move { client.write_all(&sent).await.expect("room") }).detach();
        let mut got = Vec::new();
        server.read_to_end(&mut got).await.expect("the end");
        got == data
    });
    assert!(sum.expect("a run"));
}

#[test]
fn pitfall_20_a_second_live_reader_is_refused_and_the_first_unharmed() {
    eagain::run(async {
        let (client, server) = pair().await;
        let server = Rc::new(server);
        let first = server.clone();
        let first = spawn(async move { first.read(&mut [0; 8]).await });
        yield_now().await;
        let error = server.read(&mut [0; 8]).await.expect_err("occupied"); // pitfall 20
        assert!(matches!(LoopError::of(&error), Some(LoopError::SecondWaiter { .. })));
        client.write_all(b"x").await.unwrap();
        assert_eq!(first.await.unwrap().unwrap(), 1);
    })
    .expect("a run");
}

#[test]
fn pitfall_20_two_live_readers_in_one_task_are_refused_too() {
    eagain::run(async {
        let (client, server) = pair().await;
        let (mut a, mut b) = ([0; 8], [0; 8]);
        let mut first = pin!(server.read(&mut a));
        let mut second = pin!(server.read(&mut b));
        let error = poll_fn(|cx| {
            assert!(first.as_mut().poll(cx).is_pending());
            second.as_mut().poll(cx)
        })
        .await
        .expect_err("two at once"); // pitfall 20
        assert!(matches!(LoopError::of(&error), Some(LoopError::SecondWaiter { .. })));
        client.write_all(b"x").await.unwrap();
        assert_eq!(first.await.unwrap(), 1);
    })
    .expect("a run");
}

#[test]
fn a_forgotten_read_gives_way_to_the_next_one_of_its_task() {
    eagain::run(async {
        let (client, server) = pair().await;
        let server = Rc::new(server);
        let lost = server.clone();
        let mut lost = Box::pin(async move { lost.read(&mut [0; 8]).await });
        assert!(poll_once(lost.as_mut()).await.is_pending());
        std::mem::forget(lost);
        yield_now().await;
        client.write_all(b"x").await.unwrap();
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 1);
        assert!(poll_once(pin!(server.read(&mut [0; 8]))).await.is_pending());
    })
    .expect("a run");
}

#[test]
fn several_tasks_accept_from_one_listener() {
    eagain::run(async {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let addr = listener.local_addr().unwrap();
        let accepting: Vec<_> = (0..4)
            .map(|_| {
                let listener = listener.clone();
                spawn(async move { listener.accept().await.map(|_| ()) })
            })
            .collect();
        yield_now().await;
        let mut clients = Vec::new();
        for _ in 0..4 {
            clients.push(TcpStream::connect(addr).await.unwrap());
        }
        for task in accepting {
            task.await.unwrap().unwrap();
        }
    })
    .expect("a run");
}

#[test]
fn pitfall_53_100_000_cancelled_reads_leave_nothing() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (client, server) = event_loop.block_on(pair()).expect("a run");
    let registered = event_loop.counts().reactor.registrations;
    event_loop
        .block_on(async {
            for _ in 0..100_000 {
                assert!(poll_once(pin!(server.read(&mut [0; 8]))).await.is_pending()); // pitfall 53
            }
        })
        .expect("a run");
    let counts = event_loop.counts();
    assert_eq!(counts.reactor.registrations - registered, 1, "one registration, and no more");
    assert_eq!(counts.timers, 0);
    let resumes = counts.resumes;
    event_loop.block_on(client.write_all(b"x")).expect("a run").expect("room");
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(event_loop.counts().resumes, resumes + 1, "nobody was waiting");
}

#[test]
fn a_close_ends_a_read_with_an_error() {
    eagain::run(async {
        let (_client, server) = pair().await;
        let server = Rc::new(server);
        let reader = server.clone();
        let reader = spawn(async move { reader.read(&mut [0; 8]).await });
        yield_now().await;
        server.close().unwrap();
        let error = reader.await.unwrap().expect_err("closed");
        assert_eq!(LoopError::of(&error), Some(LoopError::Closed));
    })
    .expect("a run");
}

#[test]
fn the_listing_tells_where_a_future_waits() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (_client, server) = event_loop.block_on(pair()).expect("a run");
    let line = Rc::new(Cell::new(0));
    let noted = line.clone();
    let task = event_loop
        .spawn(async move {
            noted.set(line!() + 1);
            server.read(&mut [0; 8]).await
        })
        .named("reader");
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let tasks = event_loop.tasks();
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].name.as_deref(), Some("reader"));
    if cfg!(debug_assertions) {
        let at = tasks[0].awaits_at.expect("debug builds know");
        assert_eq!((at.file(), at.line()), (file!(), line.get()));
    }
    task.abort();
}

#[cfg(debug_assertions)]
/// Runs a task for two turns, and returns the line that the listing says it awaits at.
fn awaits_at(task: impl Future + 'static) -> Option<u32> {
    let mut event_loop = EventLoop::new().expect("a loop");
    event_loop.spawn(async move { drop(task.await) }).detach();
    for _ in 0..2 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    }
    let at = event_loop.tasks()[0].awaits_at?;
    assert_eq!(at.file(), file!());
    Some(at.line())
}

#[test]
#[cfg(debug_assertions)]
fn the_listing_tells_where_a_future_sleeps() {
    const HOUR: Duration = Duration::from_secs(3600);
    let here = line!();
    assert_eq!(awaits_at(async { time::sleep(HOUR).await }), Some(here + 1));
    assert_eq!(awaits_at(async { time::sleep(Duration::MAX).await }), Some(here + 2));
    assert_eq!(awaits_at(async { time::sleep_until(time::now() + HOUR).await }), Some(here + 3));
    assert_eq!(awaits_at(async { time::timeout(HOUR, pending::<()>()).await }), Some(here + 4));
    assert_eq!(awaits_at(eagain::descriptor_closed(HOUR)), Some(here + 5));
}

#[test]
#[cfg(debug_assertions)]
fn an_interval_is_awaited_where_its_tick_is() {
    let line = Rc::new(Cell::new(0));
    let noted = line.clone();
    let at = awaits_at(async move {
        let mut interval = time::interval(Duration::from_secs(3600));
        interval.tick().await;
        noted.set(line!() + 1);
        interval.tick().await
    });
    assert_eq!(at, Some(line.get()));
}

/// The read, not the patience with it.
#[test]
#[cfg(debug_assertions)]
fn the_listing_tells_what_is_awaited_under_a_timeout() {
    let (here, _there) = std::os::unix::net::UnixStream::pair().unwrap();
    let source = eagain::Source::new(here).unwrap();
    let line = Rc::new(Cell::new(0));
    let noted = line.clone();
    let at = awaits_at(async move {
        let mut buf = [0; 8];
        noted.set(line!() + 1);
        let read = source.read(&mut buf);
        time::timeout(Duration::from_secs(3600), read).await.map(drop)
    });
    assert_eq!(at, Some(line.get()));
}

#[test]
fn without_a_loop_waiting_is_an_error() {
    let (here, _there) = std::os::unix::net::UnixStream::pair().unwrap();
    let source = eagain::Source::new(here).unwrap();
    let mut buf = [0; 8];
    let mut read = pin!(source.read(&mut buf));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let Poll::Ready(Err(e)) = read.as_mut().poll(&mut cx) else { panic!("no loop runs here") };
    assert_eq!(LoopError::of(&e), Some(LoopError::NoLoop));
}

#[test]
fn block_on_polls_a_future_that_borrows() {
    let words = RefCell::new(vec!["a"]);
    let mut event_loop = EventLoop::new().expect("a loop");
    for _ in 0..2 {
        event_loop
            .block_on(async {
                yield_now().await;
                words.borrow_mut().push("b");
            })
            .expect("a run");
    }
    assert_eq!(*words.borrow(), ["a", "b", "b"]);
    assert_eq!(event_loop.counts().tasks, 0);
}

#[test]
fn a_panic_in_block_on_is_the_callers_and_the_loop_lives_on() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        event_loop.block_on(async {
            yield_now().await;
            panic!("mine");
        })
    }));
    assert!(panic.is_err());
    assert_eq!(event_loop.counts().tasks, 0);
    assert_eq!(event_loop.block_on(async { spawn(async { 1 }).await.unwrap() }).unwrap(), 1);
}

#[test]
fn pitfall_51_block_on_inside_block_on_is_an_error() {
    let error = eagain::run(async { eagain::run(async {}) }).expect("a run"); // pitfall 51
    assert_eq!(LoopError::of(&error.expect_err("nested")), Some(LoopError::Nested));
}

#[test]
fn a_handle_tells_a_panic_from_a_cancellation() {
    eagain::run(async {
        let panics = spawn(async { panic!("on purpose") });
        let error = panics.await.expect_err("it panicked");
        assert!(matches!(&error, eagain::JoinError::Panicked(_)), "{error}");
        let waits = spawn(std::future::pending::<()>());
        yield_now().await;
        waits.abort();
        assert!(matches!(waits.await, Err(eagain::JoinError::Cancelled)));
    })
    .expect("a run");
}

#[test]
fn a_handle_of_another_loop_can_be_awaited() {
    let mut there = EventLoop::new().expect("a loop");
    let task = there.spawn(async { 7 });
    let mut here = EventLoop::new().expect("a loop");
    let waiting = here.spawn(task);
    here.turn(Some(Duration::ZERO)).expect("a turn");
    there.run().expect("a run");
    here.run().expect("a run");
    assert_eq!(waiting.take().unwrap().unwrap().unwrap(), 7);
}

#[test]
fn a_waker_for_nobody_wakes_nobody_wherever_it_is_used() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let polls = Rc::new(Cell::new(0));
    let counted = polls.clone();
    let last = event_loop.spawn(poll_fn(move |_| {
        counted.set(counted.get() + 1);
        Poll::<()>::Pending
    }));
    // A generator is not polled, so it has no waker of its own that this could be.
    let mut sleep = Box::pin(eagain::time::sleep(Duration::from_millis(1)));
    let by_hand = event_loop.spawn(tasks::task(move |_: &mut eagain::Context<'_>| {
        let mut cx = Context::from_waker(Waker::noop());
        if sleep.as_mut().poll(&mut cx).is_ready() {
            return eagain::Step::Return(());
        }
        eagain::Step::Yield(eagain::Wait::after(Duration::from_millis(5)))
    }));
    event_loop.block_on(by_hand).expect("a run").expect("it returns");
    assert_eq!(polls.get(), 1);
    last.abort();
}
