//! Who runs when, for how long, and what is left of those who have ended.

#[path = "scheduling/budgets.rs"]
mod budgets;
#[path = "scheduling/delegation.rs"]
mod delegation;
#[path = "soak/descriptors.rs"]
mod descriptors;
#[path = "tasks/drops.rs"]
mod drops;
#[path = "scheduling/environment.rs"]
mod environment;
#[path = "scheduling/foreign.rs"]
mod foreign;
#[path = "scheduling/handles.rs"]
mod handles;
#[path = "scheduling/leftovers.rs"]
mod leftovers;
#[path = "scheduling/listing.rs"]
mod listing;
#[path = "soak/memory.rs"]
mod memory;
#[path = "scheduling/moments.rs"]
mod moments;
#[path = "scheduling/order.rs"]
mod order;
#[path = "soak/own_process.rs"]
mod own_process;
#[path = "scheduling/reentrance.rs"]
mod reentrance;
mod tasks;
#[path = "soak/watchdog.rs"]
mod watchdog;

use std::sync::OnceLock;
use std::time::Duration;

use eagain::{Context, EventLoop, Generator, JoinError, JoinHandle, Step, Wait};
use tasks::task;
use watchdog::{Watchdog, watch};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// A loop, and a time in which all tests of this file must be done.
fn new_loop() -> EventLoop {
    static WATCHDOG: OnceLock<Watchdog> = OnceLock::new();
    WATCHDOG.get_or_init(|| watch(5 * MINUTE));
    EventLoop::new().expect("a loop")
}

#[track_caller]
fn assert_cancelled<T: 'static>(handle: &JoinHandle<T>) {
    assert!(matches!(handle.take(), Some(Err(JoinError::Cancelled))));
}

/// Waits this way, over and over.
fn waits_for_ever(mut wait: impl FnMut(&mut Context<'_>) -> Wait) -> impl Generator<Return = ()> {
    task(move |cx: &mut Context<'_>| Step::Yield(wait(cx)))
}
