//! How long the loop may sleep, and whom the time wakes.

use std::time::{Duration, Instant};

use eagain_sys::clock as real;

use crate::event_loop::core::Core;
use crate::event_loop::moment::Moment;
use crate::event_loop::slab::Key;
use crate::event_loop::waiter::Waiter;
use crate::task::body::quietly;
use crate::task::generator::Cause;

impl Core {
    /// How long the loop may sleep: not at all if a task is READY, else until the earliest
    /// deadline, but not beyond `limit`.
    #[inline(always)]
    pub(crate) fn timeout<const OBSERVED: bool>(
        &self,
        limit: Option<Duration>,
    ) -> Option<Duration> {
        if !self.scheduler.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        match &self.virtual_time {
            Some(time) if OBSERVED => self.timeout_in(time, limit),
            _ if self.armed.get() == 0 => limit,
            _ => self.time_left(limit),
        }
    }

    /// When the loop has to run at the latest: now, if a task is READY.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        if !self.scheduler.ready.is_empty() {
            return Some(self.now());
        }
        let deadline = self.timers.borrow_mut().next_deadline();
        let goal = self.virtual_time.as_ref().and_then(|time| time.next_goal());
        deadline.into_iter().chain(goal).min()?.instant()
    }

    #[inline(never)]
    fn time_left(&self, limit: Option<Duration>) -> Option<Duration> {
        let Some(deadline) = self.timers.borrow_mut().next_deadline() else { return limit };
        if deadline == Moment::NEVER {
            return limit;
        }
        let left = deadline.after(Moment::of(real::now()));
        Some(limit.map_or(left, |limit| limit.min(left)))
    }

    /// Moves the tasks whose deadline has passed to READY, the earliest first.
    #[inline]
    pub(crate) fn wake_due(&self) {
        if self.armed.get() > 0 {
            self.wake_due_at(match &self.virtual_time {
                None => Moment::of(real::now()),
                Some(time) => time.clock.now(),
            });
        }
    }

    #[inline(never)]
    fn wake_due_at(&self, now: Moment) {
        loop {
            // The borrow ends before anybody is woken.
            let due = self.timers.borrow_mut().pop_due(now);
            match due {
                Some(Waiter::Task(task)) => {
                    if let Some(extras) = task.extras() {
                        extras.timer.set(Key::NONE);
                    }
                    self.scheduler.wake(task, Cause::TimedOut);
                }
                Some(Waiter::Waker(waker)) => quietly(|| waker.wake()),
                None => break,
            }
        }
        self.armed.set(self.timers.borrow().len());
    }
}
