//! What a spawner holds of a task.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::rc::{Rc, Weak};

use crate::error::LoopError;
use crate::event_loop::core::Core;
use crate::event_loop::table::{Task, TaskId};
use crate::task::body::{End, Spawn, State};

/// Spawns a task on the loop that runs on this thread: for futures, which have no
/// [`Context`](crate::Context) to ask. It first runs in the next turn.
///
/// # Panics
/// If no event loop runs on this thread.
#[track_caller]
pub fn spawn<Kind, T: Spawn<Kind>>(task: T) -> JoinHandle<T::Output> {
    let at = Location::caller();
    let handle = Core::with_current(|core| core.spawn(task, at));
    handle.unwrap_or_else(|| panic!("{}", LoopError::NoLoop))
}

/// A task's other end: tells whether it is done and hands out its result. It is not a future
/// yet: ask [`take`](JoinHandle::take) once the task has finished.
///
/// Dropping it *detaches* the task, which runs on by itself; [`detach`](JoinHandle::detach) says
/// so in words, [`abort`](JoinHandle::abort) ends the task instead.
#[must_use = "dropping the handle detaches the task; `.detach()` says so"]
pub struct JoinHandle<T> {
    core: Weak<Core>,
    task: Rc<Task>,
    taken: Cell<bool>,
    result: PhantomData<T>,
}

/// Why a task has no result.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// It panicked, with this payload: `std::panic::resume_unwind` takes it.
    #[error("the task panicked: {}", message(&**.0))]
    Panicked(Box<dyn Any + Send>),
    /// It was aborted before it returned, or its loop was dropped.
    #[error("the task was cancelled")]
    Cancelled,
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
    pub(crate) fn new(core: &Rc<Core>, task: Rc<Task>) -> JoinHandle<T> {
        JoinHandle { core: Rc::downgrade(core), task, taken: Cell::new(false), result: PhantomData }
    }

    /// Which task it is.
    pub fn id(&self) -> TaskId {
        TaskId(self.task.key())
    }

    /// Whether the task has returned, panicked or been aborted.
    pub fn is_finished(&self) -> bool {
        self.task.state() == State::Finished
    }

    /// What came of the task, once; `None` while it runs and after the result was taken.
    pub fn take(&self) -> Option<Result<T, JoinError>> {
        if self.task.state() != State::Finished || self.taken.replace(true) {
            return None;
        }
        match (self.task.end.get(), self.task.result.take()) {
            (End::Returned, Some(value)) => value.downcast().ok().map(|value| Ok(*value)),
            (End::Panicked, Some(payload)) => {
                let payload = payload.downcast::<Box<dyn Any + Send>>().ok()?;
                Some(Err(JoinError::Panicked(*payload)))
            }
            _ => Some(Err(JoinError::Cancelled)),
        }
    }

    /// Ends the task where it waits: what it owns is dropped, now, or as soon as it yields if
    /// it is the one that runs. Of a task that has finished, the result stays.
    ///
    /// System calls: those of the drops.
    pub fn abort(&self) {
        if let Some(core) = self.core.upgrade() {
            core.abort(&self.task);
        }
    }

    /// Lets the task run on by itself. Its result is dropped when it is made, an error as well; a
    /// panic is still reported by the panic hook.
    pub fn detach(self) {}
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        self.task.detach();
        if self.task.state() == State::Finished {
            let unwanted = self.task.result.take();
            if let Some(core) = self.core.upgrade() {
                core.scheduler.forget(&self.task);
            }
            drop(unwanted);
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinHandle({})", TaskId(self.task.key()))
    }
}
