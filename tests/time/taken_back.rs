//! Timers whose wait ended otherwise, or that were set anew.

use std::time::{Duration, Instant};

use eagain::{Cause, Context, JoinHandle, Step, Wait};

use crate::random::Random;
use crate::tasks::{pipe, returned, task};
use crate::watchdog::watch;
use crate::{HOUR, MINUTE, memory, new_loop, own_process, wait};

#[test]
fn pitfall_37_timers_that_are_taken_back_leave_nothing() {
    if !own_process::entered("taken_back::pitfall_37_timers_that_are_taken_back_leave_nothing") {
        return;
    }
    let mut event_loop = new_loop();
    let mut random = Random::new(37);
    let mut at_first = 0;
    for round in 0..1000 {
        // pitfall 37: a thousand timers at a time, a million in all.
        let far: Vec<_> = (0..1000)
            .map(|_| {
                let time = HOUR + Duration::from_nanos(random.below(1 << 50));
                wait(&event_loop, move || Wait::after(time))
            })
            .collect();
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert_eq!(event_loop.counts().timers, 1000);
        far.iter().for_each(JoinHandle::abort);
        assert_eq!(event_loop.counts().timers, 0);
        if round == 100 {
            at_first = memory::resident_bytes();
        }
    }
    // 900,000 timers later: one byte for each of them would be seen.
    let grown = memory::resident_bytes().saturating_sub(at_first);
    assert!(grown < 900_000, "the process has grown by {grown} bytes");
}

#[test]
fn pitfall_37_a_wake_up_takes_the_timer_back() {
    let mut event_loop = new_loop();
    let mut rounds = 0;
    let task = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        if rounds == 1000 {
            return Step::Return(());
        }
        assert!(rounds == 0 || cx.cause() == Cause::Woken);
        rounds += 1;
        cx.waker().wake();
        Step::Yield(Wait::after(HOUR)) // pitfall 37
    }));
    let _watchdog = watch(MINUTE);
    event_loop.run().expect("a run");
    returned(&task);
    let counts = event_loop.counts();
    assert_eq!((counts.timers, counts.turns), (0, 1001));
}

#[test]
fn data_before_the_deadline_takes_the_timer_back() {
    let (read, write) = pipe();
    let mut event_loop = new_loop();
    let reader = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        match read.try_read(&mut [0; 8]).expect("a read") {
            Some(n) => Step::Return((n, cx.cause())),
            None => {
                let readable = cx.readable(&read).expect("a wait");
                Step::Yield(readable.or_until(cx.now() + HOUR))
            }
        }
    }));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(event_loop.counts().timers, 1);
    assert_eq!(write.try_write(b"hello").expect("a write"), Some(5));
    let _watchdog = watch(MINUTE);
    event_loop.run().expect("a run");
    let (n, cause) = returned(&reader);
    assert_eq!(n, 5);
    assert!(matches!(cause, Cause::Ready(ready) if ready.is_readable()), "{cause:?}");
    assert_eq!(event_loop.counts().timers, 0);
}

#[test]
fn a_deadline_before_the_data_leaves_the_source_usable() {
    let (read, write) = pipe();
    let mut event_loop = new_loop();
    let mut timed_out = 0;
    let reader = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        if cx.cause() == Cause::TimedOut {
            timed_out += 1;
            if timed_out == 3 {
                assert_eq!(write.try_write(b"hello").expect("a write"), Some(5));
            }
        }
        match read.try_read(&mut [0; 8]).expect("a read") {
            Some(n) => Step::Return((n, timed_out)),
            None => {
                let readable = cx.readable(&read).expect("a wait");
                let soon = cx.now() + Duration::from_micros(100);
                Step::Yield(if timed_out < 3 { readable.or_until(soon) } else { readable })
            }
        }
    }));
    let _watchdog = watch(MINUTE);
    event_loop.run().expect("a run");
    assert_eq!(returned(&reader), (5, 3));
    assert_eq!(event_loop.counts().reactor.registrations, 1);
}

#[test]
fn who_asks_for_the_next_turn_sets_no_timer() {
    let mut event_loop = new_loop();
    let next = wait(&event_loop, || Wait::next_turn().or_until(Instant::now() + HOUR));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(event_loop.counts().timers, 0);
    event_loop.run().expect("a run");
    assert_eq!(returned(&next), Cause::Turn);
}

#[test]
fn a_sleep_that_is_reset_ends_at_the_new_time() {
    let mut event_loop = new_loop();
    let begin = Instant::now();
    let [early, late] = [1, 20].map(|ms| begin + Duration::from_millis(ms));
    let _watchdog = watch(MINUTE);
    event_loop
        .block_on(async move {
            // Before it was ever awaited, while it is, and when it was done.
            let mut sleep = eagain::time::sleep(HOUR);
            sleep.reset(begin + MINUTE);
            let mut polls = 0;
            std::future::poll_fn(|cx| {
                let polled = std::pin::Pin::new(&mut sleep).poll(cx);
                if polls == 0 {
                    sleep.reset(early); // and whoever awaits it hears of that one
                }
                polls += 1;
                polled
            })
            .await;
            assert!(Instant::now() >= early);
            sleep.reset(late);
            sleep.await;
            assert!(Instant::now() >= late);
        })
        .expect("a run");
    assert_eq!(event_loop.counts().timers, 0);
}
