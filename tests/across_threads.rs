//! What crosses threads: handles, offloaded work, loops beside each other, connections that move.
#![cfg(target_os = "linux")]

#[path = "soak/own_process.rs"]
mod own_process;
#[path = "soak/watchdog.rs"]
mod watchdog;

#[path = "across_threads/gate.rs"]
mod gate;
#[path = "across_threads/handles.rs"]
mod handles;
#[path = "across_threads/moving.rs"]
mod moving;
#[path = "across_threads/offloading.rs"]
mod offloading;
#[path = "across_threads/per_core.rs"]
mod per_core;
#[path = "across_threads/stopping.rs"]
mod stopping;
#[path = "across_threads/threads_of.rs"]
mod threads_of;

use std::time::Duration;

use eagain::EventLoop;

/// Nothing here takes so long, on any machine.
const MINUTE: Duration = Duration::from_secs(60);

fn new_loop() -> EventLoop {
    EventLoop::new().expect("a loop")
}
