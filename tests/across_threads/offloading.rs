//! Work that blocks, done by other threads.

use std::cell::RefCell;
use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use eagain::time::{Clock, sleep};
use eagain::{EventLoop, JoinError, Offload, offload, yield_now};

use crate::gate::Gate;
use crate::watchdog::watch;
use crate::{MINUTE, new_loop, own_process, threads_of};

const THREADS: &str = "eagain-offload";

fn with_threads(threads: usize) -> EventLoop {
    EventLoop::builder().offload_threads(threads).build().expect("a loop")
}

/// Turns the loop until it has heard of all work that is done: perhaps a turn after its result.
fn hear_of_all(event_loop: &mut EventLoop) {
    while event_loop.counts().offloads > 0 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        thread::yield_now();
    }
}

/// Whether it is done.
async fn is_done<T>(work: &mut Offload<T>) -> bool {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *work).poll(cx).is_ready())).await
}

#[test]
fn work_is_done_on_another_thread_and_its_result_comes_back() {
    let _watchdog = watch(MINUTE);
    let here = thread::current().id();
    let (value, thread, name) = eagain::run(async {
        let work = offload(|| {
            let thread = thread::current();
            (6 * 7, thread.id(), thread.name().map(str::to_owned))
        });
        work.await.expect("it returns")
    })
    .expect("a run");
    assert_eq!(value, 42);
    assert_ne!(thread, here);
    assert_eq!(name.as_deref(), Some(THREADS));
}

#[test]
fn the_loop_goes_on_while_work_blocks() {
    let _watchdog = watch(MINUTE);
    let gate = Gate::default();
    let done = eagain::run(async {
        let blocked = gate.clone();
        let work = offload(move || blocked.pass());
        for _ in 0..1000 {
            yield_now().await;
        }
        gate.open();
        work.await
    });
    done.expect("a run").expect("it returns");
}

#[test]
fn one_thread_does_work_in_the_order_in_which_it_came() {
    let _watchdog = watch(MINUTE);
    let done = Arc::new(Mutex::new(Vec::new()));
    let mut event_loop = with_threads(1);
    let all = event_loop.block_on(async {
        let works: Vec<_> = (0..100)
            .map(|i| {
                let done = done.clone();
                offload(move || done.lock().expect("nobody panicked").push(i))
            })
            .collect();
        for work in works {
            work.await.expect("it returns");
        }
    });
    all.expect("a run");
    assert_eq!(*done.lock().expect("nobody panicked"), (0..100).collect::<Vec<_>>());
    hear_of_all(&mut event_loop);
}

#[test]
fn never_more_threads_work_than_the_builder_says() {
    const LIMIT: usize = 3;
    let _watchdog = watch(MINUTE);
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (all_busy, full) = mpsc::channel();
    let gate = Gate::default();
    let threads = with_threads(LIMIT).block_on(async {
        let works: Vec<_> = (0..30)
            .map(|_| {
                let (now, most, gate) = (now.clone(), most.clone(), gate.clone());
                let all_busy = all_busy.clone();
                offload(move || {
                    let running = now.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(running, Ordering::SeqCst);
                    if running == LIMIT {
                        all_busy.send(()).ok();
                    }
                    gate.pass();
                    now.fetch_sub(1, Ordering::SeqCst);
                    thread::current().id()
                })
            })
            .collect();
        full.recv().expect("as many as may, do work");
        gate.open();
        let mut threads = HashSet::new();
        for work in works {
            threads.insert(work.await.expect("it returns"));
        }
        threads.len()
    });
    assert_eq!((threads.expect("a run"), most.load(Ordering::SeqCst)), (LIMIT, LIMIT));
}

#[test]
fn a_panic_comes_back_and_the_thread_lives_on() {
    let _watchdog = watch(MINUTE);
    let (panicked, after) = with_threads(1)
        .block_on(async {
            let panicked: Result<(), _> = offload(|| panic!("at work")).await;
            (panicked, offload(|| 5).await)
        })
        .expect("a run");
    match panicked {
        Err(JoinError::Panicked(panic)) => {
            assert_eq!(panic.into_payload().downcast_ref::<&str>(), Some(&"at work"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(after.expect("it returns"), 5);
}

#[test]
fn work_that_is_dropped_before_it_was_begun_is_not_done() {
    let _watchdog = watch(MINUTE);
    let began = Arc::new(AtomicUsize::new(0));
    let mut event_loop = with_threads(1);
    let ran = event_loop.block_on(async {
        let (gate, started) = (Gate::default(), Gate::default());
        let (blocks, begins) = (gate.clone(), started.clone());
        let busy = offload(move || {
            begins.open();
            blocks.pass();
        });
        started.pass();
        let owned = Arc::new(());
        let cancelled: Vec<_> = (0..1000)
            .map(|_| {
                let (began, owned) = (began.clone(), owned.clone());
                offload(move || {
                    began.fetch_add(1, Ordering::SeqCst);
                    drop(owned);
                })
            })
            .collect();
        let last = offload(|| 9);
        drop(cancelled);
        // What it was made of goes at once, while the only thread is still at work.
        let left = Arc::strong_count(&owned);
        gate.open();
        busy.await.expect("it returns");
        (left, last.await.expect("it returns"))
    });
    assert_eq!(ran.expect("a run"), (1, 9));
    assert_eq!(began.load(Ordering::SeqCst), 0);
    hear_of_all(&mut event_loop);
}

#[test]
fn work_that_was_begun_is_done_though_nobody_waits_and_is_pending_until_then() {
    let _watchdog = watch(MINUTE);
    let (tell, told) = mpsc::channel();
    let gate = Gate::default();
    let mut event_loop = with_threads(1);
    let opened = gate.clone();
    event_loop
        .block_on(async move {
            let started = Gate::default();
            let begins = started.clone();
            let work = offload(move || {
                begins.open();
                gate.pass();
                tell.send(()).expect("somebody listens");
                Telling(tell) // what comes of it is dropped there
            });
            started.pass();
            drop(work);
        })
        .expect("a run");
    assert_eq!(event_loop.counts().offloads, 1);
    opened.open();
    told.recv().expect("it was done");
    told.recv().expect("its result was dropped");
    hear_of_all(&mut event_loop);

    struct Telling(mpsc::Sender<()>);
    impl Drop for Telling {
        fn drop(&mut self) {
            self.0.send(()).expect("somebody listens");
        }
    }
}

#[test]
fn pitfall_69_work_is_pending_until_the_loop_has_heard_that_it_is_done() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = with_threads(1);
    let work = Rc::new(RefCell::new(None));
    let kept = work.clone();
    event_loop
        .spawn(async move {
            kept.replace(Some(offload(|| ())));
            std::future::pending::<()>().await;
        })
        .detach();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    // Nobody polls it: the loop hears of it all the same. pitfall 69
    while event_loop.counts().offloads > 0 {
        event_loop.turn(None).expect("the turn that hears of it");
    }
    let mut work = work.take().expect("it was offloaded");
    assert!(event_loop.block_on(is_done(&mut work)).expect("a run"));
}

#[test]
fn pitfall_69_virtual_time_stands_still_while_work_is_offloaded() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    let (order, gate) = (Rc::new(RefCell::new(Vec::new())), Gate::default());
    let (slept, opened) = (order.clone(), gate.clone());
    let run = event_loop.block_on(async {
        let work = offload(move || gate.pass());
        let sleep = eagain::spawn(async move {
            sleep(Duration::from_secs(3600)).await;
            slept.borrow_mut().push("slept");
        });
        // Turns in which the kernel is asked and has nothing: time could pass. pitfall 69
        for _ in 0..100 {
            yield_now().await;
        }
        let opener = thread::spawn(move || {
            thread::sleep(Duration::from_millis(10)); // while the loop waits, or tries not to
            opened.open();
        });
        work.await.expect("it returns");
        order.borrow_mut().push("worked");
        sleep.await.expect("it returns");
        opener.join().expect("no panic");
        order.take()
    });
    assert_eq!(run.expect("a run"), ["worked", "slept"]);
}

#[test]
fn a_dropped_loop_drops_what_was_not_begun_and_does_not_wait_for_the_rest() {
    let _watchdog = watch(MINUTE);
    let (gate, started) = (Gate::default(), Gate::default());
    let (tell, told) = mpsc::channel();
    let unbegun = Arc::new(());
    let mut event_loop = with_threads(1);
    let (blocks, begins, owned) = (gate.clone(), started.clone(), unbegun.clone());
    let mut left = event_loop
        .block_on(async move {
            let busy = offload(move || {
                begins.open();
                blocks.pass();
                tell.send(()).expect("somebody listens");
            });
            started.pass();
            (busy, offload(move || drop(owned)))
        })
        .expect("a run");
    drop(event_loop); // would hang, if it waited
    assert_eq!(Arc::strong_count(&unbegun), 1);
    let mut other = new_loop();
    let end = other.block_on(&mut left.1).expect("a run");
    assert!(matches!(end, Err(JoinError::Cancelled)), "{end:?}");
    gate.open();
    told.recv().expect("what was begun is done");
    other.block_on(&mut left.0).expect("a run").expect("it returned");
}

#[test]
fn threads_are_started_when_there_is_work_and_end_when_there_is_none() {
    const NAME: &str =
        "offloading::threads_are_started_when_there_is_work_and_end_when_there_is_none";
    if !own_process::entered(NAME) {
        return;
    }
    let _watchdog = watch(MINUTE);
    let builder = EventLoop::builder().offload_idle(Duration::from_millis(1));
    let mut event_loop = builder.build().expect("a loop");
    assert_eq!(threads_of::named(THREADS), 0);
    for _ in 0..3 {
        event_loop.block_on(async { offload(|| ()).await }).expect("a run").expect("it returns");
        while threads_of::named(THREADS) > 0 {
            thread::yield_now();
        }
    }
}

#[test]
fn a_thread_that_is_idle_is_used_again() {
    const NAME: &str = "offloading::a_thread_that_is_idle_is_used_again";
    if !own_process::entered(NAME) {
        return;
    }
    let _watchdog = watch(MINUTE);
    let builder = EventLoop::builder().offload_idle(Duration::MAX);
    let mut event_loop = builder.build().expect("a loop");
    for _ in 0..100 {
        event_loop.block_on(async { offload(|| ()).await }).expect("a run").expect("it returns");
        // It may still be on its way back.
        while !threads_of::all_sleep(THREADS) {
            thread::yield_now();
        }
    }
    assert_eq!(threads_of::named(THREADS), 1);
    drop(event_loop);
    while threads_of::named(THREADS) > 0 {
        thread::yield_now();
    }
}

#[test]
#[should_panic(expected = "no event loop runs on this thread")]
fn work_cannot_be_offloaded_without_a_loop() {
    drop(offload(|| ()));
}

#[test]
fn a_hundred_thousand_pieces_of_work_are_all_done() {
    const PIECES: usize = 100_000;
    let _watchdog = watch(MINUTE);
    let done = Arc::new(AtomicUsize::new(0));
    let mut event_loop = with_threads(2);
    let sum = event_loop.block_on(async {
        let works: Vec<_> = (0..PIECES)
            .map(|i| {
                let done = done.clone();
                offload(move || {
                    done.fetch_add(1, Ordering::Relaxed);
                    i
                })
            })
            .collect();
        let mut sum = 0;
        for work in works {
            sum += work.await.expect("it returns");
        }
        sum
    });
    assert_eq!(sum.expect("a run"), PIECES * (PIECES - 1) / 2);
    assert_eq!(done.load(Ordering::Relaxed), PIECES);
}
