//! Who is to be told when a wait is over.

use std::task::Waker;

use crate::generator::Cause;
use crate::scheduler::Scheduler;
use crate::slab::Key;

/// A task of this loop is named by its key: no clone, no atomic, no allocation. Any other
/// waker is kept and woken as itself.
pub(crate) enum Waiter {
    Task(Key),
    Waker(Waker),
}

impl Waiter {
    pub(crate) const NOBODY: Waiter = Waiter::Task(Key::NONE);

    pub(crate) fn is_somebody(&self) -> bool {
        !matches!(self, Waiter::Task(task) if task.is_none())
    }

    pub(crate) fn is_task(&self, key: Key) -> bool {
        matches!(self, Waiter::Task(task) if *task == key)
    }

    /// Moves a task to READY, or wakes a waker. A waker may run any code: no borrow may be
    /// held here that such code needs.
    #[inline]
    pub(crate) fn wake(self, scheduler: &Scheduler, cause: Cause) {
        match self {
            Waiter::Task(task) => scheduler.wake(task, cause),
            Waiter::Waker(waker) => waker.wake(),
        }
    }
}
