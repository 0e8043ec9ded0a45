//! What the tasks of a loop use between each other: on a loop, and polled by hand.

#[path = "sync/budget.rs"]
mod budget;
#[path = "sync/cancellation.rs"]
mod cancellation;
#[path = "sync/case.rs"]
mod case;
#[path = "sync/locks.rs"]
mod locks;
#[path = "sync/many.rs"]
mod many;
#[path = "sync/mpsc.rs"]
mod mpsc;
#[path = "sync/notify.rs"]
mod notify;
#[path = "sync/oneshot.rs"]
mod oneshot;
#[path = "sync/panicking.rs"]
mod panicking;
#[path = "sync/poll_points.rs"]
mod poll_points;
#[path = "sync/polled.rs"]
mod polled;
#[path = "sync/pool.rs"]
mod pool;
#[path = "sync/pool_limits.rs"]
mod pool_limits;
#[path = "sync/reentry.rs"]
mod reentry;
#[path = "sync/semaphore.rs"]
mod semaphore;
#[path = "sync/works.rs"]
mod works;

use eagain::EventLoop;

/// Runs a future on a loop of its own until it and all that it spawned is done.
fn run<T: 'static>(future: impl Future<Output = T> + 'static) -> T {
    let mut event_loop = EventLoop::new().expect("a loop");
    let task = event_loop.spawn(future);
    event_loop.run().expect("a run");
    task.take().expect("the task has finished").expect("it returned")
}
