//! What the `futures` crate offers works on this loop, and leaves nothing behind.

#[path = "futures_crate/channels.rs"]
mod channels;
#[path = "futures_crate/combinators.rs"]
mod combinators;
#[cfg(feature = "futures-io")]
#[path = "futures_crate/io.rs"]
mod io;
#[path = "futures_crate/streams.rs"]
mod streams;
mod tasks;

/// Runs a future to its end on a loop of its own, on which nothing may be left.
fn run<F: Future>(future: F) -> F::Output {
    let mut event_loop = eagain::EventLoop::new().expect("a loop");
    let output = event_loop.block_on(future).expect("a run");
    let counts = event_loop.counts();
    assert_eq!((counts.tasks, counts.timers, counts.sources), (0, 0, 0), "something is left");
    output
}
