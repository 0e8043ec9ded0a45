//! What is left of a loop: nothing.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use eagain::time::sleep;
use eagain::{Context, EventLoop, LoopError, Step, Wait};
use eagain_sys::poller::Interest;

use crate::drops::Drops;
use crate::reentrance::poll_through;
use crate::tasks::{pipe, refuse, returned, task};
use crate::{HOUR, descriptors, memory, new_loop, own_process, waits_for_ever};

/// A loop with a task of every kind that can be unfinished, and some that are.
pub(crate) fn populated(drops: &Drops) -> (EventLoop, usize) {
    let mut event_loop = new_loop();
    let mut tasks = 0;
    let mut guard = || {
        tasks += 1;
        drops.guard()
    };

    let (read, write) = pipe();
    let own = guard();
    event_loop
        .spawn(waits_for_ever(move |cx| {
            let _ = (&own, &write);
            refuse(&read, Interest::READ);
            cx.readable(&read).expect("a wait")
        }))
        .detach();

    let own = guard();
    event_loop
        .spawn(waits_for_ever(move |_| {
            let _ = &own;
            Wait::after(HOUR)
        }))
        .detach();

    // One that holds its own waker, and its own handle.
    let own = guard();
    let mut waker = None;
    let handle = Rc::new(RefCell::new(None));
    let shared = handle.clone();
    let holder = event_loop.spawn(waits_for_ever(move |cx| {
        let _ = (&own, &shared, &waker);
        waker = Some(cx.waker());
        Wait::woken()
    }));
    handle.replace(Some(holder));

    // The same as a future, which has also been woken, and polls a timer with a stranger's waker.
    let own = guard();
    let mut timer = Box::pin(sleep(HOUR));
    let mut kept = None;
    event_loop
        .spawn(poll_fn(move |cx| {
            let _ = (&own, &kept);
            kept = Some(cx.waker().clone());
            poll_through(timer.as_mut(), cx.waker())
        }))
        .detach();

    // One that has finished, with a result that nobody took.
    let result = guard();
    let mut result = Some(result);
    let finished = event_loop.spawn(task(move |_: &mut Context<'_>| Step::Return(result.take())));

    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert!(finished.is_finished());

    // One that never ran.
    let own = guard();
    event_loop
        .spawn(waits_for_ever(move |_| {
            let _ = &own;
            Wait::woken()
        }))
        .detach();
    (event_loop, tasks)
}

#[test]
fn pitfall_48_loops_leave_nothing_behind() {
    if !own_process::entered("leftovers::pitfall_48_loops_leave_nothing_behind") {
        return;
    }
    let drops = Drops::default();
    let mut tasks = 0;
    let (mut open, mut resident) = (Vec::new(), 0);
    for round in 0..1000 {
        let (event_loop, n) = populated(&drops);
        tasks += n;
        drop(event_loop); // pitfall 48
        assert_eq!(drops.count(), tasks);
        if round == 100 {
            (open, resident) = (descriptors::open(), memory::resident_bytes());
        }
    }
    assert_eq!(descriptors::open(), open);
    let grown = memory::resident_bytes().saturating_sub(resident);
    // Half of what a single task of each loop would take.
    assert!(grown < 128 * 1024, "the process has grown by {grown} bytes");
}

/// Runs a task of a new loop until it has given its waker away.
fn waker_of_a_new_loop() -> (EventLoop, Waker) {
    let mut event_loop = new_loop();
    let place = Rc::new(RefCell::new(None));
    let shared = place.clone();
    event_loop
        .spawn(waits_for_ever(move |cx| {
            shared.replace(Some(cx.waker()));
            Wait::woken()
        }))
        .detach();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let waker = place.take().expect("it ran");
    (event_loop, waker)
}

#[test]
fn pitfall_48_a_waker_that_outlives_its_loop_keeps_no_descriptor() {
    if !own_process::entered(
        "leftovers::pitfall_48_a_waker_that_outlives_its_loop_keeps_no_descriptor",
    ) {
        return;
    }
    let open = descriptors::open();
    let (event_loop, waker) = waker_of_a_new_loop();
    drop(event_loop);
    drop(waker);
    assert_eq!(descriptors::open(), open, "after a waker that was only dropped");

    let (event_loop, waker) = waker_of_a_new_loop();
    drop(event_loop);
    waker.wake(); // pitfall 48: there is nobody to hear it
    assert_eq!(descriptors::open(), open, "after a waker that was used when the loop was gone");

    let (event_loop, waker) = waker_of_a_new_loop();
    waker.wake(); // pitfall 48: and the loop goes before it looks
    drop(event_loop);
    assert_eq!(descriptors::open(), open, "after a wake-up that the loop never saw");
}

#[test]
fn pitfall_48_what_outlives_its_loop_says_so() {
    let mut event_loop = new_loop();
    let (read, _write) = pipe();
    let read = Rc::new(read);
    let shared = read.clone();
    let handle = event_loop.spawn(waits_for_ever(move |cx| {
        refuse(&shared, Interest::READ);
        cx.readable(&*shared).expect("a wait")
    }));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    drop(event_loop);
    assert!(handle.is_finished());
    assert!(matches!(handle.take(), Some(Err(_))));
    handle.abort();

    // Nobody can wait for its sources any more.
    let mut other = new_loop();
    let task = other.spawn(task(move |cx: &mut Context<'_>| {
        refuse(&read, Interest::READ);
        let error = cx.readable(&*read).expect_err("the loop of this source is gone");
        Step::Return(LoopError::of(&error))
    }));
    other.run().expect("a run");
    assert_eq!(returned(&task), Some(LoopError::LoopGone));
}
