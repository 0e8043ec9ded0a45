//! A loop that is being dropped: nothing begins there any more.

use std::cell::Cell;
use std::mem::forget;
use std::rc::Rc;

use crate::event_loop::task::Task;

/// What is spawned while a loop is being dropped ends at once. That drops what it was made of, and
/// such a drop may spawn again.
#[derive(Default)]
pub(crate) struct Closing {
    begun: Cell<bool>,
    /// How many such drops are under way, one inside another.
    depth: Cell<u32>,
}

/// A drop that spawns, whose drop spawns, and so on for so long, has no end: the next one is
/// forgotten instead, before the stack is full.
const DEEPEST: u32 = 32;

impl Closing {
    pub(crate) fn begin(&self) {
        self.begun.set(true);
    }

    /// A task was spawned: too late, if the loop is being dropped, and then `end` has to end it.
    pub(crate) fn refuse(&self, task: &Rc<Task>, end: impl FnOnce()) {
        if !self.begun.get() {
            return;
        }
        let depth = self.depth.get();
        if depth == DEEPEST {
            forget(task.body.take());
        }
        self.depth.set(depth + 1);
        end();
        self.depth.set(depth);
    }
}
