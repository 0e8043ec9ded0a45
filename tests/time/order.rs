//! Who is woken first, of those whose time has come.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use eagain::{Cause, Context, EventLoop, JoinHandle, Step, Wait};

use crate::random::Random;
use crate::tasks::{returned, task};
use crate::watchdog::watch;
use crate::{HOUR, MINUTE, both_kinds_of_loop, new_loop, timers, wait};

/// Waits until the deadline, and notes that it came.
fn noted<T: Copy + 'static>(
    event_loop: &EventLoop,
    deadline: Instant,
    what: T,
    fired: &Rc<RefCell<Vec<T>>>,
) -> JoinHandle<()> {
    let fired = fired.clone();
    let mut began = false;
    event_loop.spawn(task(move |_: &mut Context<'_>| {
        if began {
            fired.borrow_mut().push(what);
            return Step::Return(());
        }
        began = true;
        Step::Yield(Wait::until(deadline))
    }))
}

#[test]
fn deadlines_fire_in_their_order() {
    let mut random = Random::new(2);
    for mut event_loop in both_kinds_of_loop() {
        let fired = Rc::new(RefCell::new(Vec::new()));
        let begin = Instant::now();
        // Over some slots of the finest wheel and of the next one.
        let mut deadlines: Vec<_> =
            (0..500).map(|_| begin + Duration::from_nanos(random.below(10_000_000))).collect();
        for deadline in deadlines.iter().copied() {
            noted(&event_loop, deadline, deadline, &fired).detach();
        }
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        // All of them come due while nobody looks.
        while begin.elapsed() < Duration::from_millis(10) {
            thread::sleep(Duration::from_millis(10));
        }
        event_loop.run().expect("a run");
        deadlines.sort_unstable();
        assert_eq!(*fired.borrow(), deadlines);
    }
}

#[test]
fn equal_deadlines_fire_in_the_order_they_were_set() {
    let mut event_loop = new_loop();
    let fired = Rc::new(RefCell::new(Vec::new()));
    let deadline = Instant::now() + Duration::from_millis(2);
    let handles: Vec<_> = (0..300).map(|i| noted(&event_loop, deadline, i, &fired)).collect();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    // Taking some of them back does not mix up the others.
    handles.iter().step_by(3).for_each(JoinHandle::abort);
    event_loop.run().expect("a run");
    let expected: Vec<_> = (0..300).filter(|i| i % 3 != 0).collect();
    assert_eq!(*fired.borrow(), expected);
}

#[test]
fn the_next_deadline_is_the_earliest_to_the_nanosecond() {
    let mut event_loop = new_loop();
    let begin = Instant::now() + HOUR;
    assert_eq!(event_loop.next_deadline(), None);
    let mut random = Random::new(3);
    let mut earliest = None;
    for _ in 0..100 {
        let deadline = begin + Duration::from_nanos(random.of_any_size(45));
        wait(&event_loop, move || Wait::until(deadline)).detach();
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        earliest = Some(earliest.map_or(deadline, |e: Instant| e.min(deadline)));
        assert_eq!(event_loop.next_deadline(), earliest);
    }
}

#[test]
fn of_two_deadlines_the_earlier_one_holds() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let (soon, late) = (Duration::from_millis(1), HOUR);
    for (first, second) in [(soon, late), (late, soon)] {
        let begin = Instant::now();
        let both = wait(&event_loop, move || Wait::after(first).or_until(begin + second));
        event_loop.run().expect("a run");
        assert_eq!(returned(&both), Cause::TimedOut);
        assert!(begin.elapsed() >= soon);
    }
}

#[test]
fn pitfall_37_timers_agree_with_a_sorted_list() {
    for seed in 1..=4 {
        timers::agree_with_a_sorted_list(seed, 2_000, Duration::from_millis(1));
    }
}
