//! What a spawner holds of a task.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{self, Poll, Waker};

use crate::error::LoopError;
use crate::event_loop::core::Core;
use crate::event_loop::task::{JOINABLE, JOINED, MARGIN, Phase, Task, TaskId};
use crate::task::abort_handle::AbortHandle;
use crate::task::body::{End, Spawn};
use crate::task::panic::Panic;

/// Spawns a task on the loop that runs on this thread: for futures, which have no
/// [`Context`](crate::Context) to ask. It first runs in the next turn.
///
/// A panic in the task ends the task alone; [`JoinError`] has more. System calls: none.
///
/// # Panics
/// If no event loop runs on this thread.
///
/// ```
/// # eagain::run(async {
/// let handles: Vec<_> = (1..=3).map(|n| eagain::spawn(async move { n * n })).collect();
/// let mut squares = Vec::new();
/// for handle in handles {
///     squares.push(handle.await.unwrap());
/// }
/// assert_eq!(squares, [1, 4, 9]);
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn spawn<Kind, T: Spawn<Kind>>(task: T) -> JoinHandle<T::Output> {
    let at = Location::caller();
    match Core::with_current(|core| core.spawn(task, at)) {
        Some(handle) => handle,
        None => panic!("{}", LoopError::NoLoop),
    }
}

/// A task's other end: a future of what it returns.
///
/// Dropping it *detaches* the task, which runs on by itself; [`detach`](JoinHandle::detach) says
/// so in words, [`abort`](JoinHandle::abort) ends the task instead.
///
/// Cancel-safe: a handle that is polled and not awaited to the end still has the result. Another
/// loop's task may be waited for, too.
///
/// System calls: none.
///
/// ```
/// let answer = eagain::run(async {
///     let task = eagain::spawn(async { 6 * 7 });
///     task.await
/// })?;
/// assert_eq!(answer?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping the handle detaches the task; `.detach()` says so"]
pub struct JoinHandle<T> {
    core: Weak<Core>,
    task: Rc<Task>,
    taken: Cell<bool>,
    result: PhantomData<T>,
}

/// Nothing in it is pinned.
impl<T> Unpin for JoinHandle<T> {}

/// Why a task has no result.
///
/// A panic ends the task that it happens in: what the task owns is dropped, its joiner gets the
/// payload, and the loop and its other tasks go on. The panic hook tells of it, as of any panic.
/// If nobody holds the task's handle by then, the loop adds a line on standard error that names
/// the task and where it was spawned, since nobody else will.
///
/// In a program built with `panic = "abort"`, all this is out of reach: a panic in any task ends
/// the process.
///
/// ```
/// use eagain::JoinError;
///
/// # eagain::run(async {
/// match eagain::spawn(async { panic!("out of paper") }).await {
///     Ok(()) => {}
///     Err(JoinError::Panicked(panic)) => assert_eq!(panic.to_string(), "out of paper"),
///     Err(e) => println!("{e}"),
/// }
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// It panicked: [`Panic::resume`] goes on with that.
    #[error("the task panicked: {0}")]
    Panicked(Panic),
    /// It was work for another thread ([`offload`](crate::offload)), and there is none to do it.
    #[error("no thread could be started: {0}")]
    NoThread(std::io::Error),
    /// It was aborted before it returned, or its loop was dropped.
    #[error("the task was cancelled")]
    Cancelled,
}

impl JoinError {
    /// Whether the task panicked.
    ///
    /// ```
    /// let task = eagain::run(async { eagain::spawn(async { panic!("no") }).await })?;
    /// assert!(task.is_err_and(|error: eagain::JoinError| error.is_panic()));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_panic(&self) -> bool {
        matches!(self, JoinError::Panicked(_))
    }

    /// Whether the task was aborted before it returned, or its loop was dropped.
    ///
    /// ```
    /// let event_loop = eagain::EventLoop::new()?;
    /// let task = event_loop.spawn(std::future::pending::<()>());
    /// task.abort();
    /// assert!(task.take().unwrap().unwrap_err().is_cancelled());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_cancelled(&self) -> bool {
        matches!(self, JoinError::Cancelled)
    }
}

/// So that `task.await??` does in what returns an I/O result; the kind is `Other`.
impl From<JoinError> for io::Error {
    fn from(e: JoinError) -> io::Error {
        io::Error::other(e)
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl<T: 'static> JoinHandle<T> {
    pub(crate) fn new(core: &Rc<Core>, task: Rc<Task>) -> JoinHandle<T> {
        JoinHandle { core: Rc::downgrade(core), task, taken: Cell::new(false), result: PhantomData }
    }

    /// Which task it is.
    pub fn id(&self) -> TaskId {
        TaskId(self.task.key())
    }

    /// Gives the task a name, for the listing of tasks and for reports.
    ///
    /// ```
    /// # let mut event_loop = eagain::EventLoop::new()?;
    /// let task = event_loop.spawn(async {}).named("housekeeping");
    /// assert_eq!(task.name().as_deref(), Some("housekeeping"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn named(self, name: impl Into<Rc<str>>) -> JoinHandle<T> {
        if let Some(core) = self.core.upgrade() {
            let name = name.into(); // may be anything: nothing is borrowed
            let before = core.scheduler.note(&self.task, |m| m.name.replace(name));
            drop(before);
        }
        self
    }

    /// The name it was given.
    pub fn name(&self) -> Option<Rc<str>> {
        self.core.upgrade()?.scheduler.name(&self.task)
    }

    /// Whether the task has returned, panicked or been aborted.
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// What came of the task, once; `None` while it runs and after the result was taken.
    pub fn take(&self) -> Option<Result<T, JoinError>> {
        let Phase::Finished(end) = self.task.phase.get() else { return None };
        if self.taken.replace(true) {
            return None;
        }
        match end {
            End::Returned => self.task.take_result().map(Ok),
            End::Panicked => {
                self.task.take_result().map(|payload| Err(JoinError::Panicked(Panic::new(payload))))
            }
            End::Cancelled => Some(Err(JoinError::Cancelled)),
        }
    }

    /// Lets a task of the loop that runs be woken when this one ends.
    pub(crate) fn join_by(&self, core: &Rc<Core>, joiner: &Rc<Task>) {
        if Weak::as_ptr(&self.core) == Rc::as_ptr(core) {
            drop(self.task.set_joiner(joiner.clone()));
        } else {
            self.join_by_waker(&core.waker_of(joiner));
        }
    }

    #[cold]
    fn join_by_waker(&self, waker: &Waker) {
        let Some(core) = self.core.upgrade() else { return };
        let waker = waker.clone();
        let before = core.scheduler.note(&self.task, |margin| margin.joiner.replace(waker));
        drop(before);
    }

    /// Ends the task where it waits: what it owns is dropped, now, or as soon as it yields if
    /// it is the one that runs. Of a task that has finished, the result stays.
    ///
    /// System calls: those of the drops.
    ///
    /// ```
    /// # eagain::run(async {
    /// let forever = eagain::spawn(std::future::pending::<()>());
    /// forever.abort();
    /// assert!(matches!(forever.await, Err(eagain::JoinError::Cancelled)));
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn abort(&self) {
        if let Some(core) = self.core.upgrade() {
            core.abort(&self.task);
        }
    }

    /// What ends the task as [`abort`](JoinHandle::abort) does, for somebody who does not join it.
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle::new(&self.core, self.id())
    }

    /// Lets the task run on by itself. Its result is dropped when it is made, an error as well; a
    /// panic is still reported by the panic hook.
    #[inline]
    pub fn detach(self) {}
}

impl<T: 'static> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    /// # Panics
    /// If it is polled after the result was taken.
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        if let Some(result) = self.take() {
            return Poll::Ready(result);
        }
        assert!(!self.taken.get(), "a JoinHandle was polled after its result had been taken");
        let here = |core: &Core| std::ptr::eq(core, self.core.as_ptr());
        let own = |core: &Core| if here(core) { core.task_behind(cx.waker()) } else { None };
        match Core::briefly(own).flatten() {
            Some(joiner) => drop(self.task.set_joiner(joiner)),
            None => self.join_by_waker(cx.waker()),
        }
        Poll::Pending
    }
}

impl<T> Drop for JoinHandle<T> {
    #[inline]
    fn drop(&mut self) {
        self.task.mark(JOINABLE, false);
        if !self.task.is_paused() || self.task.has(MARGIN | JOINED) {
            self.forget();
        }
    }
}

impl<T> JoinHandle<T> {
    /// Nobody asks for the result any more, nor waits for it.
    #[inline(never)]
    fn forget(&self) {
        let task = &self.task;
        if !task.is_finished() {
            // It may run, and have delivered what nobody wants now: its end must look for that.
            task.mark(JOINED, true);
        }
        let wanted = self.taken.get() || !task.is_finished();
        let unwanted = if wanted { None } else { task.take_unwanted() };
        let joiner = task.take_joiner();
        if let Some(core) = self.core.upgrade() {
            core.scheduler.forget_joiner(task);
            if task.is_finished() {
                core.scheduler.forget(task);
            }
        }
        drop((unwanted, joiner));
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinHandle({})", TaskId(self.task.key()))
    }
}
