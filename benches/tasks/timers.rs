//! Timers: those that are taken back, as most timeouts are, and those that fire.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use eagain::time::{Sleep, sleep_until};
use eagain::{EventLoop, run, yield_now};
use eagain_sys::clock::thread_cpu_time;

use crate::{Outcome, each};

/// How many timers are set at the same time.
const BATCH: usize = 1000;

/// Sets `n` timers, all in a distant future, and takes them back.
pub(crate) fn set_and_cancel(n: usize) -> Outcome {
    let time = run(async move {
        let far = Instant::now() + Duration::from_secs(3600);
        let mut timers: Vec<Sleep> = Vec::with_capacity(BATCH);
        let begin = Instant::now();
        let mut left = n;
        while left > 0 {
            let batch = left.min(BATCH);
            left -= batch;
            timers.extend((0..batch).map(|i| sleep_until(far + scattered(i))));
            poll_fn(|cx| {
                let fired = timers.iter_mut().any(|timer| Pin::new(timer).poll(cx).is_ready());
                assert!(!fired, "an hour has not passed");
                Poll::Ready(())
            })
            .await;
            timers.clear();
            yield_now().await;
        }
        begin.elapsed()
    })
    .expect("a run");
    each(time, n)
}

/// Somewhere within ten seconds.
fn scattered(i: usize) -> Duration {
    Duration::from_millis((i * 7919 % 10_007) as u64)
}

/// `n` tasks, whose timers fire within a second: how late, and at what cost.
pub(crate) fn fire(n: usize, slack: Option<Duration>) -> Outcome {
    let mut builder = EventLoop::builder();
    if let Some(slack) = slack {
        builder = builder.timer_slack(slack);
    }
    let mut event_loop = builder.build().expect("an event loop");
    let late = Rc::new(RefCell::new(Vec::with_capacity(n)));
    let start = Instant::now() + Duration::from_secs(1);
    for i in 0..n as u64 {
        // One in each n-th of the second, but not set in that order.
        let slot = i * 1_000_003 % n as u64;
        let due = start + Duration::from_nanos(slot * 1_000_000_000 / n as u64);
        let late = late.clone();
        event_loop
            .spawn(async move {
                sleep_until(due).await;
                let now = Instant::now();
                late.borrow_mut().push(now.checked_duration_since(due).expect("never early"));
            })
            .detach();
    }
    event_loop.turn(Some(Duration::ZERO)).expect("the turn that sets them");
    assert!(Instant::now() < start, "setting them took too long");
    let before = thread_cpu_time();
    event_loop.run().expect("a run");
    let cpu = thread_cpu_time() - before;
    let mut late = late.take();
    assert_eq!(late.len(), n, "timers were lost");
    late.sort_unstable();
    let part = |part: f64| late[((n - 1) as f64 * part) as usize].as_nanos() as f64 / 1000.0;
    let cpu = cpu.as_nanos() as f64 / n as f64;
    Ok(vec![("p50_us", part(0.5)), ("p99_us", part(0.99)), ("max_us", part(1.0)), ("cpu_ns", cpu)])
}
