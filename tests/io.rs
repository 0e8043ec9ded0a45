//! `eagain::io`: the traits and what is built on them.

#[path = "io/buffered.rs"]
mod buffered;
#[path = "io/copying.rs"]
mod copying;
#[path = "io/traits.rs"]
mod traits;

/// Runs to the end what a test awaits.
fn run<T>(future: impl Future<Output = std::io::Result<T>>) -> T {
    eagain::run(future).expect("a loop").expect("no error")
}
