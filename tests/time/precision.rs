//! How exactly a wait ends: in one call, never early, finer than a millisecond.

use std::thread;
use std::time::{Duration, Instant};

use eagain::{Cause, Context, JoinHandle, Step, Wait};
use eagain_sys::clock::thread_cpu_time;

use crate::random::Random;
use crate::tasks::{pipe, returned, task};
use crate::{HOUR, both_kinds_of_loop, loop_of, new_loop, sleeps, wait};

#[test]
fn a_sleep_is_one_wait() {
    for mut event_loop in both_kinds_of_loop() {
        let sleep = wait(&event_loop, || Wait::after(Duration::from_millis(20)));
        event_loop.run().expect("a run");
        assert_eq!(returned(&sleep), Cause::TimedOut);
        // The turn that sleeps, and the one that goes on.
        assert_eq!(event_loop.counts().turns, 2);
    }
}

#[test]
fn pitfall_30_a_sleep_of_less_than_a_millisecond_does_not_spin() {
    for mut event_loop in both_kinds_of_loop() {
        let sleeps = sleeps(&event_loop, 100, Duration::from_micros(300)); // pitfall 30
        event_loop.run().expect("a run");
        let turns = event_loop.counts().turns;
        assert!(turns <= 2 * 100, "{turns} turns for 100 sleeps");
        let taken = returned(&sleeps);
        assert!(taken.iter().all(|t| *t >= Duration::from_micros(300)), "{taken:?}");
    }
}

#[test]
fn pitfall_30_a_time_of_zero_is_not_rounded_up() {
    for mut event_loop in both_kinds_of_loop() {
        // A busy machine may be late once or twice; rounded up, it would be 100 ms always.
        let quick = (0..100).any(|_| {
            let begin = Instant::now();
            let sleeps = sleeps(&event_loop, 100, Duration::ZERO); // pitfall 30
            let before = event_loop.counts().turns;
            event_loop.run().expect("a run");
            assert_eq!(returned(&sleeps).len(), 100);
            assert_eq!(event_loop.counts().turns - before, 101);
            begin.elapsed() < Duration::from_millis(100)
        });
        assert!(quick);
    }
}

#[test]
fn pitfall_31_sleeps_are_finer_than_a_millisecond() {
    // One of many shows what the loop can do; a busy machine may be late with the others.
    let mut event_loop = new_loop();
    for _ in 0..100 {
        let sleeps = sleeps(&event_loop, 100, Duration::from_micros(300)); // pitfall 31
        event_loop.run().expect("a run");
        let taken = returned(&sleeps);
        if taken.iter().any(|t| *t < Duration::from_millis(1)) {
            return;
        }
    }
    panic!("10,000 sleeps of 300 µs took a millisecond or more, each of them");
}

#[test]
fn pitfall_31_without_the_finer_call_a_sleep_is_rounded_up() {
    let mut event_loop = loop_of(true);
    let sleeps = sleeps(&event_loop, 100, Duration::from_micros(300)); // pitfall 31
    event_loop.run().expect("a run");
    let taken = returned(&sleeps);
    // The kernel sleeps for a millisecond at least, unless the time was up before it was asked.
    let rounded = taken.iter().filter(|t| **t >= Duration::from_millis(1)).count();
    assert!(rounded > 50, "{rounded} of 100 sleeps were rounded up: {taken:?}");
    assert!(event_loop.counts().turns <= 200);
}

#[test]
fn pitfall_32_no_wait_ends_early() {
    for mut event_loop in both_kinds_of_loop() {
        let mut random = Random::new(32);
        let waits: Vec<_> = (0..500)
            .map(|_| {
                let time = Duration::from_nanos(random.of_any_size(24)); // up to 16 ms
                (time, sleeps(&event_loop, 1, time))
            })
            .collect();
        event_loop.run().expect("a run");
        for (time, taken) in waits {
            let taken = returned(&taken)[0];
            assert!(time <= taken, "{time:?} ended after {taken:?}"); // pitfall 32
        }
    }
}

#[test]
fn pitfall_32_no_wait_for_an_instant_ends_early() {
    for mut event_loop in both_kinds_of_loop() {
        let mut random = Random::new(320);
        let waits: Vec<_> = (0..500)
            .map(|_| {
                let deadline = Instant::now() + Duration::from_nanos(random.of_any_size(24));
                let mut began = false;
                let task = task(move |cx: &mut Context<'_>| {
                    if began {
                        return Step::Return(cx.now());
                    }
                    began = true;
                    Step::Yield(Wait::until(deadline))
                });
                (deadline, event_loop.spawn(task))
            })
            .collect();
        event_loop.run().expect("a run");
        for (deadline, seen) in waits {
            let seen = returned(&seen);
            assert!(deadline <= seen, "{:?} early", deadline.duration_since(seen)); // pitfall 32
        }
    }
}

#[test]
fn pitfall_33_a_time_begins_when_it_is_asked_for() {
    let mut event_loop = new_loop();
    let begin = Instant::now();
    let mut began = false;
    let sleep = event_loop.spawn(task(move |_: &mut Context<'_>| {
        if began {
            return Step::Return(begin.elapsed());
        }
        began = true;
        thread::sleep(Duration::from_millis(50)); // blocks the loop, as nobody should
        Step::Yield(Wait::after(Duration::from_millis(20))) // pitfall 33
    }));
    event_loop.run().expect("a run");
    let passed = returned(&sleep);
    assert!(passed >= Duration::from_millis(70), "{passed:?}");
}

#[test]
fn an_idle_loop_takes_no_turn_and_no_time() {
    let (read, _write) = pipe();
    let mut event_loop = new_loop();
    // Many who wait for something that does not happen ...
    let mut idle: Vec<_> = (0..100).map(|_| wait(&event_loop, Wait::woken)).collect();
    idle.extend((0..100).map(|_| wait(&event_loop, || Wait::after(HOUR))));
    let reader = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        assert_eq!(read.try_read(&mut [0; 8]).expect("a read"), None);
        Step::<()>::Yield(cx.readable(&read).expect("a wait"))
    }));
    // ... and one that ends them all.
    let mut sleep = Some(Duration::from_millis(200));
    let end = event_loop.spawn(task(move |cx: &mut Context<'_>| match sleep.take() {
        Some(time) => Step::Yield(Wait::after(time)),
        None => {
            assert_eq!(cx.cause(), Cause::TimedOut);
            Step::Return(())
        }
    }));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let used = thread_cpu_time();
    // Not for ever: if this machine stood still meanwhile, the one that ends them is done by then.
    event_loop.turn(Some(Duration::from_secs(2))).expect("a turn that sleeps");
    event_loop.turn(Some(Duration::ZERO)).expect("the turn after it");
    let used = thread_cpu_time() - used;
    assert!(end.is_finished());
    assert_eq!(event_loop.counts().resumes, 203);
    assert!(used < Duration::from_millis(100), "{used:?} of processor time while idle");
    idle.iter().for_each(JoinHandle::abort);
    reader.abort();
}
