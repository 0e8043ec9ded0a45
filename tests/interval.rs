//! Ticks: where they are, what becomes of those that were missed, and what a wait for one leaves.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use eagain::EventLoop;
use eagain::time::{
    self, Clock, Interval, MissedTickBehavior, interval, interval_at, jump, now, sleep,
};

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

/// Runs a future by a clock that moves only when nothing else happens, or by hand.
fn run<F: Future>(future: F) -> F::Output {
    let mut event_loop =
        EventLoop::builder().clock(Clock::Virtual).build().expect("a loop of its own time");
    event_loop.block_on(future).expect("a run")
}

/// Ticks so often, and tells for each when it was due and when it came, in whole milliseconds.
async fn ticks(interval: &mut Interval, times: usize, begin: Instant) -> Vec<(u128, u128)> {
    let mut ticks = Vec::new();
    for _ in 0..times {
        let due = interval.tick().await;
        ticks.push(((due - begin).as_millis(), (now() - begin).as_millis()));
    }
    ticks
}

/// Polls for a tick once.
async fn poll_once(interval: &mut Interval) -> Poll<Instant> {
    poll_fn(|cx| Poll::Ready(interval.poll_tick(cx))).await
}

#[test]
fn the_first_tick_comes_at_once_and_the_others_at_equal_distances() {
    run(async {
        let begin = now();
        let mut interval = interval(10 * MS);
        let ticks = ticks(&mut interval, 4, begin).await;
        assert_eq!(ticks, [(0, 0), (10, 10), (20, 20), (30, 30)]);
    });
}

#[test]
fn the_first_tick_can_be_put_off_or_lie_in_the_past() {
    run(async {
        let begin = now();
        let mut later = interval_at(begin + 3 * MS, 10 * MS);
        assert_eq!(ticks(&mut later, 2, begin).await, [(3, 3), (13, 13)]);
        let mut earlier = interval_at(begin, 10 * MS);
        assert_eq!(ticks(&mut earlier, 3, begin).await, [(0, 13), (10, 13), (20, 20)]);
    });
}

#[test]
fn work_between_the_ticks_does_not_move_them() {
    run(async {
        let begin = now();
        let mut interval = interval(10 * MS);
        let mut due = Vec::new();
        for _ in 0..4 {
            due.push((interval.tick().await - begin).as_millis());
            sleep(7 * MS).await;
        }
        assert_eq!(due, [0, 10, 20, 30]);
    });
}

/// Ticks twice, is away for ten periods and a half, and ticks six times more.
fn after_a_stall(behavior: MissedTickBehavior) -> Vec<(u128, u128)> {
    run(async {
        let begin = now();
        let mut interval = interval(10 * MS);
        interval.set_missed_tick_behavior(behavior);
        assert_eq!(interval.missed_tick_behavior(), behavior);
        assert_eq!(ticks(&mut interval, 2, begin).await, [(0, 0), (10, 10)]);
        jump(105 * MS); // pitfall 38
        ticks(&mut interval, 13, begin).await
    })
}

#[test]
fn pitfall_38_after_a_stall_a_burst_makes_up_for_every_tick() {
    let mut expected: Vec<_> = (2..=11).map(|tick| (10 * tick, 115)).collect();
    expected.extend([(120, 120), (130, 130), (140, 140)]);
    assert_eq!(after_a_stall(MissedTickBehavior::Burst), expected);
    assert_eq!(MissedTickBehavior::default(), MissedTickBehavior::Burst);
}

#[test]
fn pitfall_38_after_a_stall_delayed_ticks_are_never_closer_than_a_period() {
    let mut expected = vec![(20, 115)];
    expected.extend((1..=12).map(|tick| (115 + 10 * tick, 115 + 10 * tick)));
    assert_eq!(after_a_stall(MissedTickBehavior::Delay), expected);
}

#[test]
fn pitfall_38_after_a_stall_skipped_ticks_are_gone_and_the_others_stay() {
    let mut expected = vec![(20, 115)];
    expected.extend((12..=23).map(|tick| (10 * tick, 10 * tick)));
    assert_eq!(after_a_stall(MissedTickBehavior::Skip), expected);
}

#[test]
fn pitfall_38_a_stall_while_the_tick_is_awaited_is_one_too() {
    use MissedTickBehavior::{Burst, Delay, Skip};
    for (behavior, next) in [(Burst, (20, 45)), (Delay, (55, 55)), (Skip, (50, 50))] {
        let ticks = run(async {
            let begin = now();
            let mut interval = interval(10 * MS);
            interval.set_missed_tick_behavior(behavior);
            interval.tick().await;
            eagain::spawn(async { jump(45 * MS) }).detach(); // pitfall 38
            ticks(&mut interval, 2, begin).await
        });
        assert_eq!(ticks, [(10, 45), next], "{behavior:?}");
    }
}

#[test]
fn a_tick_that_is_a_little_late_is_not_missed() {
    for behavior in [MissedTickBehavior::Delay, MissedTickBehavior::Skip] {
        run(async {
            let begin = now();
            let mut slow = interval(100 * MS);
            slow.set_missed_tick_behavior(behavior);
            slow.tick().await;
            jump(105 * MS); // 5 ms are little
            assert_eq!(ticks(&mut slow, 2, begin).await, [(100, 105), (200, 200)]);

            let begin = now();
            let mut fast = interval(2 * MS);
            fast.set_missed_tick_behavior(behavior);
            fast.tick().await;
            jump(4 * MS); // a period is, where that is less
            assert_eq!(ticks(&mut fast, 2, begin).await, [(2, 4), (4, 4)]);
        });
    }
}

#[test]
fn pitfall_35_an_interval_without_end_ticks_once() {
    run(async {
        let begin = now();
        for behavior in
            [MissedTickBehavior::Burst, MissedTickBehavior::Delay, MissedTickBehavior::Skip]
        {
            let mut endless = interval(Duration::MAX); // pitfall 35
            endless.set_missed_tick_behavior(behavior);
            endless.tick().await;
            assert_eq!(poll_once(&mut endless).await, Poll::Pending);
            endless.reset();
            assert_eq!(poll_once(&mut endless).await, Poll::Pending);
            endless.reset_after(Duration::MAX);
            sleep(HOUR).await;
            assert_eq!(poll_once(&mut endless).await, Poll::Pending);
            endless.reset_immediately();
            endless.tick().await;
        }
        assert_eq!(now() - begin, 3 * HOUR);
    });
}

#[test]
fn pitfall_35_periods_of_any_size_overflow_nowhere() {
    let nanos = |n| Duration::from_nanos(n);
    let periods = [nanos(1), nanos(3), MS, HOUR, nanos(i64::MAX as u64), nanos(u64::MAX)];
    for period in periods {
        for late in [nanos(0), nanos(1), MS, HOUR, nanos(u64::MAX), Duration::MAX] {
            run(async {
                let mut interval = interval(period);
                interval.set_missed_tick_behavior(MissedTickBehavior::Skip); // pitfall 35
                let first = interval.tick().await;
                jump(late);
                if now() - first >= period {
                    assert_eq!(interval.tick().await, first + period);
                }
                // The one after is ahead, and no further than a period.
                let before = now();
                if period.max(late) <= HOUR {
                    let ahead = interval.tick().await.checked_duration_since(before);
                    assert!(ahead.is_some_and(|ahead| ahead <= period), "{period:?}, {late:?}");
                }
            });
        }
    }
}

#[test]
fn a_tick_that_is_not_awaited_to_its_end_is_not_lost() {
    run(async {
        let begin = now();
        let mut interval = interval(10 * MS);
        interval.tick().await;
        {
            let mut given_up = pin!(interval.tick());
            let polled = poll_fn(|cx| Poll::Ready(given_up.as_mut().poll(cx))).await;
            assert_eq!(polled, Poll::Pending);
        }
        sleep(15 * MS).await; // it comes due with nobody waiting
        assert_eq!(ticks(&mut interval, 2, begin).await, [(10, 15), (20, 20)]);
    });
}

#[test]
fn a_reset_moves_the_next_tick() {
    run(async {
        let begin = now();
        let mut interval = interval(10 * MS);
        assert_eq!(interval.period(), 10 * MS);
        interval.tick().await;
        sleep(4 * MS).await;
        interval.reset();
        assert_eq!(ticks(&mut interval, 2, begin).await, [(14, 14), (24, 24)]);
        interval.reset_immediately();
        assert_eq!(ticks(&mut interval, 2, begin).await, [(24, 24), (34, 34)]);
        interval.reset_after(3 * MS);
        assert_eq!(ticks(&mut interval, 2, begin).await, [(37, 37), (47, 47)]);
        interval.reset_at(begin + 50 * MS);
        assert_eq!(ticks(&mut interval, 2, begin).await, [(50, 50), (60, 60)]);
    });
}

#[test]
fn a_reset_of_an_interval_that_is_polled_wakes_who_polled_it() {
    for reset in [20 * MS, 2 * MS] {
        run(async {
            let begin = now();
            let mut interval = interval(10 * MS);
            interval.tick().await;
            let mut polls = 0;
            let due = poll_fn(|cx| {
                polls += 1;
                let tick = interval.poll_tick(cx);
                if polls == 1 {
                    interval.reset_after(reset); // and is not polled again before it is due
                }
                tick
            })
            .await;
            assert_eq!((due - begin, now() - begin, polls), (reset, reset, 2));
        });
    }
}

#[test]
fn an_interval_leaves_no_timer() {
    let mut event_loop = EventLoop::new().expect("a loop");
    event_loop
        .block_on(async {
            for _ in 0..100 {
                let mut interval = interval(HOUR);
                interval.tick().await;
                assert_eq!(poll_once(&mut interval).await, Poll::Pending);
            }
        })
        .expect("a run");
    assert_eq!(event_loop.counts().timers, 0);
}

#[test]
fn ticks_of_the_real_clock_are_never_early_and_cost_a_wait_each() {
    const TIMES: u64 = 50;
    let mut event_loop = EventLoop::new().expect("a loop");
    event_loop
        .block_on(async {
            let begin = time::now();
            let mut interval = interval(MS);
            for tick in 0..TIMES as u32 {
                let due = interval.tick().await;
                assert!(due >= begin + tick * MS && due <= Instant::now());
            }
        })
        .expect("a run");
    let turns = event_loop.counts().turns;
    assert!(turns <= 2 * TIMES + 2, "{turns} turns for {TIMES} ticks");
}

#[test]
#[should_panic(expected = "an interval without a period")]
fn an_interval_without_a_period_is_refused() {
    drop(interval(Duration::ZERO));
}
