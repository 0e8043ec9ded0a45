//! Ticks at equal distances, and what is to become of those that nobody was there for.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use crate::event_loop::clock;
use crate::time::sleep::{Sleep, sleep_until};

/// Ticks now, and from then on once in each `period`. As [`interval_at`].
///
/// ```
/// use std::time::Duration;
///
/// # eagain::run(async {
/// let mut interval = eagain::time::interval(Duration::from_millis(2));
/// let first = interval.tick().await; // at once
/// let second = interval.tick().await;
/// assert_eq!(second - first, Duration::from_millis(2));
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
/// If the period is zero.
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    interval_at(clock::now(), period)
}

/// Ticks at `start`, and from then on once in each `period`.
///
/// Whoever takes longer than a period between two ticks, or whose loop is blocked, misses some.
/// What becomes of them is the [`MissedTickBehavior`]; by default, they come at once.
///
/// # Panics
/// If the period is zero.
///
/// ```
/// use eagain::time::{MissedTickBehavior, interval_at, now};
/// use std::time::Duration;
///
/// # eagain::run(async {
/// let (begin, period) = (now(), Duration::from_millis(1));
/// let mut ticks = interval_at(begin + period, period);
/// ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
/// assert_eq!(ticks.tick().await, begin + period);
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    assert!(!period.is_zero(), "an interval without a period would never end to tick");
    Interval {
        due: Some(start),
        sleep: sleep_until(start),
        period,
        missed: MissedTickBehavior::default(),
    }
}

/// What [`interval`] and [`interval_at`] return.
#[must_use = "an interval ticks only for those who await its ticks"]
pub struct Interval {
    /// When the next tick is due; beyond what a clock can tell, never.
    due: Option<Instant>,
    sleep: Sleep,
    period: Duration,
    missed: MissedTickBehavior,
}

/// What an [`Interval`] does about ticks that nobody was there for.
///
/// A tick counts as missed when it comes more than 5 ms late (or more than a period, if that is
/// less): below that, it is the machine that is slow, and the ticks stay where they were.
///
/// With a period of 10 ms, and a task that is away between the ticks at 20 and 55:
///
/// ```text
/// on time   0   10   20   30   40   50   60   70   80
/// Burst     0   10   20             55 55 55 60   70   80
/// Delay     0   10   20             55        65   75
/// Skip      0   10   20             55   60   70   80
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissedTickBehavior {
    /// They come at once, one after the other, until the interval has caught up: no tick is lost,
    /// and the ones to come are where they were to be.
    #[default]
    Burst,
    /// They are dropped, and a whole period passes after the tick that was late: two ticks are
    /// never closer than a period.
    Delay,
    /// They are dropped, and the ones to come are where they were to be.
    Skip,
}

impl MissedTickBehavior {
    /// When to tick after the tick that was due at `due` and came `now`.
    fn next(self, due: Instant, now: Instant, period: Duration) -> Option<Instant> {
        const SLOW: Duration = Duration::from_millis(5);
        let late = now.saturating_duration_since(due);
        match self {
            MissedTickBehavior::Delay if late > SLOW.min(period) => now.checked_add(period),
            MissedTickBehavior::Skip if late > SLOW.min(period) => {
                now.checked_add(period - remainder(late, period))
            }
            _ => due.checked_add(period),
        }
    }
}

/// How far `time` is into a period.
fn remainder(time: Duration, period: Duration) -> Duration {
    let nanos = time.as_nanos() % period.as_nanos();
    Duration::new((nanos / 1_000_000_000) as u64, (nanos % 1_000_000_000) as u32)
}

impl Interval {
    /// Waits for the next tick, and returns when it was due.
    ///
    /// Cancel-safe: a tick that was not returned is still to come. System calls: none of its own.
    ///
    /// # Panics
    /// As [`sleep`](super::sleep).
    #[track_caller]
    pub fn tick(&mut self) -> impl Future<Output = Instant> {
        self.sleep.await_at(Location::caller());
        Tick(self)
    }

    /// The same for those who poll.
    ///
    /// # Panics
    /// As [`sleep`](super::sleep).
    #[track_caller]
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        ready!(Pin::new(&mut self.sleep).poll(cx));
        let now = clock::now();
        let due = self.due.unwrap_or(now); // it is there, or no sleep had ended
        self.tick_at(self.missed.next(due, now, self.period));
        Poll::Ready(due)
    }

    fn tick_at(&mut self, due: Option<Instant>) {
        self.due = due;
        self.sleep.set(due);
    }

    /// Lets the next tick come a period from now.
    pub fn reset(&mut self) {
        self.reset_after(self.period);
    }

    /// Lets the next tick come now.
    pub fn reset_immediately(&mut self) {
        self.reset_at(clock::now());
    }

    /// Lets the next tick come so much later than now.
    pub fn reset_after(&mut self, time: Duration) {
        self.tick_at(clock::now().checked_add(time));
    }

    /// Lets the next tick come at this instant.
    pub fn reset_at(&mut self, instant: Instant) {
        self.tick_at(Some(instant));
    }

    /// What becomes of missed ticks.
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.missed
    }

    /// Says what is to become of missed ticks. Default [`MissedTickBehavior::Burst`].
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed = behavior;
    }

    /// The time between two ticks.
    pub fn period(&self) -> Duration {
        self.period
    }
}

/// Not `poll_fn`, whose panic would name a line of ours.
struct Tick<'a>(&'a mut Interval);

impl Future for Tick<'_> {
    type Output = Instant;

    #[inline]
    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Instant> {
        self.0.poll_tick(cx)
    }
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interval")
            .field("period", &self.period)
            .field("due", &self.due)
            .field("missed_tick_behavior", &self.missed)
            .finish()
    }
}
