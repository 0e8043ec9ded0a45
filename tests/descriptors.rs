//! Whose descriptor a number is: numbers that are used again, duplicates, descriptors that others
//! close, two tasks at one of them, and more of them than a wait can report.

#[path = "descriptors/borrowed.rs"]
mod borrowed;
#[cfg(target_os = "linux")]
#[path = "descriptors/epoll.rs"]
mod epoll;
#[cfg(target_os = "linux")]
#[path = "tasks/injection.rs"]
mod injection;
#[path = "descriptors/numbers.rs"]
mod numbers;
#[path = "soak/own_process.rs"]
mod own_process;
mod tasks;
#[path = "descriptors/waiters.rs"]
mod waiters;

use eagain::{EventLoop, Step, Wait};
use tasks::task;

fn new_loop() -> EventLoop {
    EventLoop::new().expect("a loop")
}

/// A loop that has somebody to wait for, whatever else comes and goes.
fn loop_with_a_sleeper() -> EventLoop {
    let event_loop = new_loop();
    event_loop.spawn(task(|_| Step::<()>::Yield(Wait::woken()))).detach();
    event_loop
}
