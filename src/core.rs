//! The parts of a loop together: how one task is resumed, parked and ended.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{self, Poll, Waker};
use std::time::Duration;

use eagain_sys::clock;
use eagain_sys::poller::Interest;

use crate::budget;
use crate::context::Context;
use crate::generator::{Cause, On, Place, Step, Wait};
use crate::inbox::{Inbox, SpareWaker, TaskWaker};
use crate::join::JoinHandle;
use crate::reactor::Reactor;
use crate::scheduler::{Begun, Scheduler};
use crate::slab::Key;
use crate::task::{Body, Outlet, Spawn, drop_quietly};
use crate::timers::Timers;
use crate::trace::Trace;
use crate::waiter::Waiter;

pub(crate) struct Core {
    pub(crate) scheduler: Rc<Scheduler>,
    pub(crate) reactor: Rc<Reactor>,
    pub(crate) timers: RefCell<Timers>,
    pub(crate) inbox: Arc<Inbox>,
    spare_waker: Cell<Option<SpareWaker>>,
    budget: u32,
    pub(crate) trace: Trace,
}

impl Core {
    pub(crate) fn new(budget: u32, trace: Trace) -> eagain_sys::Result<Core> {
        let scheduler = Rc::new(Scheduler::new());
        let reactor = Rc::new(Reactor::new(scheduler.clone())?);
        let inbox = Arc::new(Inbox::new(reactor.bell()?, &scheduler));
        let timers = RefCell::new(Timers::new(clock::now()));
        Ok(Core { scheduler, reactor, timers, inbox, spare_waker: Cell::new(None), budget, trace })
    }

    pub(crate) fn spawn<Kind, T: Spawn<Kind>>(
        self: &Rc<Core>,
        task: T,
        at: Place,
    ) -> JoinHandle<T::Output> {
        let key = self.scheduler.spawn(task.into_body(), true, at);
        self.trace.spawned(key);
        JoinHandle::new(self, key)
    }

    /// Resumes the task at the head of the ready queue, and parks it where it says or ends it.
    #[inline]
    pub(crate) fn resume_next(self: &Rc<Core>) {
        let Some(Begun { key, mut body, cause, on, timer, joinable }) = self.scheduler.begin()
        else {
            return;
        };
        self.undo_wait(key, on, timer, Some(cause));
        self.trace.resumed(key, cause);
        budget::refill(self.budget);
        let mut outlet = Outlet { wanted: joinable, value: None };
        let step = catch_unwind(AssertUnwindSafe(|| self.step(key, cause, &mut body, &mut outlet)));
        match step {
            Ok(Step::Yield(wait)) => self.park(key, body, wait),
            Ok(Step::Return(())) => self.end(key, body, outlet.value.map(Body::Returned)),
            Err(payload) => self.end(key, body, Some(Body::Panicked(payload))),
        }
    }

    #[inline]
    fn step(
        self: &Rc<Core>,
        key: Key,
        cause: Cause,
        body: &mut Body,
        outlet: &mut Outlet,
    ) -> Step<()> {
        match body {
            Body::Generator(generator) => {
                generator.resume_into(&mut Context::new(self, key, cause), outlet)
            }
            Body::Future(future) => self.with_waker(key, |waker| {
                match future.as_mut().poll_into(&mut task::Context::from_waker(waker), outlet) {
                    Poll::Ready(()) => Step::Return(()),
                    Poll::Pending => Step::Yield(Wait::woken()),
                }
            }),
            // A task that finished is never READY again.
            Body::Returned(_) | Body::Panicked(_) | Body::Cancelled => Step::Return(()),
        }
    }

    /// Polls with the task's own waker if it has one. Else a spare one is lent, which becomes
    /// the task's own if a clone of it was kept.
    fn with_waker<T>(&self, key: Key, poll: impl FnOnce(&Waker) -> T) -> T {
        if let Some(own) = self.scheduler.with_task(key, |task| task.waker.take()).flatten() {
            let result = poll(&own);
            self.scheduler.with_task(key, |task| task.waker = Some(own));
            return result;
        }
        let spare = self.spare_waker.take().unwrap_or_else(|| SpareWaker::new(&self.inbox));
        let result = poll(spare.lend(key));
        if spare.was_kept() {
            self.scheduler.with_task(key, |task| task.waker = Some(spare.into_waker()));
        } else {
            self.spare_waker.set(Some(spare));
        }
        result
    }

    /// The task's waker, made when somebody first asks for it.
    pub(crate) fn waker_of(&self, key: Key) -> Waker {
        let new = || Waker::from(Arc::new(TaskWaker::new(&self.inbox, key)));
        let own = self.scheduler.with_task(key, |task| task.waker.get_or_insert_with(new).clone());
        own.unwrap_or_else(new)
    }

    /// A task yielded `wait`: WAITING, unless what it waits for is there already.
    #[inline]
    fn park(&self, key: Key, body: Body, wait: Wait) {
        let again = match wait.on {
            On::Source(source, interest) => self.reactor.park(source, interest, key),
            On::NextTurn => Some(Cause::Turn),
            On::Woken => None,
        };
        let timer = match wait.deadline {
            Some(deadline) if again.is_none() => {
                self.timers.borrow_mut().insert(deadline, Waiter::Task(key))
            }
            _ => Key::NONE,
        };
        self.trace.yielded(key, &wait, &self.reactor);
        let aborted = self.scheduler.pause(key, body, wait.on, timer, again);
        if aborted {
            self.abort(key);
        }
    }

    /// Takes back what a wait left behind, whatever ended it.
    #[inline]
    fn undo_wait(&self, key: Key, on: On, timer: Key, cause: Option<Cause>) {
        if !timer.is_none() {
            self.timers.borrow_mut().remove(timer);
        }
        if let On::Source(source, interest) = on {
            // The edge that woke the task has taken its one waiter along.
            let taken = matches!(cause, Some(Cause::Ready(_))) && interest != Interest::BOTH;
            if !taken {
                self.reactor.unpark(source, interest, key);
            }
        }
    }

    fn end(&self, key: Key, body: Body, outcome: Option<Body>) {
        self.trace.returned(key, outcome.as_ref());
        drop_quietly(body);
        self.scheduler.finish(key, outcome);
    }

    /// Ends a task where it waits. The one that runs ends when it yields.
    pub(crate) fn abort(&self, key: Key) {
        if let Some(Begun { body, on, timer, .. }) = self.scheduler.seize(key) {
            self.undo_wait(key, on, timer, None);
            self.end(key, body, Some(Body::Cancelled));
        }
    }

    /// How long the loop may sleep: not at all if a task is READY, else until the earliest
    /// deadline, but not beyond `limit`.
    #[inline]
    pub(crate) fn timeout(&self, limit: Option<Duration>) -> Option<Duration> {
        if self.scheduler.ready() > 0 {
            return Some(Duration::ZERO);
        }
        let mut timers = self.timers.borrow_mut();
        let Some(deadline) = timers.next_deadline() else { return limit };
        let left = Duration::from_nanos(deadline.saturating_sub(timers.nanos(clock::now())));
        Some(limit.map_or(left, |limit| limit.min(left)))
    }

    /// Moves the tasks whose deadline has passed to READY, the earliest first.
    #[inline]
    pub(crate) fn wake_due(&self) {
        if self.timers.borrow().len() == 0 {
            return;
        }
        let now = self.timers.borrow().nanos(clock::now());
        loop {
            // The borrow ends before anybody is woken.
            let due = self.timers.borrow_mut().pop_due(now);
            match due {
                Some(waiter) => waiter.wake(&self.scheduler, Cause::TimedOut),
                None => return,
            }
        }
    }
}
