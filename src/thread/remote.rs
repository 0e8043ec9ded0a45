//! A task of another thread's loop, seen from here.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use crate::event_loop::core::Core;
use crate::event_loop::inbox::{Inbox, Letter};
use crate::event_loop::slab::Key;
use crate::task::generator::Place;
use crate::task::join::JoinError;
use crate::task::panic::Panic;
use crate::thread::outcome::Outcome;

/// A task that was spawned with [`Handle::spawn`](crate::Handle::spawn), seen from any thread: a
/// future of what it returns, on any loop or executor; [`join`](RemoteJoinHandle::join) is for
/// threads without one.
///
/// Dropping it *detaches* the task, which runs on by itself;
/// [`detach`](RemoteJoinHandle::detach) says so in words, [`abort`](RemoteJoinHandle::abort) ends
/// the task instead.
///
/// Awaiting it is cancel-safe: a `&mut` of it can be awaited again. System calls: none of its own;
/// the other loop's thread rings this one's bell.
///
/// # Errors
/// What it gives is a [`JoinError`] if the task panicked, was aborted, or went with its loop.
///
/// # Panics
/// If it is polled after it has given its result.
///
/// ```
/// let other = eagain::PerCore::new().threads(1).start(|_| std::future::pending::<()>())?;
/// let handle = &other.handles()[0];
/// let answer = eagain::run(async { handle.spawn(|| async { 6 * 7 }).await })?;
/// assert_eq!(answer.unwrap(), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "dropping the handle detaches the task; `.detach()` says so"]
pub struct RemoteJoinHandle<T> {
    remote: Arc<Remote<T>>,
    inbox: Arc<Inbox>,
}

/// What both sides know.
struct Remote<T> {
    outcome: Outcome<Result<T, JoinError>>,
    /// Which task it has become.
    task: OnceLock<Key>,
    aborted: AtomicBool,
}

/// What the loop's side has to say in the end. Dropped, it says that nothing will come.
struct Promise<T>(Arc<Remote<T>>);

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        self.0.outcome.put(Err(JoinError::Cancelled));
    }
}

/// Sends what makes a task to a loop.
pub(super) fn spawn<M, F>(inbox: &Arc<Inbox>, make: M, at: Place) -> RemoteJoinHandle<F::Output>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future<Output: Send + 'static> + 'static,
{
    let remote = Arc::new(Remote {
        outcome: Outcome::new(),
        task: OnceLock::new(),
        aborted: AtomicBool::new(false),
    });
    let (known, promise) = (remote.clone(), Promise(remote.clone()));
    inbox.post(Letter::Call(Box::new(move || {
        if known.aborted.load(Ordering::Acquire) {
            return;
        }
        let handle = Core::with_current(|core| core.spawn(keep(make, promise), at));
        if let Some(handle) = handle {
            known.task.get_or_init(|| handle.id().0);
            handle.detach();
        }
    })));
    RemoteJoinHandle { remote, inbox: inbox.clone() }
}

/// The task. What it is made of never leaves the loop's thread, what comes of it does.
async fn keep<F: Future>(make: impl FnOnce() -> F, promise: Promise<F::Output>) {
    let result = caught(make).await;
    promise.0.outcome.put(result);
}

/// A panic is sent back as well.
async fn caught<F: Future>(make: impl FnOnce() -> F) -> Result<F::Output, JoinError> {
    let future = catch_unwind(AssertUnwindSafe(make));
    let future = future.map_err(|payload| JoinError::Panicked(Panic::new(payload)))?;
    let mut future = pin!(future);
    std::future::poll_fn(move |cx| {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(payload) => Poll::Ready(Err(JoinError::Panicked(Panic::new(payload)))),
        }
    })
    .await
}

impl<T: Send + 'static> RemoteJoinHandle<T> {
    /// Blocks this thread until the task has ended. In a task, await the handle instead.
    ///
    /// System calls: those of waiting for another thread (`futex`).
    ///
    /// # Errors
    /// A [`JoinError`] if the task panicked, was aborted, or went with its loop.
    ///
    /// # Panics
    /// On the thread of the task's own loop, whether that runs or not: it would wait for itself.
    pub fn join(self) -> Result<T, JoinError> {
        let own = self.inbox.scheduler;
        let here = Core::find_here(|core| (core.id == own).then_some(())).is_some();
        assert!(
            !here || self.is_finished(),
            "a task cannot block its loop until another one of it has ended; await the handle"
        );
        self.remote.outcome.wait()
    }

    /// Ends the task where it waits, on its own thread: what it owns is dropped there. A task that
    /// has not been made yet is not made. Of a task that has finished, the result stays.
    ///
    /// System calls: one `write` if the loop's bell is silent.
    pub fn abort(&self) {
        if self.is_finished() || self.remote.aborted.swap(true, Ordering::AcqRel) {
            return;
        }
        let remote = self.remote.clone();
        self.inbox.post(Letter::Call(Box::new(move || {
            if let Some(key) = remote.task.get() {
                Core::with_current(|core| core.scheduler.task(*key).map(|task| core.abort(&task)));
            }
        })));
    }
}

impl<T> RemoteJoinHandle<T> {
    /// Whether the task has returned, panicked, been aborted, or gone with its loop.
    pub fn is_finished(&self) -> bool {
        self.remote.outcome.is_full()
    }

    /// Lets the task run on by itself. Its result is dropped when it is made, an error as well; a
    /// panic is still reported by the panic hook.
    pub fn detach(self) {}
}

impl<T> Future for RemoteJoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.remote.outcome.poll(cx)
    }
}

impl<T> Drop for RemoteJoinHandle<T> {
    fn drop(&mut self) {
        self.remote.outcome.forget_waker();
    }
}

impl<T> fmt::Debug for RemoteJoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_finished() { "finished" } else { "unfinished" };
        write!(f, "RemoteJoinHandle({state})")
    }
}
