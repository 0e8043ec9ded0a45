//! Who is to be told.

use std::rc::Rc;
use std::task::Waker;

use crate::event_loop::scheduler::Scheduler;
use crate::event_loop::slab::Key;
use crate::event_loop::task::Task;
use crate::task::generator::Cause;

/// A task of this loop is held itself: no atomic, no allocation. Any other waker is kept and
/// woken as itself.
pub(crate) enum Waiter {
    Task(Rc<Task>),
    Waker(Waker),
}

impl Waiter {
    /// Moves a task to READY. A foreign waker may do anything: it has to wait until nothing is
    /// borrowed, see [`Scheduler::use_wakers`].
    pub(crate) fn wake(self, scheduler: &Scheduler, cause: Cause) {
        match self {
            Waiter::Task(task) => scheduler.wake(task, cause),
            Waiter::Waker(waker) => scheduler.wake_later(waker),
        }
    }
}

/// A future that waits, as those see it who have to wake or forget it.
pub(crate) struct Leaf {
    pub(crate) waiter: Waiter,
    /// Which park this was: the future has the same number.
    pub(crate) ticket: Ticket,
    /// The task that polled it.
    pub(crate) task: Key,
}

/// The number of a park. A future that waits can be told from another one by it, and from one
/// that was polled before the task was last resumed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ticket(u32);

impl Ticket {
    /// That of generators: they are known by their task.
    pub(crate) const NONE: Ticket = Ticket(0);

    /// That of whoever polls a source without a future in between. Nobody says when such a one
    /// does not wait any more, so it makes way for the next.
    pub(crate) const POLLED: Ticket = Ticket(1);

    /// The one after, which is neither of these.
    pub(crate) fn next(self) -> Ticket {
        Ticket(self.0.wrapping_add(1).max(2))
    }

    /// Whether it was given out after `other` was.
    pub(crate) fn is_after(self, other: Ticket) -> bool {
        self.0.wrapping_sub(other.0) as i32 > 0
    }
}
