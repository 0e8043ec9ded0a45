//! Deadlines that are past, far away, or never come.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use eagain::{Cause, Context, JoinHandle, Source, Step, Wait};

use crate::random::Random;
use crate::tasks::{returned, task};
use crate::watchdog::watch;
use crate::{MINUTE, both_kinds_of_loop, new_loop, wait};

#[test]
fn pitfall_34_a_timer_that_is_always_due_starves_no_source() {
    const ROUNDS: u64 = 1000;
    let (one, other) = eagain_sys::socket::socketpair().expect("a pair");
    let ends = [Source::new(one).expect("a source"), Source::new(other).expect("a source")];
    let mut event_loop = new_loop();
    let rounds = Rc::new(Cell::new(0));
    let ticks = Rc::new(Cell::new(0));

    // Each end sends back what it gets; one of them begins.
    assert_eq!(ends[0].try_write(b"x").expect("a write"), Some(1));
    for end in ends {
        let rounds = rounds.clone();
        let echo = task(move |cx: &mut Context<'_>| {
            loop {
                match end.try_read(&mut [0; 8]).expect("a read") {
                    None => return Step::Yield(cx.readable(&end).expect("a wait")),
                    Some(0) => return Step::Return(()),
                    Some(_) => {
                        rounds.set(rounds.get() + 1);
                        if rounds.get() >= ROUNDS {
                            return Step::Return(()); // its end closes, the other one sees that
                        }
                        assert_eq!(end.try_write(b"x").expect("a write"), Some(1));
                    }
                }
            }
        });
        event_loop.spawn(echo).detach();
    }
    let (seen, counted) = (rounds.clone(), ticks.clone());
    let timer = task(move |_: &mut Context<'_>| {
        if seen.get() >= ROUNDS || counted.get() > 100 * ROUNDS {
            return Step::Return(());
        }
        counted.set(counted.get() + 1);
        Step::Yield(Wait::after(Duration::ZERO)) // pitfall 34
    });
    event_loop.spawn(timer).detach();
    event_loop.run().expect("a run");
    assert_eq!(rounds.get(), ROUNDS);
    // Each turn has a tick, and moves the byte to the other end.
    assert!((ROUNDS - 10..=ROUNDS + 10).contains(&ticks.get()), "{} ticks", ticks.get());
}

#[test]
fn pitfall_35_a_time_without_end_never_passes() {
    for mut event_loop in both_kinds_of_loop() {
        let endless = wait(&event_loop, || Wait::after(Duration::MAX)); // pitfall 35
        let short = wait(&event_loop, || Wait::after(Duration::from_millis(1)));
        let _watchdog = watch(MINUTE);
        event_loop.turn(Some(Duration::MAX)).expect("the short one comes due");
        event_loop.turn(Some(Duration::ZERO)).expect("and ends");
        assert!(short.is_finished() && !endless.is_finished());
        assert_eq!(event_loop.next_deadline(), None);
        endless.abort();
        event_loop.run().expect("a run");
        assert_eq!(event_loop.counts().timers, 0);
    }
}

#[test]
fn pitfall_35_no_time_overflows() {
    let edges = [
        Duration::ZERO,
        Duration::from_nanos(1),
        Duration::from_nanos(999_999),
        Duration::from_millis(1),
        Duration::from_millis(i32::MAX as u64),
        Duration::from_millis(i32::MAX as u64 + 1),
        Duration::from_millis(u32::MAX.into()),
        Duration::from_nanos(i64::MAX as u64),
        Duration::from_nanos(u64::MAX),
        Duration::from_nanos(u64::MAX) + Duration::from_nanos(1),
        Duration::from_micros(u64::MAX),
        Duration::from_millis(u64::MAX),
        Duration::from_secs(i64::MAX as u64),
        Duration::from_secs(u64::MAX),
        Duration::MAX,
    ];
    let mut random = Random::new(35);
    let others: Vec<_> = (0..500)
        .map(|_| Duration::new(random.of_any_size(64), random.below(1_000_000_000) as u32))
        .collect();
    for mut event_loop in both_kinds_of_loop() {
        for time in edges.iter().chain(&others).copied() {
            // pitfall 35
            let begin = Instant::now();
            let time_left = wait(&event_loop, move || Wait::after(time));
            event_loop.turn(Some(Duration::ZERO)).expect("a turn");
            event_loop.turn(Some(Duration::from_nanos(1))).expect("a turn");
            if time_left.is_finished() {
                assert!(begin.elapsed() >= time, "{time:?} passed in {:?}", begin.elapsed());
            }
            if begin.elapsed() < time {
                assert!(!time_left.is_finished(), "{time:?} has passed");
            }
            let next = event_loop.next_deadline();
            assert!(next.is_none_or(|next| next >= begin), "{time:?} ends before it began");
            time_left.abort();
            assert_eq!(event_loop.counts().timers, 0, "after {time:?}");
        }
    }
}

#[test]
fn pitfall_35_far_deadlines_do_not_hide_a_near_one() {
    let _watchdog = watch(MINUTE);
    let mut random = Random::new(350);
    for mut event_loop in both_kinds_of_loop() {
        let far: Vec<_> = (0..500)
            .map(|_| {
                // From two hours up, to beyond what a clock can count.
                let time = Duration::from_secs(7200 + random.of_any_size(40));
                wait(&event_loop, move || Wait::after(time)) // pitfall 35
            })
            .collect();
        let near = wait(&event_loop, || Wait::after(Duration::from_millis(2)));
        event_loop.turn(None).expect("the near one comes due");
        event_loop.turn(Some(Duration::ZERO)).expect("and ends");
        assert_eq!(returned(&near), Cause::TimedOut);
        assert!(far.iter().all(|far| !far.is_finished()));
        far.iter().for_each(JoinHandle::abort);
        assert_eq!(event_loop.counts().timers, 0);
    }
}

#[test]
fn pitfall_36_a_deadline_in_the_past_is_due_at_once() {
    let _watchdog = watch(MINUTE);
    let long_ago = Instant::now();
    for mut event_loop in both_kinds_of_loop() {
        for past in [long_ago, long_ago - Duration::from_nanos(1), long_ago - MINUTE] {
            let before = event_loop.counts().turns;
            let due = wait(&event_loop, move || Wait::until(past)); // pitfall 36
            event_loop.run().expect("a run");
            assert_eq!(returned(&due), Cause::TimedOut);
            assert_eq!(event_loop.counts().turns - before, 2);
        }
    }
}
