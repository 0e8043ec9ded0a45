//! Moving a virtual clock by hand.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::error::{self, LoopError};
use crate::event_loop::core::Core;
use crate::event_loop::slab::Key;
use crate::task::generator::Place;

/// Moves a [virtual clock](super#a-virtual-clock) by so much, and lets happen on the way what is
/// due on the way: the clock stops at each deadline, what is due fires, and the tasks run until
/// all of them wait, before it goes on. Whoever awaits this goes on last, when all that was due by
/// then, at its very end too, has run. So `advance(Duration::ZERO)` waits until all others do.
///
/// [`hold`](super::hold) does not hinder it.
///
/// Cancel-safe: dropped on the way, the clock stays where it is by then. System calls: none of
/// its own; the loop asks the kernel before each step.
///
/// # Panics
/// When awaited: if no event loop runs on this thread, if its clock is real, or if it is another
/// one than it was first awaited on.
///
/// ```
/// # use eagain::time::{self, Clock};
/// # use std::{cell::Cell, rc::Rc, time::Duration};
/// # let mut event_loop = eagain::EventLoop::builder().clock(Clock::Virtual).build()?;
/// # event_loop.block_on(async {
/// let ticks = Rc::new(Cell::new(0));
/// let counted = ticks.clone();
/// eagain::spawn(async move {
///     let mut interval = time::interval(Duration::from_secs(1));
///     loop {
///         interval.tick().await;
///         counted.set(counted.get() + 1);
///     }
/// })
/// .detach();
/// time::advance(Duration::from_secs(60)).await;
/// assert_eq!(ticks.get(), 61); // the first one comes at once
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn advance(time: Duration) -> Advance {
    Advance { time, goal: None, at: Location::caller() }
}

/// What [`advance`] returns.
#[must_use = "time that is not awaited does not pass"]
pub struct Advance {
    time: Duration,
    /// What the loop knows of it, once it was polled.
    goal: Option<(Weak<Core>, Key)>,
    /// Where it was made.
    at: Place,
}

impl Future for Advance {
    type Output = ();

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let polled = Core::with_current(|core| {
            let time = core.virtual_time.as_ref().ok_or(LoopError::RealClock)?;
            let waiter = core.waiter_behind(cx.waker());
            let Some((home, goal)) = &self.goal else {
                self.goal = Some((Rc::downgrade(core), time.add_goal(self.time, waiter)));
                return Ok(Poll::Pending);
            };
            if Weak::as_ptr(home) != Rc::as_ptr(core) {
                return Err(LoopError::OtherLoop);
            }
            Ok(if time.keep_goal(*goal, waiter) { Poll::Pending } else { Poll::Ready(()) })
        });
        match polled.unwrap_or(Err(LoopError::NoLoop)) {
            Ok(polled) => polled,
            Err(e) => error::refuse(e, self.at),
        }
    }
}

impl Drop for Advance {
    fn drop(&mut self) {
        // Not the current loop: it may be dropped where none runs, or another one.
        let Some((home, goal)) = &self.goal else { return };
        if let Some(time) = home.upgrade().as_ref().and_then(|core| core.virtual_time.as_ref()) {
            time.remove_goal(*goal);
        }
    }
}

impl fmt::Debug for Advance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Advance").field(&self.time).finish()
    }
}
