//! Letting the others run, as a future.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::event_loop::core::Core;

/// Lets every other task that is ready run first: goes on in the next turn.
///
/// Cancel-safe. System calls: none of its own.
///
/// ```
/// # eagain::run(async {
/// let mut sum = 0_u64;
/// for n in 0..1_000_000 {
///     sum += n;
///     if n % 100_000 == 0 {
///         eagain::yield_now().await;
///     }
/// }
/// assert_eq!(sum, 499_999_500_000);
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
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
