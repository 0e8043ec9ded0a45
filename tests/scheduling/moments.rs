//! Work that appears at a bad moment.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use eagain::{Context, EventLoop, JoinHandle, Step, Wait, yield_now};
use eagain_sys::poller::Interest;

use crate::drops::OnDrop;
use crate::tasks::{pipe, refuse, task};
use crate::watchdog::watch;
use crate::{HOUR, MINUTE, new_loop, waits_for_ever};

/// A loop that has only its tasks, and one that has a source to ask the kernel about.
fn without_and_with_a_source() -> [EventLoop; 2] {
    let mut with_source = new_loop();
    let (read, write) = pipe();
    let reader = waits_for_ever(move |cx| {
        let _ = &write;
        refuse(&read, Interest::READ);
        cx.readable(&read).expect("a wait")
    });
    with_source.spawn(reader).detach();
    with_source.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(with_source.counts().sources, 1);
    [new_loop(), with_source]
}

/// A task that leaves its waker here, and ends when it is woken.
fn sleeper(event_loop: &EventLoop) -> (Rc<RefCell<Option<Waker>>>, JoinHandle<()>) {
    let place = Rc::new(RefCell::new(None));
    let shared = place.clone();
    let mut began = false;
    let sleeper = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        if began {
            return Step::Return(());
        }
        began = true;
        shared.replace(Some(cx.waker()));
        Step::Yield(Wait::woken())
    }));
    (place, sleeper)
}

/// Turns the loop with a task that must go on at once, although the next deadline is an hour away.
fn goes_on_at_once(event_loop: &mut EventLoop, task: &JoinHandle<()>) {
    let _watchdog = watch(MINUTE);
    let far = event_loop.spawn(waits_for_ever(|_| Wait::after(HOUR)));
    event_loop.turn(Some(HOUR)).expect("a turn that makes it READY");
    event_loop.turn(Some(Duration::ZERO)).expect("a turn that resumes it");
    assert!(task.is_finished());
    far.abort();
}

#[test]
fn pitfall_41_a_wake_up_by_a_later_task_is_not_slept_over() {
    for mut event_loop in without_and_with_a_source() {
        let (place, early) = sleeper(&event_loop);
        let mut began = false;
        let late = event_loop.spawn(waits_for_ever(move |_| {
            if !began {
                began = true;
                place.take().expect("the other one ran before").wake(); // pitfall 41
            }
            Wait::woken()
        }));
        goes_on_at_once(&mut event_loop, &early);
        late.abort();
    }
}

#[test]
fn pitfall_41_a_task_spawned_by_the_last_one_is_not_slept_over() {
    for mut event_loop in without_and_with_a_source() {
        let child = Rc::new(RefCell::new(None));
        let shared = child.clone();
        let parent = event_loop.spawn(waits_for_ever(move |cx| {
            let child = cx.spawn(task(|_: &mut Context<'_>| Step::Return(())));
            shared.replace(Some(child)); // pitfall 41
            Wait::woken()
        }));
        let _watchdog = watch(MINUTE);
        event_loop.turn(Some(HOUR)).expect("a turn");
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert!(child.borrow().as_ref().is_some_and(JoinHandle::is_finished));
        parent.abort();
    }
}

#[test]
fn pitfall_41_work_that_a_drop_makes_is_not_slept_over() {
    for mut event_loop in without_and_with_a_source() {
        let (place, sleeper) = sleeper(&event_loop);
        let wakes = OnDrop(move || place.take().expect("the sleeper ran before").wake());
        event_loop
            .spawn(task(move |_: &mut Context<'_>| {
                let _ = &wakes; // pitfall 41: goes with the task
                Step::Return(())
            }))
            .detach();
        goes_on_at_once(&mut event_loop, &sleeper);
    }
}

#[test]
fn pitfall_41_work_that_appears_between_turns_is_not_slept_over() {
    for mut event_loop in without_and_with_a_source() {
        let (place, sleeper) = sleeper(&event_loop);
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        place.take().expect("it ran").wake(); // pitfall 41: no loop runs on this thread now
        goes_on_at_once(&mut event_loop, &sleeper);

        let spawned = event_loop.spawn(yield_now());
        goes_on_at_once(&mut event_loop, &spawned);
    }
}

#[test]
fn pitfall_41_a_loop_that_is_always_busy_still_hears_of_sources_and_timers() {
    let _watchdog = watch(MINUTE);
    let (read, write) = pipe();
    let mut event_loop = new_loop();
    let left = Rc::new(Cell::new(2));
    let seen = left.clone();
    event_loop
        .spawn(task(move |_: &mut Context<'_>| {
            if seen.get() == 0 { Step::Return(()) } else { Step::Yield(Wait::next_turn()) }
        }))
        .detach();
    let seen = left.clone();
    event_loop
        .spawn(task(move |cx: &mut Context<'_>| {
            match read.try_read(&mut [0; 8]).expect("a read") {
                None => Step::Yield(cx.readable(&read).expect("a wait")),
                Some(_) => {
                    seen.set(seen.get() - 1);
                    Step::Return(())
                }
            }
        }))
        .detach();
    let mut began = false;
    event_loop
        .spawn(task(move |_: &mut Context<'_>| {
            if began {
                assert_eq!(write.try_write(b"x").expect("a write"), Some(1));
                left.set(left.get() - 1);
                return Step::Return(());
            }
            began = true;
            Step::Yield(Wait::after(Duration::from_millis(2))) // pitfall 41
        }))
        .detach();
    event_loop.run().expect("a run");
}
