//! Deadlines: never early, in order, one wait each, and nothing left of those that are taken back.

#[path = "soak/memory.rs"]
mod memory;
#[path = "soak/own_process.rs"]
mod own_process;
#[path = "soak/random.rs"]
mod random;
#[cfg(target_os = "linux")]
#[path = "time/slack.rs"]
mod slack;
#[cfg(target_os = "linux")]
#[path = "time/storm.rs"]
mod storm;
mod tasks;
#[path = "soak/timers.rs"]
mod timers;
#[path = "soak/watchdog.rs"]
mod watchdog;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use eagain::{Builder, Cause, Context, EventLoop, JoinHandle, Source, Step, Wait};
use eagain_sys::clock::thread_cpu_time;
use random::Random;
use tasks::{pipe, returned, task};
use watchdog::{Watchdog, watch};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// A loop that waits to the nanosecond or in whole milliseconds, and a time in which all tests of
/// this file must be done.
fn loop_of(whole_milliseconds: bool) -> EventLoop {
    static WATCHDOG: OnceLock<Watchdog> = OnceLock::new();
    WATCHDOG.get_or_init(|| watch(5 * MINUTE));
    Builder::new().whole_milliseconds(whole_milliseconds).build().expect("a loop")
}

fn new_loop() -> EventLoop {
    loop_of(false)
}

/// Both ways to wait for a finite time.
fn both_kinds_of_loop() -> [EventLoop; 2] {
    [loop_of(false), loop_of(true)]
}

/// Waits once, and hands back why it was resumed.
fn wait(event_loop: &EventLoop, mut wait: impl FnMut() -> Wait + 'static) -> JoinHandle<Cause> {
    let mut began = false;
    event_loop.spawn(task(move |cx: &mut Context<'_>| {
        if began {
            return Step::Return(cx.cause());
        }
        began = true;
        Step::Yield(wait())
    }))
}

/// Sleeps `times` times, one after the other, and hands back how long each took.
fn sleeps(event_loop: &EventLoop, times: usize, time: Duration) -> JoinHandle<Vec<Duration>> {
    let mut taken = Vec::new();
    let mut asked = None;
    event_loop.spawn(task(move |cx: &mut Context<'_>| {
        if let Some(asked) = asked {
            assert_eq!(cx.cause(), Cause::TimedOut);
            taken.push(cx.now().duration_since(asked));
        }
        if taken.len() == times {
            return Step::Return(std::mem::take(&mut taken));
        }
        asked = Some(cx.now());
        Step::Yield(Wait::after(time))
    }))
}

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

#[test]
fn pitfall_37_timers_that_are_taken_back_leave_nothing() {
    if !own_process::entered("pitfall_37_timers_that_are_taken_back_leave_nothing") {
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
fn deadlines_fire_in_their_order() {
    let mut random = Random::new(2);
    for mut event_loop in both_kinds_of_loop() {
        let fired = Rc::new(RefCell::new(Vec::new()));
        let begin = Instant::now();
        // Over some slots of the finest wheel and of the next one.
        let mut deadlines: Vec<_> =
            (0..500).map(|_| begin + Duration::from_nanos(random.below(10_000_000))).collect();
        for deadline in deadlines.iter().copied() {
            let fired = fired.clone();
            let mut began = false;
            event_loop
                .spawn(task(move |_: &mut Context<'_>| {
                    if began {
                        fired.borrow_mut().push(deadline);
                        return Step::Return(());
                    }
                    began = true;
                    Step::Yield(Wait::until(deadline))
                }))
                .detach();
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
    let handles: Vec<_> = (0..300)
        .map(|i| {
            let fired = fired.clone();
            let mut began = false;
            event_loop.spawn(task(move |_: &mut Context<'_>| {
                if began {
                    fired.borrow_mut().push(i);
                    return Step::Return(());
                }
                began = true;
                Step::Yield(Wait::until(deadline))
            }))
        })
        .collect();
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
fn who_asks_for_the_next_turn_sets_no_timer() {
    let mut event_loop = new_loop();
    let next = wait(&event_loop, || Wait::next_turn().or_until(Instant::now() + HOUR));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(event_loop.counts().timers, 0);
    event_loop.run().expect("a run");
    assert_eq!(returned(&next), Cause::Turn);
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
    event_loop.turn(None).expect("a turn that sleeps");
    event_loop.turn(Some(Duration::ZERO)).expect("the turn after it");
    let used = thread_cpu_time() - used;
    assert!(end.is_finished());
    assert_eq!(event_loop.counts().resumes, 203);
    assert!(used < Duration::from_millis(100), "{used:?} of processor time while idle");
    idle.iter().for_each(JoinHandle::abort);
    reader.abort();
}

#[test]
fn pitfall_37_timers_agree_with_a_sorted_list() {
    for seed in 1..=4 {
        timers::agree_with_a_sorted_list(seed, 2_000, Duration::from_millis(1));
    }
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
