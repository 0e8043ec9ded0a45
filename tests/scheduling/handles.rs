//! Handles: what becomes of a task that is dropped, detached or aborted.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use eagain::time::sleep;
use eagain::{Context, JoinHandle, Step, Wait};
use eagain_sys::poller::Interest;

use crate::drops::Drops;
use crate::tasks::{PATIENCE, pipe, refuse, returned, task};
use crate::{HOUR, assert_cancelled, new_loop, waits_for_ever};

#[test]
fn pitfall_49_a_task_whose_handle_is_dropped_runs_on() {
    let mut event_loop = new_loop();
    let runs = Rc::new(Cell::new(0));
    let task = || {
        let runs = runs.clone();
        let mut left = 3;
        task(move |_: &mut Context<'_>| {
            runs.set(runs.get() + 1);
            left -= 1;
            if left == 0 { Step::Return("nobody asks") } else { Step::Yield(Wait::next_turn()) }
        })
    };
    drop(event_loop.spawn(task())); // pitfall 49: at once ...
    event_loop.spawn(task()).detach(); // ... in words ...
    let handle = event_loop.spawn(task());
    event_loop.turn(None).expect("a turn");
    drop(handle); // ... and later.
    event_loop.run().expect("a run");
    assert_eq!(runs.get(), 9);
    assert_eq!(event_loop.tasks().len(), 0);
}

#[test]
fn pitfall_49_the_result_of_a_detached_task_is_dropped() {
    let drops = Drops::default();
    let mut event_loop = new_loop();
    let returns_a_guard = || {
        let mut guard = Some(drops.guard());
        task(move |_: &mut Context<'_>| Step::Return(guard.take()))
    };
    event_loop.spawn(returns_a_guard()).detach(); // pitfall 49
    let handle = event_loop.spawn(returns_a_guard());
    let taken = event_loop.spawn(returns_a_guard());
    event_loop.run().expect("a run");
    assert_eq!(drops.count(), 1);
    drop(handle);
    assert_eq!(drops.count(), 2);
    let result = returned(&taken);
    assert!(taken.take().is_none(), "a result can be taken once");
    drop(taken);
    assert_eq!(drops.count(), 2);
    drop(result);
    assert_eq!(drops.count(), 3);
    assert_eq!(event_loop.tasks().len(), 0);
}

#[test]
fn pitfall_49_abort_ends_a_task_where_it_waits() {
    let drops = Drops::default();
    let mut event_loop = new_loop();
    let (read, write) = pipe();
    let guard = drops.guard();
    let reader = event_loop.spawn(waits_for_ever(move |cx| {
        let _ = &guard;
        refuse(&read, Interest::READ);
        cx.readable(&read).expect("a wait").or_until(cx.now() + HOUR)
    }));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let counts = event_loop.counts();
    assert_eq!((counts.tasks, counts.sources, counts.timers), (1, 1, 1));
    reader.abort(); // pitfall 49
    assert_eq!(drops.count(), 1, "what it owned is gone at once");
    let counts = event_loop.counts();
    assert_eq!((counts.tasks, counts.sources, counts.timers), (0, 0, 0));
    assert!(reader.is_finished());
    assert_cancelled(&reader);
    // A child that another test has just forked may have the read end for a moment yet.
    let began = Instant::now();
    while write.try_write(b"x").is_ok() {
        assert!(began.elapsed() < PATIENCE, "the read end is open");
        thread::yield_now();
    }
}

#[test]
fn pitfall_49_abort_of_a_task_that_has_not_run() {
    let drops = Drops::default();
    let mut event_loop = new_loop();
    let guard = drops.guard();
    let runs = Rc::new(Cell::new(0));
    let counted = runs.clone();
    let task = event_loop.spawn(waits_for_ever(move |_| {
        let _ = &guard;
        counted.set(counted.get() + 1);
        Wait::next_turn()
    }));
    task.abort(); // pitfall 49
    assert_eq!(drops.count(), 1);
    event_loop.run().expect("a run");
    assert_eq!(runs.get(), 0);
    assert_cancelled(&task);
    assert_eq!(event_loop.counts().resumes, 0, "a task that ended before was not resumed");
}

#[test]
fn pitfall_49_abort_of_the_task_that_runs_ends_it_when_it_yields() {
    let drops = Drops::default();
    let mut event_loop = new_loop();
    for wait in [Wait::woken, Wait::next_turn, || Wait::after(HOUR)] {
        let own = Rc::new(RefCell::new(None::<JoinHandle<()>>));
        let (shared, guard) = (own.clone(), drops.guard());
        let before = drops.count();
        let counted = drops.clone();
        let task = event_loop.spawn(waits_for_ever(move |_| {
            let _ = &guard;
            shared.borrow().as_ref().expect("its own handle").abort(); // pitfall 49
            assert_eq!(counted.count(), before, "it still runs");
            wait()
        }));
        own.replace(Some(task));
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert_cancelled(own.borrow().as_ref().expect("its handle"));
        assert_eq!(drops.count(), before + 1);
    }
    assert_eq!((event_loop.counts().tasks, event_loop.counts().timers), (0, 0));
}

#[test]
fn pitfall_49_abort_of_a_finished_task_leaves_its_result() {
    let mut event_loop = new_loop();
    let task = event_loop.spawn(async { 7 });
    event_loop.run().expect("a run");
    task.abort(); // pitfall 49
    assert_eq!(returned(&task), 7);
}

#[test]
fn pitfall_49_abort_by_another_task_of_the_same_turn() {
    let mut event_loop = new_loop();
    let victim = Rc::new(RefCell::new(None::<JoinHandle<()>>));
    let shared = victim.clone();
    event_loop
        .spawn(task(move |_: &mut Context<'_>| {
            shared.borrow().as_ref().expect("a handle").abort(); // pitfall 49
            Step::Return(())
        }))
        .detach();
    let task = event_loop.spawn(async { panic!("it must not run") });
    victim.replace(Some(task));
    event_loop.run().expect("a run");
    assert_cancelled(victim.borrow().as_ref().expect("a handle"));
}

#[test]
fn pitfall_49_a_future_that_is_aborted_between_turns_takes_its_timer_back() {
    let mut event_loop = new_loop();
    let sleeper = event_loop.spawn(sleep(HOUR));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(event_loop.counts().timers, 1);
    sleeper.abort(); // pitfall 49
    assert_eq!(event_loop.counts().timers, 0);
    assert_eq!(event_loop.next_deadline(), None);
}

#[test]
fn pitfall_49_a_future_that_a_task_of_another_loop_aborts_takes_its_timer_back() {
    let mut event_loop = new_loop();
    let sleeper = event_loop.spawn(sleep(HOUR));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let mut other = new_loop();
    other.spawn(async move { sleeper.abort() }).detach(); // pitfall 49
    other.run().expect("a run");
    assert_eq!(event_loop.counts().timers, 0);
}

#[test]
fn a_sleep_that_moves_to_another_loop_does_not_end_early() {
    let timer = Rc::new(RefCell::new(Some(Box::pin(sleep(HOUR)))));
    let (mut one, mut other) = (new_loop(), new_loop());
    let shared = timer.clone();
    one.spawn(poll_fn(move |cx| {
        let mut timer = shared.borrow_mut();
        assert!(timer.as_mut().expect("a sleep").as_mut().poll(cx).is_pending());
        Poll::Ready(())
    }))
    .detach();
    one.run().expect("a run");
    let moved = other.spawn(timer.take().expect("a sleep"));
    other.turn(Some(Duration::ZERO)).expect("a turn");
    // It may wait on, or say what is wrong; it must not say that an hour has passed.
    assert!(!matches!(moved.take(), Some(Ok(()))));
    moved.abort();
}
