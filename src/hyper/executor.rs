//! What hyper spawns.

use hyper::rt;

/// Spawns what hyper wants to run beside a connection on the loop that runs on this thread. For
/// HTTP/2; a connection of HTTP/1 spawns nothing.
///
/// # Panics
/// If it is asked to where no event loop runs.
///
/// ```
/// use eagain::hyper::Executor;
/// use hyper::rt::Executor as _;
///
/// # eagain::run(async {
/// Executor.execute(async { println!("run by the loop") });
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Executor;

impl<F> rt::Executor<F> for Executor
where
    F: Future<Output: 'static> + 'static,
{
    #[track_caller]
    fn execute(&self, future: F) {
        crate::spawn(future).detach();
    }
}
