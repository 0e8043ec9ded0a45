//! `Handle::stop`: which run it ends, and what stays.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use eagain::{Handle, LoopError, yield_now};

use crate::watchdog::watch;
use crate::{MINUTE, new_loop};

fn stop_here() {
    Handle::current().expect("a loop runs").stop();
}

#[test]
fn a_sleeping_loop_is_stopped_by_another_thread() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    event_loop.spawn(pending::<()>()).detach();
    let handle = event_loop.handle();
    let other = thread::spawn(move || handle.stop());
    event_loop.run().expect("a stop is no error");
    other.join().expect("no panic");
    assert_eq!(event_loop.counts().tasks, 1);
}

#[test]
fn a_loop_returns_after_the_turn_in_which_it_was_stopped_and_its_tasks_go_on_later() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let steps = Rc::new(Cell::new(0));
    let counted = steps.clone();
    event_loop
        .spawn(async move {
            for step in 1..=10 {
                counted.set(step);
                if step == 4 {
                    stop_here();
                }
                yield_now().await;
            }
        })
        .detach();
    event_loop.run().expect("a run");
    assert_eq!(steps.get(), 4);
    event_loop.run().expect("a run");
    assert_eq!((steps.get(), event_loop.counts().tasks), (10, 0));
}

#[test]
fn a_block_on_that_is_stopped_says_so_and_drops_its_future() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let (alive, inside) = (Rc::new(()), Rc::new(Cell::new(None)));
    inside.set(Some(alive.clone()));
    let future = async {
        let _kept = inside.take();
        stop_here();
        pending::<()>().await;
    };
    let stopped = event_loop.block_on(future).expect_err("it never ends");
    assert_eq!(LoopError::of(&stopped), Some(LoopError::Stopped));
    assert_eq!(Rc::strong_count(&alive), 1);
}

#[test]
fn a_future_that_is_ready_in_the_turn_of_a_stop_is_not_lost() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let value = event_loop.block_on(async {
        stop_here();
        7
    });
    assert_eq!(value.expect("it was ready"), 7);
}

#[test]
fn a_stop_before_a_run_ends_that_run_before_a_task_has_run() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let ran = Rc::new(Cell::new(false));
    let runs = ran.clone();
    event_loop.spawn(async move { runs.set(true) }).detach();
    event_loop.handle().stop();
    event_loop.run().expect("a run");
    assert!(!ran.get());
    event_loop.run().expect("a run");
    assert!(ran.get());
    event_loop.handle().stop();
    let stopped = event_loop.block_on(async {}).expect_err("it was stopped before");
    assert_eq!(LoopError::of(&stopped), Some(LoopError::Stopped));
    event_loop.block_on(async {}).expect("once is once");
}

#[test]
fn many_stops_are_one() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let task = event_loop.spawn(async { yield_now().await });
    (0..1000).for_each(|_| event_loop.handle().stop());
    event_loop.run().expect("a run");
    assert!(!task.is_finished());
    event_loop.run().expect("a run");
    assert!(task.is_finished());
}

#[test]
fn a_turn_is_not_stopped_and_leaves_the_stop_to_the_next_run() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let steps = Rc::new(Cell::new(0));
    let counted = steps.clone();
    event_loop
        .spawn(async move {
            loop {
                counted.set(counted.get() + 1);
                yield_now().await;
            }
        })
        .detach();
    event_loop.handle().stop();
    for _ in 0..3 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    }
    assert_eq!(steps.get(), 3);
    event_loop.run().expect("a run");
    assert_eq!(steps.get(), 3);
}
