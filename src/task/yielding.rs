//! Letting the others run, as a future.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::event_loop::core::Core;

/// Lets every other task that is ready run first: goes on in the next turn.
///
/// Cancel-safe. System calls: none of its own.
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// What [`yield_now`] returns.
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        if Core::briefly(|core| core.yield_own(cx.waker())) != Some(true) {
            cx.waker().wake_by_ref(); // somebody else's executor, or one in between
        }
        Poll::Pending
    }
}
