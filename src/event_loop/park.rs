//! How a task is parked: what it waits for, until when, and what is taken back when that is over.

use std::rc::Rc;
use std::time::Instant;

use eagain_sys::poller::Interest;

use crate::event_loop::core::Core;
use crate::event_loop::moment::Moment;
use crate::event_loop::slab::Key;
use crate::event_loop::task::{MORE_TO_UNDO, Phase, Task};
use crate::event_loop::waiter::{Ticket, Waiter};
use crate::task::generator::{Cause, On, Ready, Wait};

impl Core {
    /// A task yielded `wait`: WAITING, unless what it waits for is there already.
    #[inline(always)]
    pub(crate) fn park<const OBSERVED: bool>(self: &Rc<Core>, task: &Rc<Task>, wait: Wait) {
        if OBSERVED && wait.on != On::ELSEWHERE {
            self.trace.yielded(task.key(), &wait, self);
        }
        // What it says is mostly what it was parked on when it asked, and no more.
        let (parked_on, turn) = (task.on.get(), self.turn.get());
        match wait.deadline {
            None if wait.on == parked_on => {
                let meanwhile = self.scheduler.pause(task, turn);
                if meanwhile != Phase::Running {
                    self.go_on(task, meanwhile, Cause::Woken);
                }
            }
            _ if wait.on == On::NEXT_TURN && parked_on == On::WOKEN => {
                let meanwhile = self.scheduler.requeue(task, turn);
                if meanwhile == Phase::RunningAborted {
                    self.abort(task);
                }
            }
            deadline => self.park_elsewhere(task, wait.on, deadline),
        }
    }

    /// A task waits for something else than what it was parked on, or until a deadline.
    #[inline(never)]
    fn park_elsewhere(self: &Rc<Core>, task: &Rc<Task>, on: On, deadline: Option<Instant>) {
        if on == On::ELSEWHERE {
            return self.root_is_due.set(true); // who has its future polls it
        }
        if on != task.on.get() {
            self.undo_wait(task);
        }
        let again = match on.as_source() {
            Some((source, interest)) if task.on.get() == On::WOKEN => {
                let again = self.reactor.park_again(source, interest, task);
                if again.is_none() {
                    task.on.set(on);
                    task.mark(MORE_TO_UNDO, interest == Interest::BOTH);
                }
                again
            }
            None if on == On::NEXT_TURN => Some(Cause::Turn),
            None if on.as_ready().is_some() => {
                on.as_ready().map(|ready| Cause::Ready(Ready(ready)))
            }
            _ => None,
        };
        if let (Some(deadline), None) = (deadline, again) {
            self.set_timer(deadline, task);
        }
        let meanwhile = self.scheduler.pause(task, self.turn.get());
        if again.is_some() || meanwhile != Phase::Running {
            self.go_on(task, meanwhile, again.unwrap_or(Cause::Woken));
        }
    }

    /// A task that paused need not wait, or must not.
    #[inline(never)]
    fn go_on(self: &Rc<Core>, task: &Rc<Task>, meanwhile: Phase, cause: Cause) {
        if meanwhile == Phase::RunningAborted {
            self.abort(task);
        } else {
            self.scheduler.wake(task.clone(), cause);
        }
    }

    fn set_timer(&self, deadline: Instant, task: &Rc<Task>) {
        let mut timers = self.timers.borrow_mut();
        let timer = timers.insert(Moment::of(deadline), Waiter::Task(task.clone()));
        task.make_extras().timer.set(timer);
        task.mark(MORE_TO_UNDO, true);
        if task.on.get() == On::WOKEN {
            task.on.set(On::TIMER);
        }
        self.armed.set(timers.len());
    }

    /// Takes back what a wait left behind, whatever ended it.
    #[inline(never)]
    pub(crate) fn undo_wait(&self, task: &Task) {
        if let Some(extras) = task.extras() {
            let timer = extras.timer.replace(Key::NONE);
            if !timer.is_none() {
                self.cancel_timer(timer);
            }
        }
        task.mark(MORE_TO_UNDO, false);
        let on = task.on.replace(On::WOKEN);
        if let Some((source, interest)) = on.as_source() {
            self.reactor.unpark(source, interest, task);
        } else if on == On::DESCRIPTOR {
            self.reactor.unpark_starved(task.key(), Ticket::NONE);
        }
    }
}
