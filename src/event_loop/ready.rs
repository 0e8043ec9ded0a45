//! The queue of tasks that are READY.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::event_loop::task::Task;

/// First in, first out. The first one has a place of its own: in most turns of most servers it
/// is the only one.
#[derive(Default)]
pub(crate) struct ReadyQueue {
    first: Cell<Option<Rc<Task>>>,
    /// The others, in their order.
    rest: RefCell<Vec<Rc<Task>>>,
    /// There are others. Not without a first one.
    crowded: Cell<bool>,
}

impl ReadyQueue {
    #[inline(always)]
    pub(crate) fn push(&self, task: Rc<Task>) {
        if self.crowded.get() {
            return self.rest.borrow_mut().push(task);
        }
        match self.first.take() {
            None => self.first.set(Some(task)),
            first => {
                self.first.set(first);
                self.rest.borrow_mut().push(task);
                self.crowded.set(true);
            }
        }
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        let first = self.first.take();
        let empty = first.is_none();
        self.first.set(first);
        empty
    }

    /// Takes the one that is READY, if it is only one.
    #[inline(always)]
    pub(crate) fn take_only(&self) -> Option<Rc<Task>> {
        if self.crowded.get() { None } else { self.first.take() }
    }

    /// Takes all of them, to be run in this order: what is pushed from now on is for the next
    /// turn.
    #[inline]
    pub(crate) fn take_all(&self, empty: &mut Vec<Rc<Task>>) {
        empty.extend(self.first.take());
        empty.append(&mut self.rest.borrow_mut());
        self.crowded.set(false);
    }

    /// Gives back memory that a rare crowd took.
    #[inline]
    pub(crate) fn give_back(&self, empty: &mut Vec<Rc<Task>>) {
        const KEPT: usize = 1024;
        let mut rest = self.rest.borrow_mut();
        if empty.capacity() > KEPT && rest.len() < empty.capacity() / 8 {
            empty.shrink_to(KEPT);
            rest.shrink_to(KEPT);
        }
    }
}
