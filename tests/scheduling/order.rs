//! Order and turns.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use eagain::time::sleep;
use eagain::{Cause, Context, Step, Wait, yield_now};

use crate::tasks::{returned, task};
use crate::watchdog::watch;
use crate::{MINUTE, new_loop, waits_for_ever};

#[test]
fn tasks_run_in_the_order_in_which_they_became_ready() {
    let mut event_loop = new_loop();
    let log = Rc::new(RefCell::new(Vec::new()));
    for id in 0..5 {
        let log = log.clone();
        let mut left = 3;
        event_loop
            .spawn(task(move |_: &mut Context<'_>| {
                log.borrow_mut().push(id);
                left -= 1;
                if left == 0 { Step::Return(()) } else { Step::Yield(Wait::next_turn()) }
            }))
            .detach();
    }
    event_loop.run().expect("a run");
    assert_eq!(*log.borrow(), [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
}

#[test]
fn woken_tasks_run_in_the_order_of_the_wake_ups() {
    let mut event_loop = new_loop();
    let log = Rc::new(RefCell::new(Vec::new()));
    let wakers = Rc::new(RefCell::new(Vec::new()));
    for id in 0..4 {
        let (log, wakers) = (log.clone(), wakers.clone());
        let mut began = false;
        event_loop
            .spawn(task(move |cx: &mut Context<'_>| {
                if began {
                    assert_eq!(cx.cause(), Cause::Woken);
                    log.borrow_mut().push(id);
                    return Step::Return(());
                }
                began = true;
                wakers.borrow_mut().push(cx.waker());
                Step::Yield(Wait::woken())
            }))
            .detach();
    }
    event_loop
        .spawn(task(move |_: &mut Context<'_>| {
            let wakers: Vec<Waker> = wakers.take();
            // Waking one twice is waking it once.
            for id in [2, 0, 2, 3, 0, 1] {
                wakers[id].wake_by_ref();
            }
            Step::Return(())
        }))
        .detach();
    event_loop.run().expect("a run");
    assert_eq!(*log.borrow(), [2, 0, 3, 1]);
    assert_eq!((event_loop.counts().turns, event_loop.counts().resumes), (2, 9));
}

#[test]
fn pitfall_42_a_turn_resumes_each_ready_task_once() {
    let mut event_loop = new_loop();
    let runs = Rc::new(Cell::new(0));
    let counted = runs.clone();
    // pitfall 42: one that never waits, as a generator ...
    let greedy = event_loop.spawn(waits_for_ever(move |_| {
        counted.set(counted.get() + 1);
        Wait::next_turn()
    }));
    // ... and one as a future that wakes itself, in two ways.
    let polls = Rc::new(Cell::new(0));
    let counted = polls.clone();
    let selfish = event_loop.spawn(poll_fn(move |cx| {
        counted.set(counted.get() + 1);
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    }));
    let yields = Rc::new(Cell::new(0));
    let counted = yields.clone();
    let yielding = event_loop.spawn(async move {
        loop {
            counted.set(counted.get() + 1);
            yield_now().await;
        }
    });
    for turn in 1..=100 {
        event_loop.turn(None).expect("a turn");
        assert_eq!((runs.get(), polls.get(), yields.get()), (turn, turn, turn));
    }
    assert_eq!(event_loop.counts().turns, 100);
    greedy.abort();
    selfish.abort();
    yielding.abort();
}

#[test]
fn pitfall_42_greedy_tasks_leave_room_for_a_ticker() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let done = Rc::new(Cell::new(false));
    for _ in 0..3 {
        let done = done.clone();
        event_loop
            .spawn(task(
                move |_: &mut Context<'_>| {
                    if done.get() { Step::Return(()) } else { Step::Yield(Wait::next_turn()) }
                },
            ))
            .detach();
    }
    let mut ticks = 0;
    event_loop
        .spawn(task(move |cx: &mut Context<'_>| {
            if ticks > 0 {
                assert_eq!(cx.cause(), Cause::TimedOut);
            }
            ticks += 1;
            if ticks == 10 {
                done.set(true); // pitfall 42
                return Step::Return(());
            }
            Step::Yield(Wait::after(Duration::from_millis(1)))
        }))
        .detach();
    event_loop.run().expect("a run");
}

#[test]
fn pitfall_34_a_future_that_sleeps_for_no_time_gives_way() {
    let mut event_loop = new_loop();
    let done = Rc::new(Cell::new(false));
    let seen = done.clone();
    let sleepless = event_loop.spawn(async move {
        let mut sleeps = 0;
        while !seen.get() && sleeps < 100_000 {
            sleep(Duration::ZERO).await; // pitfall 34
            sleeps += 1;
        }
        sleeps
    });
    event_loop.spawn(async move { done.set(true) }).detach();
    event_loop.run().expect("a run");
    let sleeps = returned(&sleepless);
    assert!(sleeps < 100_000, "nobody else had a turn in {sleeps} sleeps");
}

#[test]
fn what_is_spawned_in_a_turn_runs_in_the_next_one() {
    let mut event_loop = new_loop();
    let log = Rc::new(RefCell::new(Vec::new()));
    let (outer, inner) = (log.clone(), log.clone());
    event_loop
        .spawn(task(move |cx: &mut Context<'_>| {
            outer.borrow_mut().push("parent");
            let inner = inner.clone();
            cx.spawn(task(move |_: &mut Context<'_>| {
                inner.borrow_mut().push("child");
                Step::Return(())
            }))
            .detach();
            Step::Return(())
        }))
        .detach();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(*log.borrow(), ["parent"]);
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(*log.borrow(), ["parent", "child"]);
}

#[test]
fn a_yield_that_nobody_awaits_resumes_nobody() {
    let mut event_loop = new_loop();
    let polls = Rc::new(Cell::new(0));
    let counted = polls.clone();
    // Polls a yield, but does not wait for it in the end.
    event_loop
        .spawn(async {
            let mut yielding = pin!(yield_now());
            poll_fn(|cx| {
                assert!(yielding.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
        })
        .detach();
    let waiting = event_loop.spawn(poll_fn(move |_| {
        counted.set(counted.get() + 1);
        Poll::<()>::Pending
    }));
    for _ in 0..4 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    }
    assert_eq!(polls.get(), 1, "nobody woke it");
    waiting.abort();
}
