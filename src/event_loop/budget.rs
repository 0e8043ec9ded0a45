//! How much a task may do before the others have their turn.
//!
//! A task that always finds data would never give way. So each call on a source costs one of the
//! task's budget, and with nothing left a source says "would block" although
//! it is ready; the task then waits, is READY at once, and runs again in the next turn. The
//! budget is the task's, whatever it is made of: joining many streams inside one task does not
//! multiply it.

use std::cell::Cell;

/// What a task has for a turn, unless its loop was built with another number.
pub(crate) const DEFAULT: u32 = 128;

thread_local! {
    /// Outside of any task, as good as endless.
    static LEFT: Cell<u32> = const { Cell::new(u32::MAX) };
}

/// Sets what the task that is about to run has.
pub(crate) fn refill(amount: u32) {
    LEFT.set(amount);
}

/// Takes one. False if there is none left.
#[inline]
pub(crate) fn spend() -> bool {
    match LEFT.get() {
        0 => false,
        left => {
            LEFT.set(left - 1);
            true
        }
    }
}
