//! How much a task may do before the others have their turn.
//!
//! A task that always finds data would never give way. So each call on a source costs one of the
//! task's budget, and with nothing left a source says "would block" although
//! it is ready; the task then waits, is READY at once, and runs again in the next turn. The
//! budget is the task's, whatever it is made of: joining many streams inside one task does not
//! multiply it. Neither are two tasks needed for such a loop: one that sends to itself finds its own
//! value. What tasks use between each other costs as well, one for each time that it gets on.

use std::cell::Cell;
use std::future::poll_fn;
use std::task::{Context, Poll};

/// What a task has for a turn, unless its loop was built with another number.
pub(crate) const DEFAULT: u32 = 128;

thread_local! {
    /// Outside of any task endless: nobody lives to see the end of so many.
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// Sets what the task that is about to run has.
#[inline]
pub(crate) fn refill(amount: u32) {
    LEFT.set(amount.into());
}

/// No task runs any more.
pub(crate) fn end() {
    LEFT.set(u64::MAX);
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

/// Whether there is none left.
#[inline]
pub(crate) fn is_spent() -> bool {
    LEFT.get() == 0
}

/// Polls for something that costs one if it is there; to wait for it is free, or a task that waits
/// for many would never come to the last of them.
#[inline(always)]
pub(crate) fn within<T>(
    cx: &mut Context<'_>,
    poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    if is_spent() {
        return give_way(cx);
    }
    let polled = poll(cx);
    if polled.is_ready() {
        spend();
    }
    polled
}

/// Takes one, in the next turn if there is none left.
pub(crate) async fn take() {
    poll_fn(|cx| if spend() { Poll::Ready(()) } else { give_way(cx) }).await
}

/// Lets the others have their turn, and comes again in the next.
#[cold]
pub(crate) fn give_way<T>(cx: &mut Context<'_>) -> Poll<T> {
    cx.waker().wake_by_ref();
    Poll::Pending
}
