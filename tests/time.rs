//! Deadlines: never early, in order, one wait each, and nothing left of those that are taken back.

#[path = "time/extremes.rs"]
mod extremes;
#[path = "soak/memory.rs"]
mod memory;
#[path = "time/order.rs"]
mod order;
#[path = "soak/own_process.rs"]
mod own_process;
#[path = "time/precision.rs"]
mod precision;
#[path = "soak/random.rs"]
mod random;
#[cfg(target_os = "linux")]
#[path = "time/slack.rs"]
mod slack;
#[cfg(target_os = "linux")]
#[path = "time/storm.rs"]
mod storm;
#[path = "time/taken_back.rs"]
mod taken_back;
mod tasks;
#[path = "soak/timers.rs"]
mod timers;
#[path = "soak/watchdog.rs"]
mod watchdog;

use std::sync::OnceLock;
use std::time::Duration;

use eagain::{Builder, Cause, Context, EventLoop, JoinHandle, Step, Wait};
use tasks::task;
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
