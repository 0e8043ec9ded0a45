//! What a spawner holds of a task.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::rc::{Rc, Weak};

use crate::core::Core;
use crate::scheduler::TaskId;
use crate::slab::Key;
use crate::task::{Body, State};

/// A task's other end: tells whether it is done and hands out its result.
///
/// Dropping it *detaches* the task, which runs on by itself; [`detach`](JoinHandle::detach) says
/// so in words, [`abort`](JoinHandle::abort) ends the task instead.
#[must_use = "dropping the handle detaches the task; `.detach()` says so"]
pub struct JoinHandle<T> {
    core: Weak<Core>,
    task: Key,
    result: PhantomData<T>,
}

/// Why a task has no result.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// It panicked, with this payload: `std::panic::resume_unwind` takes it.
    #[error("the task panicked: {}", message(&**.0))]
    Panicked(Box<dyn Any + Send>),
    /// It was aborted before it returned.
    #[error("the task was cancelled")]
    Cancelled,
    /// Its loop is gone, and the task with it.
    #[error("the task's event loop is gone")]
    LoopGone,
}

/// The text of a panic, if it has one.
fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("(no text)")
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl<T: 'static> JoinHandle<T> {
    pub(crate) fn new(core: &Rc<Core>, task: Key) -> JoinHandle<T> {
        JoinHandle { core: Rc::downgrade(core), task, result: PhantomData }
    }

    /// Which task it is.
    pub fn id(&self) -> TaskId {
        TaskId(self.task)
    }

    /// Whether the task has returned, panicked or been aborted, or its loop is gone.
    pub fn is_finished(&self) -> bool {
        let task = self.core.upgrade().and_then(|core| core.scheduler.task(self.task));
        task.is_none_or(|task| task.state() == State::Finished)
    }

    /// What came of the task, once; `None` while it runs and after the result was taken.
    pub fn take(&self) -> Option<Result<T, JoinError>> {
        let Some(core) = self.core.upgrade() else { return Some(Err(JoinError::LoopGone)) };
        let task = core.scheduler.task(self.task)?;
        if task.state() != State::Finished {
            return None;
        }
        match core.scheduler.take_result(&task)? {
            Body::Returned(value) => value.downcast().ok().map(|value| Ok(*value)),
            Body::Panicked(payload) => Some(Err(JoinError::Panicked(payload))),
            _ => Some(Err(JoinError::Cancelled)),
        }
    }

    /// Ends the task where it waits: what it owns is dropped, now, or as soon as it yields if
    /// it is the one that runs. Of a task that has finished, the result stays.
    ///
    /// System calls: those of the drops.
    pub fn abort(&self) {
        let Some(core) = self.core.upgrade() else { return };
        if let Some(task) = core.scheduler.task(self.task) {
            core.abort(&task);
        }
    }

    /// Lets the task run on by itself. Its result is dropped when it is made, a panic is still
    /// reported by the panic hook.
    pub fn detach(self) {}
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        if let Some(core) = self.core.upgrade() {
            core.scheduler.detach(self.task);
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinHandle({})", TaskId(self.task))
    }
}
