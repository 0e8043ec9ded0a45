//! How time passes on a loop whose clock is virtual: not at all while somebody has something to
//! do, and then at once to the next deadline.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::event_loop::clock::{Held, VirtualClock};
use crate::event_loop::core::Core;
use crate::event_loop::moment::Moment;
use crate::event_loop::slab::Key;
use crate::event_loop::timers::Timers;
use crate::event_loop::waiter::Waiter;
use crate::task::body::quietly;
use crate::task::generator::Cause;

pub(crate) struct VirtualTime {
    pub(crate) clock: Rc<VirtualClock>,
    /// Who moves it by hand: to when, and whom to tell then.
    goals: RefCell<Timers>,
}

impl VirtualTime {
    /// `number` is the loop's.
    pub(crate) fn new(begin: Moment, number: u64) -> VirtualTime {
        let goals = RefCell::new(Timers::new(begin, number));
        VirtualTime { clock: Rc::new(VirtualClock::new(begin)), goals }
    }

    /// Lets time pass until this much is over, whoever holds it.
    pub(crate) fn add_goal(&self, time: Duration, waiter: Waiter) -> Key {
        let goal = self.clock.now().plus(time).min(Moment::LAST);
        self.goals.borrow_mut().insert(goal, waiter)
    }

    /// Tells somebody else when a goal is reached. False if it was.
    pub(crate) fn keep_goal(&self, goal: Key, waiter: Waiter) -> bool {
        let before = self.goals.borrow_mut().replace_waiter(goal, waiter);
        before.is_some() // and dropped here, with nothing borrowed
    }

    pub(crate) fn remove_goal(&self, goal: Key) {
        let waiter = self.goals.borrow_mut().remove(goal);
        drop(waiter); // after the borrow
    }

    pub(crate) fn next_goal(&self) -> Option<Moment> {
        self.goals.borrow_mut().next_deadline()
    }
}

impl Core {
    /// Holds its time still, if that is virtual.
    pub(crate) fn hold_time(&self) -> Held {
        Held::new(self.virtual_time.as_ref().map(|time| time.clock.clone()))
    }

    /// Moves its time in one go. `None` if it is not virtual.
    pub(crate) fn jump(&self, by: Duration) -> Option<()> {
        let clock = &self.virtual_time.as_ref()?.clock;
        clock.set(clock.now().plus(by));
        Some(())
    }

    /// How long to wait for the kernel: not at all if time may pass afterwards.
    #[cold]
    pub(crate) fn timeout_in(
        &self,
        time: &VirtualTime,
        limit: Option<Duration>,
    ) -> Option<Duration> {
        if self.next_stop(time, limit).is_some() { Some(Duration::ZERO) } else { limit }
    }

    /// Up to when time may pass at once.
    fn next_stop(&self, time: &VirtualTime, limit: Option<Duration>) -> Option<Moment> {
        let now = time.clock.now();
        let (deadline, goal) = (self.timers.borrow_mut().next_deadline(), time.next_goal());
        // What other threads do for the loop takes real time.
        let held = time.clock.is_held() || self.pool.pending() > 0;
        let stops = if goal.is_some() || !held {
            [deadline, goal, limit.map(|limit| now.plus(limit))]
        } else {
            [deadline.filter(|deadline| *deadline <= now), None, None]
        };
        stops.into_iter().flatten().filter(|stop| *stop != Moment::NEVER).min()
    }

    /// If time is virtual: the kernel was asked; if it had nothing (it was `quiet`) and nobody is READY, time passes.
    #[cold]
    pub(crate) fn pass_time(&self, quiet: bool, limit: Option<Duration>) {
        let Some(time) = &self.virtual_time else { return };
        if !quiet || !self.scheduler.ready.is_empty() {
            return;
        }
        let Some(stop) = self.next_stop(time, limit) else { return };
        time.clock.set(stop);
        // Who moved it there comes last: by then, all that was due has fired, and has run.
        let deadline = self.timers.borrow_mut().next_deadline();
        if deadline.is_none_or(|deadline| deadline > stop) {
            self.reach_goals(time);
        }
    }

    fn reach_goals(&self, time: &VirtualTime) {
        loop {
            let reached = time.goals.borrow_mut().pop_due(time.clock.now());
            match reached {
                Some(Waiter::Task(task)) => self.scheduler.wake(task, Cause::Woken),
                Some(Waiter::Waker(waker)) => quietly(|| waker.wake()),
                None => break,
            }
        }
    }
}
