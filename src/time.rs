//! Waiting for a time to come, as futures.
//!
//! A hand-written generator yields [`Wait::after`](crate::Wait::after) and
//! [`Wait::until`](crate::Wait::until) for the same.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use std::{fmt, mem};

use eagain_sys::clock;

use crate::error::LoopError;
use crate::event_loop::core::Core;
use crate::event_loop::slab::Key;

/// Waits until so much time has passed from now, and never less.
///
/// Cancel-safe: dropping it takes its timer back.
///
/// System calls: none of its own; the loop's one wait ends in time.
///
/// # Panics
/// If it is awaited where no event loop runs, or on another one than it was first awaited on.
///
/// ```
/// use std::time::{Duration, Instant};
///
/// let mut event_loop = eagain::EventLoop::new()?;
/// let task = event_loop.spawn(async {
///     let begin = Instant::now();
///     eagain::time::sleep(Duration::from_millis(2)).await;
///     begin.elapsed()
/// });
/// event_loop.run()?;
/// assert!(task.take().unwrap()? >= Duration::from_millis(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sleep(time: Duration) -> Sleep {
    match clock::now().checked_add(time) {
        Some(deadline) => sleep_until(deadline),
        None => Sleep { state: State::Never, local: PhantomData },
    }
}

/// Waits until this instant, and never less. As [`sleep`].
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { state: State::Unset(deadline), local: PhantomData }
}

/// What [`sleep`] and [`sleep_until`] return.
#[must_use = "a sleep that is not awaited does not sleep"]
pub struct Sleep {
    state: State,
    /// Not to leave the thread: its timer cannot.
    local: PhantomData<*const ()>,
}

enum State {
    /// Not polled yet.
    Unset(Instant),
    /// The loop has a timer for it.
    Set(Key),
    /// No clock can name its end.
    Never,
    Done,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let pending = match self.state {
            State::Unset(deadline) => {
                let timer = Core::with_current(|core| core.set_timer_behind(cx.waker(), deadline));
                self.state = State::Set(timer.unwrap_or_else(|| panic!("{}", LoopError::NoLoop)));
                true
            }
            State::Set(timer) => {
                let kept = Core::with_current(|core| match core.keep_timer(cx.waker(), timer) {
                    true => Ok(true),
                    false if core.knew_timer(timer) => Ok(false), // it has fired
                    false => Err(LoopError::OtherLoop),
                });
                kept.unwrap_or(Err(LoopError::NoLoop)).unwrap_or_else(|e| panic!("{e}"))
            }
            State::Never => true,
            State::Done => false,
        };
        if pending {
            return Poll::Pending;
        }
        self.state = State::Done;
        Poll::Ready(())
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let State::Set(timer) = mem::replace(&mut self.state, State::Done) {
            Core::with_current(|core| core.cancel_timer(timer));
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Unset(_) => "Sleep(unset)",
            State::Set(_) => "Sleep(set)",
            State::Never => "Sleep(never)",
            State::Done => "Sleep(done)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_two_words() {
        assert_eq!(size_of::<Sleep>(), 16);
    }
}
