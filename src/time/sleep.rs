//! Waiting for a time to come.

use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU64;
#[cfg(debug_assertions)]
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

#[cfg(debug_assertions)]
use crate::error;
use crate::error::LoopError;
use crate::event_loop::clock;
use crate::event_loop::core::Core;
use crate::event_loop::moment::Moment;
use crate::event_loop::slab::Key;
use crate::task::generator::Place;

/// Waits until so much time has passed from now, and never less.
///
/// It is never done when it is first polled, not even for `Duration::ZERO`: timers fire between two
/// turns of the loop, so who sleeps for nothing gives way, and a task that does so over and over
/// holds up nobody.
///
/// Cancel-safe: dropping it takes its timer back.
///
/// System calls: none of its own; the loop's one wait ends in time.
///
/// # Panics
/// If it is awaited where no event loop runs, or on another one than it was first awaited on. In
/// debug builds the panic tells where it was made.
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
#[track_caller]
pub fn sleep(time: Duration) -> Sleep {
    match clock::now().checked_add(time) {
        Some(deadline) => sleep_until(deadline),
        None => Sleep::new(State::Unset(Moment::NEVER)),
    }
}

/// Waits until this instant, and never less. As [`sleep`].
///
/// Cancel-safe. System calls: none of its own.
///
/// ```
/// use eagain::time::{now, sleep_until};
///
/// # eagain::run(async {
/// let end = now() + std::time::Duration::from_millis(1);
/// sleep_until(end).await;
/// assert!(now() >= end);
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep::new(State::Unset(Moment::of(deadline)))
}

/// What [`sleep`] and [`sleep_until`] return.
///
/// One word, since every connection with a timeout has one. In debug builds another one, for the
/// [listing](crate::EventLoop::tasks): where it was made.
#[must_use = "a sleep that is not awaited does not sleep"]
pub struct Sleep {
    /// Never zero, so that an `Option` of it is one word as well.
    packed: NonZeroU64,
    #[cfg(debug_assertions)]
    at: Place,
    /// Not to leave the thread: its timer cannot.
    local: PhantomData<*const ()>,
}

#[cfg(not(debug_assertions))]
const _: () = assert!(size_of::<Option<Sleep>>() == 8);

#[derive(Clone, Copy)]
enum State {
    /// Not polled yet.
    Unset(Moment),
    /// The loop has a timer for it.
    Set(Key),
    Done,
}

impl Sleep {
    const UNSET: NonZeroU64 = NonZeroU64::new(1 << 62).unwrap();
    const SET: NonZeroU64 = NonZeroU64::new(2 << 62).unwrap();
    const DONE: NonZeroU64 = NonZeroU64::new(3 << 62).unwrap();
    /// What lies beside the two bits that tell the states apart.
    const REST: u64 = (1 << 62) - 1;

    #[inline]
    #[track_caller]
    fn new(state: State) -> Sleep {
        Sleep {
            packed: Sleep::pack(state),
            #[cfg(debug_assertions)]
            at: Location::caller(),
            local: PhantomData,
        }
    }

    /// It is awaited elsewhere than it was made.
    #[inline]
    pub(super) fn await_at(&mut self, at: Place) {
        #[cfg(debug_assertions)]
        {
            self.at = at;
        }
        #[cfg(not(debug_assertions))]
        let _ = at;
    }

    /// Notes where the task stands that polls it (in debug builds).
    #[inline]
    fn note(&self) {
        #[cfg(debug_assertions)]
        Core::briefly(|core| core.awaits_time(self.at));
    }

    /// Names whoever polls it and (in debug builds) where it was made.
    #[cold]
    #[track_caller]
    fn refuse(&self, why: LoopError) -> ! {
        #[cfg(debug_assertions)]
        error::refuse(why, self.at);
        #[cfg(not(debug_assertions))]
        panic!("{why}");
    }

    /// Two bits tell the states apart: moments leave them free, and so do keys (whose lower
    /// half does).
    #[inline]
    fn pack(state: State) -> NonZeroU64 {
        match state {
            State::Unset(moment) => Sleep::UNSET | moment.nanos(),
            State::Set(key) => {
                let (index, generation) = (key.index(), key.generation());
                Sleep::SET | u64::from(generation) << 30 | u64::from(index)
            }
            State::Done => Sleep::DONE,
        }
    }

    #[inline]
    fn state(&self) -> State {
        let rest = self.packed.get() & Sleep::REST;
        let index = rest as u32 & ((1 << 30) - 1);
        match self.packed.get() >> 62 {
            1 => State::Unset(Moment::from_nanos(rest)),
            2 => State::Set(Key::new(index, (rest >> 30) as u32)),
            _ => State::Done,
        }
    }

    /// Waits until this instant instead, also if it was done. Whoever was to be woken at the old
    /// one will be at the new one.
    ///
    /// ```
    /// use eagain::time::{now, sleep};
    /// use std::{pin::pin, time::Duration};
    ///
    /// # eagain::run(async {
    /// let mut patience = sleep(Duration::from_secs(3600));
    /// let end = now() + Duration::from_millis(1);
    /// patience.reset(end);
    /// patience.await;
    /// assert!(now() >= end);
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn reset(&mut self, deadline: Instant) {
        self.set(Some(deadline));
    }

    /// The same; without a deadline, it never ends.
    pub(super) fn set(&mut self, deadline: Option<Instant>) {
        let deadline = deadline.map_or(Moment::NEVER, Moment::of);
        let moved = match self.state() {
            // Who resets it need not run on the loop that has the timer, or on any.
            State::Set(timer) => Core::briefly(|core| core.move_timer(timer, deadline))
                .flatten()
                .or_else(|| Core::find_here(|core| core.move_timer(timer, deadline))),
            _ => None,
        };
        self.go_to(moved.map_or(State::Unset(deadline), State::Set));
    }

    /// When it ends. `None` if it never does, or has: its one word has no room for what was.
    ///
    /// ```
    /// use eagain::time::{now, sleep, sleep_until};
    /// use std::time::Duration;
    ///
    /// let soon = now() + Duration::from_millis(5);
    /// assert_eq!(sleep_until(soon).deadline(), Some(soon));
    /// assert_eq!(sleep(Duration::MAX).deadline(), None);
    /// ```
    pub fn deadline(&self) -> Option<Instant> {
        self.moment()?.instant()
    }

    /// Whether its time has come, whether or not it has been awaited.
    ///
    /// ```
    /// use eagain::time::sleep;
    /// use std::{pin::pin, time::Duration};
    ///
    /// # eagain::run(async {
    /// let mut nap = pin!(sleep(Duration::from_millis(1)));
    /// assert!(!nap.is_elapsed());
    /// nap.as_mut().await;
    /// assert!(nap.is_elapsed());
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_elapsed(&self) -> bool {
        match (self.state(), self.moment()) {
            (_, Some(moment)) => moment <= Moment::of(clock::now()),
            // It has fired, unless its loop is gone.
            (State::Set(timer), None) => {
                Core::find_here(|core| core.knew_timer(timer).then_some(())).is_some()
            }
            (_, None) => true,
        }
    }

    fn moment(&self) -> Option<Moment> {
        match self.state() {
            State::Unset(moment) => Some(moment),
            State::Set(timer) => Core::find_here(|core| core.timer_deadline(timer)),
            State::Done => None,
        }
    }

    #[inline]
    fn go_to(&mut self, state: State) -> State {
        let before = self.state();
        self.packed = Sleep::pack(state);
        before
    }
}

impl Future for Sleep {
    type Output = ();

    #[inline]
    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let pending = match self.state() {
            // Also without end: a reset has to find who waits.
            State::Unset(deadline) => {
                let timer = Core::briefly(|core| core.set_own_timer(cx.waker(), deadline));
                let timer = match timer.flatten().or_else(|| set_foreign(cx.waker(), deadline)) {
                    Some(timer) => timer,
                    None => self.refuse(LoopError::NoLoop),
                };
                self.go_to(State::Set(timer));
                true
            }
            State::Set(timer) => {
                let kept = Core::with_current(|core| match core.keep_timer(cx.waker(), timer) {
                    true => Ok(true),
                    false if core.knew_timer(timer) => Ok(false), // it has fired
                    false => Err(LoopError::OtherLoop),
                });
                match kept.unwrap_or(Err(LoopError::NoLoop)) {
                    Ok(kept) => kept,
                    Err(e) => self.refuse(e),
                }
            }
            State::Done => false,
        };
        if pending {
            self.note();
            return Poll::Pending;
        }
        self.go_to(State::Done);
        Poll::Ready(())
    }
}

/// Sets a timer that tells somebody between us and the task.
#[inline(never)]
fn set_foreign(waker: &Waker, deadline: Moment) -> Option<Key> {
    Core::with_current(|core| core.set_timer_behind(waker, deadline))
}

impl Drop for Sleep {
    #[inline]
    fn drop(&mut self) {
        if let State::Set(timer) = self.state() {
            match Core::briefly(|core| core.take_timer(timer)).flatten() {
                Some(waiter) => drop(waiter),
                None => Core::cancel_anywhere(timer),
            }
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state() {
            State::Unset(Moment::NEVER) => "Sleep(never)",
            State::Unset(_) => "Sleep(unset)",
            State::Set(_) => "Sleep(set)",
            State::Done => "Sleep(done)",
        })
    }
}
