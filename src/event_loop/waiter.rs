//! Who is to be told when a timer fires.

use std::rc::Rc;
use std::task::Waker;

use crate::event_loop::table::Task;

/// A task of this loop is held itself: no atomic, no allocation. Any other waker is kept and
/// woken as itself.
pub(crate) enum Waiter {
    Task(Rc<Task>),
    Waker(Waker),
}
