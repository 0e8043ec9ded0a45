//! Loops within loops, and within foreign ones.

use std::cell::RefCell;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use eagain::time::sleep;
use eagain::{Cause, Context, EventLoop, LoopError, Source, Step, Wait};
use eagain_sys::poll::{PollFd, poll};
use eagain_sys::poller::Interest;

use crate::drops::Drops;
use crate::leftovers::populated;
use crate::tasks::{pipe, returned, task};
use crate::watchdog::watch;
use crate::{HOUR, MINUTE, new_loop, waits_for_ever};

#[test]
fn pitfall_51_a_loop_within_a_task_is_refused() {
    let mut event_loop = new_loop();
    let task = event_loop.spawn(task(|cx: &mut Context<'_>| {
        let mut inner = new_loop();
        inner.spawn(async {}).detach();
        let refused = [inner.run(), inner.turn(None)].map(|r| r.expect_err("a loop runs already")); // pitfall 51
        assert_eq!(inner.counts().turns, 0);
        drop(inner); // its tasks go with it
        assert_eq!(cx.cause(), Cause::Turn);
        Step::Return(refused)
    }));
    event_loop.run().expect("the outer one goes on");
    for error in returned(&task) {
        assert_eq!(LoopError::of(&error), Some(LoopError::Nested));
        let text = error.to_string();
        assert!(text.contains("already running") && text.contains("spawn a task on it"), "{text}");
    }
    // Afterwards, another one may run.
    let mut other = new_loop();
    other.spawn(async {}).detach();
    other.run().expect("a run");
}

#[test]
fn pitfall_51_a_task_of_a_loop_may_drop_another_loop() {
    let drops = Drops::default();
    let (inner, tasks) = populated(&drops);
    let mut inner = Some(inner);
    let mut outer = new_loop();
    let task = outer.spawn(task(move |_: &mut Context<'_>| {
        if inner.take().is_some() {
            return Step::Yield(Wait::after(Duration::from_millis(1))); // pitfall 51
        }
        Step::Return(())
    }));
    let _watchdog = watch(MINUTE);
    outer.run().expect("a run");
    returned(&task);
    assert_eq!(drops.count(), tasks);
}

/// Waits on a foreign poll for the loop and for this descriptor, as long as the loop says.
fn foreign_poll(event_loop: &EventLoop, other: Option<&Source>) -> (bool, bool) {
    let timeout = event_loop.next_deadline().map(|d| d.saturating_duration_since(Instant::now()));
    let other = other.map(|source| source.fd().expect("a descriptor"));
    let mut fds = vec![PollFd::new(event_loop.as_fd(), Interest::READ)];
    fds.extend(other.as_ref().map(|fd| PollFd::new(fd.as_fd(), Interest::READ)));
    poll(&mut fds, timeout).expect("a wait");
    (fds[0].is_readable(), fds.get(1).is_some_and(PollFd::is_readable))
}

#[test]
fn a_loop_can_be_turned_by_a_foreign_one() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    // A reader, ...
    let (read, write) = pipe();
    let reader = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        match read.try_read(&mut [0; 8]).expect("a read") {
            None => Step::Yield(cx.readable(&read).expect("a wait")),
            Some(n) => Step::Return(n),
        }
    }));
    // ... a sleeper, ...
    let sleeper = event_loop.spawn(sleep(Duration::from_millis(5)));
    // ... and one that waits for another thread.
    let thread = Rc::new(RefCell::new(None));
    let shared = thread.clone();
    let mut began = false;
    let woken = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        if began {
            return Step::Return(cx.cause());
        }
        began = true;
        let waker = cx.waker();
        shared.replace(Some(thread::spawn(move || waker.wake())));
        Step::Yield(Wait::woken())
    }));
    // The foreign loop has something of its own, which feeds the reader.
    let (foreign_read, foreign_write) = pipe();
    assert_eq!(foreign_write.try_write(b"x").expect("a write"), Some(1));
    let mut foreign = Some(foreign_read);
    let mut turns = 0;
    while event_loop.counts().tasks > 0 {
        let (_, other) = foreign_poll(&event_loop, foreign.as_ref());
        if other {
            foreign = None;
            assert_eq!(write.try_write(b"hello").expect("a write"), Some(5));
        }
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        turns += 1;
    }
    assert_eq!(returned(&reader), 5);
    returned(&sleeper);
    assert_eq!(returned(&woken), Cause::Woken);
    thread.take().expect("it was started").join().expect("and ended");
    // One for the start, and no more than three for each of them: that their thing is there,
    // that they run, and that the bell rang in between.
    assert!(turns <= 12, "{turns} turns");
}

#[test]
fn the_descriptor_of_a_loop_is_readable_when_a_turn_would_find_something() {
    let now = |event_loop: &EventLoop| {
        let mut fds = [PollFd::new(event_loop.as_fd(), Interest::READ)];
        poll(&mut fds, Some(Duration::ZERO)).expect("a look");
        fds[0].is_readable()
    };
    let mut event_loop = new_loop();
    let (read, write) = pipe();
    let reader = event_loop.spawn(waits_for_ever(move |cx| {
        while read.try_read(&mut [0; 8]).expect("a read").is_some() {}
        cx.readable(&read).expect("a wait")
    }));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert!(!now(&event_loop));
    for _ in 0..3 {
        write.try_write(b"x").expect("a write");
        assert!(now(&event_loop));
        // It is moved to READY, and runs.
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert!(!now(&event_loop));
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert!(!now(&event_loop));
    }
    reader.abort();
}

#[test]
fn a_loop_with_a_ready_task_is_to_be_turned_now() {
    let mut event_loop = new_loop();
    assert_eq!(event_loop.next_deadline(), None);
    let busy = event_loop.spawn(waits_for_ever(|_| Wait::next_turn()));
    for _ in 0..3 {
        assert!(event_loop.next_deadline().is_some_and(|d| d <= Instant::now()));
        event_loop.turn(None).expect("a turn");
    }
    busy.abort();
    // A turn for one that has ended finds nobody.
    event_loop.turn(None).expect("a turn");
    let idle = event_loop.spawn(waits_for_ever(|_| Wait::woken()));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(event_loop.next_deadline(), None);
    idle.abort();
}

#[test]
fn a_turn_sleeps_no_longer_than_it_may() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let idle = event_loop.spawn(waits_for_ever(|_| Wait::after(HOUR)));
    for limit in [Duration::ZERO, Duration::from_nanos(1), Duration::from_millis(3)] {
        event_loop.turn(Some(limit)).expect("a turn");
    }
    assert_eq!(event_loop.counts().turns, 3);
    idle.abort();
}
