//! While somebody has something to do, or says so, no time passes.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use eagain::time::{self, Clock, advance, hold, jump, now, sleep, sleep_until};
use eagain::{EventLoop, Source, spawn, yield_now};

use crate::tasks::{returned, unix_pair};
use crate::{Log, SECOND, new_loop, poll_once, repeat, slow_peer, spawn_sleep};

#[test]
fn pitfall_69_no_time_passes_while_a_task_is_ready() {
    let passed = new_loop().block_on(async {
        let nap = spawn(sleep(Duration::from_nanos(1)));
        let begin = now();
        for _ in 0..1000 {
            yield_now().await; // pitfall 69
            assert_eq!(now(), begin);
            assert!(!nap.is_finished());
        }
        nap.await.expect("it ends");
        now() - begin
    });
    assert_eq!(passed.expect("a run"), Duration::from_nanos(1));
}

#[test]
fn pitfall_69_no_time_passes_while_a_task_is_ready_and_the_kernel_is_quiet() {
    let (silent, _far) = unix_pair();
    let passed = new_loop().block_on(async {
        // A loop that has a source asks the kernel in every turn.
        spawn(async move { drop(silent.read(&mut [0; 8]).await) }).detach();
        let nap = spawn(sleep(Duration::from_nanos(1)));
        let begin = now();
        for _ in 0..1000 {
            yield_now().await; // pitfall 69
            assert_eq!(now(), begin);
        }
        nap.await.expect("it ends");
        now() - begin
    });
    assert_eq!(passed.expect("a run"), Duration::from_nanos(1));
}

#[test]
fn pitfall_69_no_time_passes_while_the_kernel_has_something_for_the_loop() {
    let mut event_loop = new_loop();
    let (one, other) = UnixStream::pair().expect("a pair");
    let [one, other] = [one, other].map(|end| Source::new(end).expect("a source"));
    let passed = event_loop.block_on(async {
        let begin = now();
        let timeout = spawn(sleep(Duration::from_nanos(1)));
        spawn(async move {
            let mut buf = [0; 8];
            while let Ok(1..) = other.read(&mut buf).await {
                other.write(&buf[..1]).await.expect("room");
            }
        })
        .detach();
        for _ in 0..1000 {
            one.write(b"x").await.expect("room");
            assert_eq!(one.read(&mut [0; 8]).await.expect("an answer"), 1); // pitfall 69
        }
        assert!(!timeout.is_finished());
        now() - begin
    });
    assert_eq!(passed.expect("a run"), Duration::ZERO);
}

#[test]
fn pitfall_69_no_time_passes_while_the_kernel_may_have_more() {
    let mut event_loop = EventLoop::builder()
        .clock(Clock::Virtual)
        .event_capacity(1) // it tells of one source at a time
        .build()
        .expect("a loop");
    let (unwanted, mut first) = unix_pair();
    let (wanted, mut second) = unix_pair();
    event_loop
        .block_on(async {
            let begin = now();
            spawn(sleep(Duration::from_nanos(1))).detach();
            // Watched since somebody waited, though nobody does any more.
            let mut buf = [0; 8];
            let mut given_up = Box::pin(unwanted.read(&mut buf));
            assert!(poll_once(&mut given_up).await.is_pending());
            drop(given_up);
            spawn(async move {
                first.write_all(b"x").expect("room");
                second.write_all(b"x").expect("room");
            })
            .detach();
            wanted.read(&mut [0; 8]).await.expect("a read"); // pitfall 69
            assert_eq!(now(), begin);
        })
        .expect("a run");
}

#[test]
fn pitfall_69_time_that_is_held_waits_for_a_peer_on_another_thread() {
    let (near, far) = unix_pair();
    let (go, peer) = slow_peer(far);
    new_loop()
        .block_on(async {
            let begin = now();
            let timeout = spawn(sleep(SECOND));
            let still = hold(); // pitfall 69
            go.send(()).expect("the peer listens");
            assert_eq!(near.read(&mut [0; 8]).await.expect("an answer"), 6);
            assert!(!timeout.is_finished());
            assert_eq!(now(), begin);
            drop(still);
            timeout.await.expect("time goes on");
            assert_eq!(now() - begin, SECOND);
        })
        .expect("a run");
    peer.join().expect("the peer is done");
}

#[test]
fn pitfall_69_without_a_hold_the_timeout_of_a_silent_peer_strikes() {
    let (near, far) = unix_pair();
    let (go, peer) = slow_peer(far);
    new_loop()
        .block_on(async {
            let begin = now();
            let mut buf = [0; 8];
            let mut read = pin!(near.read(&mut buf));
            let mut timeout = sleep(SECOND);
            let read = poll_fn(|cx| match read.as_mut().poll(cx) {
                Poll::Ready(read) => Poll::Ready(Some(read)),
                Poll::Pending => Pin::new(&mut timeout).poll(cx).map(|()| None),
            });
            assert!(read.await.is_none());
            assert_eq!(now() - begin, SECOND);
        })
        .expect("a run");
    drop(go);
    peer.join().expect("the peer is done");
}

#[test]
fn pitfall_69_time_that_is_held_waits_for_a_waker_of_another_thread() {
    new_loop()
        .block_on(async {
            let begin = now();
            let timeout = spawn(sleep(SECOND));
            let still = hold(); // pitfall 69
            let (send, receive) = mpsc::channel::<Waker>();
            let blocking = thread::spawn(move || {
                thread::sleep(Duration::from_millis(20)); // blocking work
                receive.recv().expect("a waker").wake();
                42
            });
            let mut sent = false;
            poll_fn(|cx| {
                if std::mem::replace(&mut sent, true) {
                    return Poll::Ready(());
                }
                send.send(cx.waker().clone()).expect("the thread listens");
                Poll::Pending
            })
            .await;
            assert_eq!(blocking.join().expect("a result"), 42);
            assert!(!timeout.is_finished());
            assert_eq!(now(), begin);
            drop(still);
        })
        .expect("a run");
}

#[test]
fn pitfall_69_what_is_due_fires_while_time_is_held() {
    new_loop()
        .block_on(async {
            let begin = now();
            let _still = hold();
            sleep(Duration::ZERO).await; // pitfall 69
            sleep_until(begin - SECOND).await;
            sleep_until(begin).await;
            time::interval(SECOND).tick().await;
            jump(SECOND);
            sleep_until(begin + SECOND).await;
            assert_eq!(now(), begin + SECOND);
        })
        .expect("a run");
}

#[test]
fn pitfall_69_what_is_due_in_order_fires_before_time_passes() {
    let log = Log::default();
    new_loop()
        .block_on(async {
            log.write("begin");
            repeat(&log, "far", 5);
            for _ in 0..3 {
                sleep(Duration::ZERO).await; // pitfall 69
                log.write("near");
            }
            sleep(6 * SECOND).await;
        })
        .expect("a run");
    assert_eq!(log.read(), [("begin", 0), ("near", 0), ("near", 0), ("near", 0), ("far", 5)]);
}

#[test]
fn time_goes_on_when_the_last_one_lets_go() {
    let mut event_loop = new_loop();
    let begin = event_loop.now();
    let first = Rc::new(RefCell::new(None));
    let second = first.clone();
    let holds = event_loop.spawn(async move {
        *second.borrow_mut() = Some((hold(), hold()));
    });
    spawn_sleep(&event_loop, SECOND);
    let mut turn = |holding: &str| {
        event_loop.turn(Some(Duration::from_millis(1))).expect("a turn");
        assert_eq!(event_loop.now(), begin, "{holding}");
    };
    turn("both are taken");
    let (one, other) = first.take().expect("both holds");
    turn("both hold");
    drop(one);
    turn("one holds");
    drop(other);
    event_loop.run().expect("a run");
    assert_eq!(event_loop.now() - begin, SECOND);
    returned(&holds);
}

#[test]
fn a_hold_may_outlive_its_loop() {
    let mut event_loop = new_loop();
    let held = event_loop.block_on(async { hold() }).expect("a run");
    drop(event_loop);
    drop(held);
}

#[test]
fn a_real_clock_is_not_moved_and_does_not_mind_to_be_held() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let message = |panic: Box<dyn std::any::Any + Send>| {
        panic.downcast_ref::<String>().cloned().unwrap_or_default()
    };
    let jumped = event_loop.spawn(async { jump(SECOND) });
    let advanced = event_loop.spawn(async { advance(SECOND).await });
    let held = event_loop.spawn(async {
        let _still = hold();
        sleep(Duration::from_millis(1)).await;
    });
    event_loop.run().expect("a run");
    returned(&held);
    for refused in [jumped.take(), advanced.take()] {
        let error = refused.expect("it has finished").expect_err("the clock is real");
        assert!(error.to_string().contains("Clock::Virtual"), "{error}");
    }
    // And where there is no loop, there is nothing to hold.
    let refused = catch_unwind(AssertUnwindSafe(|| drop(hold()))).expect_err("no loop");
    assert!(message(refused).contains("no event loop"));
}

#[test]
fn a_busy_peer_is_read_to_the_end_before_any_time_passes() {
    const ALL: usize = 1 << 20;
    let (near, mut far) = unix_pair();
    let writer = thread::spawn(move || far.write_all(&[7; ALL]).expect("room"));
    new_loop()
        .block_on(async {
            let timeout = spawn(sleep(Duration::from_nanos(1)));
            let still = hold();
            let mut left = ALL;
            while left > 0 {
                left -= near.read(&mut [0; 4096]).await.expect("a read");
            }
            assert!(!timeout.is_finished());
            drop(still);
            assert_eq!(near.read(&mut [0; 1]).await.expect("the end"), 0);
        })
        .expect("a run");
    writer.join().expect("all is written");
}

#[test]
fn pitfall_69_no_time_passes_while_work_is_offloaded() {
    let mut event_loop = new_loop();
    let passed = event_loop.block_on(async {
        let begin = now();
        let timeout = spawn(sleep(SECOND));
        for _ in 0..10 {
            let work = eagain::offload(|| thread::sleep(Duration::from_millis(2))); // pitfall 69
            work.await.expect("a thread");
        }
        assert!(!timeout.is_finished());
        assert_eq!(now(), begin);
        timeout.await.expect("it ends");
        now() - begin
    });
    assert_eq!(passed.expect("a run"), SECOND);
}

#[test]
fn pitfall_69_work_that_nobody_awaits_any_more_holds_time_until_it_is_done() {
    let mut event_loop = new_loop();
    let done = Arc::new(AtomicBool::new(false));
    let doing = done.clone();
    let (begun, wait_for_it) = mpsc::channel();
    event_loop
        .block_on(async {
            let work = eagain::offload(move || {
                begun.send(()).expect("somebody listens");
                thread::sleep(Duration::from_millis(20));
                doing.store(true, Ordering::Release);
            });
            wait_for_it.recv().expect("a thread has begun");
            drop(work);
            sleep(SECOND).await; // pitfall 69
            assert!(done.load(Ordering::Acquire));
        })
        .expect("a run");
}
