//! Work that blocks, done by another thread.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::error::LoopError;
use crate::event_loop::core::Core;
use crate::event_loop::inbox::{Inbox, Letter};
use crate::event_loop::pool::{Claim, Pool, Work};
use crate::task::body::quietly;
use crate::task::join::JoinError;
use crate::task::panic::Panic;
use crate::thread::outcome::Outcome;

/// Hands work that blocks or takes long (files, hashes, libraries that wait) to one of the loop's
/// pool of threads, while the loop goes on. The only threads that the library starts without being
/// asked for threads; none before the first call.
///
/// The work is queued now, not when the future is polled. What is queued is begun in the order in
/// which it came. There are as many threads as
/// [`Builder::offload_threads`](crate::Builder::offload_threads) says, 4 by default; they end when
/// they had nothing to do for [`Builder::offload_idle`](crate::Builder::offload_idle).
///
/// Dropping the future before the work was begun takes it back: it is not done. Work that was begun
/// cannot be stopped: it is done, and what comes of it is dropped on its thread. When the loop is
/// dropped, what has not begun is dropped as well; nobody waits for what has: the threads end by
/// themselves, at the latest with the process.
///
/// Awaiting it is cancel-safe: a `&mut` of it can be awaited again.
///
/// System calls: those of a lock that others want, `clone3` and its like when a thread is started,
/// and one `write` by that thread when the work is done and the loop's bell is silent.
///
/// # Errors
/// [`JoinError::Panicked`]: the work panicked. [`JoinError::NoThread`]: not a single thread could be
/// started. [`JoinError::Cancelled`]: the loop is gone.
///
/// # Panics
/// If no event loop runs on this thread.
///
/// ```
/// let mut event_loop = eagain::EventLoop::new()?;
/// let task = event_loop.spawn(async {
///     eagain::offload(|| std::fs::read_to_string("Cargo.toml")).await
/// });
/// event_loop.run()?;
/// let manifest = task.take().unwrap()???;
/// assert!(manifest.contains("eagain"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn offload<T, F>(work: F) -> Offload<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let here = Core::with_current(|core| (core.pool.clone(), core.inbox.clone()));
    let Some((pool, inbox)) = here else { panic!("{}", LoopError::NoLoop) };
    let work = Claim::new(work);
    let piece = Arc::new(Offloaded { work, outcome: Outcome::new(), inbox });
    pool.submit(piece.clone());
    Offload { piece, pool }
}

/// What [`offload`] returns: a future of what the work returns.
///
/// # Panics
/// If it is polled after it has given its result.
#[must_use = "dropping it takes back work that has not begun"]
pub struct Offload<T> {
    piece: Arc<dyn Promised<T>>,
    pool: Rc<Pool>,
}

/// Work of which something comes.
trait Promised<T>: Work {
    fn outcome(&self) -> &Outcome<Result<T, JoinError>>;
}

struct Offloaded<T, F> {
    /// Until a thread begins with it, or it is cancelled.
    work: Claim<F>,
    outcome: Outcome<Result<T, JoinError>>,
    inbox: Arc<Inbox>,
}

impl<T: Send, F: FnOnce() -> T + Send> Work for Offloaded<T, F> {
    fn run(&self) {
        let Some(work) = self.work.take() else { return };
        let result = catch_unwind(AssertUnwindSafe(work))
            .map_err(|payload| JoinError::Panicked(Panic::new(payload)));
        quietly(|| self.outcome.put(result));
        // After the task was woken: a loop that knows of nothing pending has heard of that.
        self.inbox.post(Letter::WorkDone);
    }

    fn cancel(&self, why: JoinError) -> bool {
        let Some(work) = self.work.take() else { return false };
        quietly(|| drop(work));
        quietly(|| self.outcome.put(Err(why)));
        true
    }

    fn is_cancelled(&self) -> bool {
        self.work.is_taken()
    }
}

impl<T: Send, F: FnOnce() -> T + Send> Promised<T> for Offloaded<T, F> {
    fn outcome(&self) -> &Outcome<Result<T, JoinError>> {
        &self.outcome
    }
}

impl<T> Offload<T> {
    /// Takes the work back, unless a thread has begun with it: then the answer is false. Nobody is
    /// woken any more.
    pub(crate) fn take_back(&self) -> bool {
        self.piece.outcome().forget_waker();
        let taken = self.piece.cancel(JoinError::Cancelled);
        if taken {
            self.pool.work_cancelled();
        }
        taken
    }

    /// Waits for it without taking it. Dropped, nobody is woken any more, which a `&mut` of it would
    /// not see to.
    pub(crate) fn awaited(&mut self) -> Awaited<'_, T> {
        Awaited(self)
    }
}

pub(crate) struct Awaited<'a, T>(&'a mut Offload<T>);

impl<T> Future for Awaited<'_, T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.piece.outcome().poll(cx)
    }
}

impl<T> Drop for Awaited<'_, T> {
    fn drop(&mut self) {
        self.0.piece.outcome().forget_waker();
    }
}

impl<T> Future for Offload<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.piece.outcome().poll(cx)
    }
}

impl<T> Drop for Offload<T> {
    fn drop(&mut self) {
        self.take_back();
    }
}

impl<T> fmt::Debug for Offload<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = self.piece.outcome().is_full();
        f.write_str(if done { "Offload(done)" } else { "Offload(pending)" })
    }
}
