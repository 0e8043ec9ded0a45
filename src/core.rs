//! The parts of a loop together: how one task is resumed, parked and ended.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{self, Poll, Waker};
use std::time::{Duration, Instant};

use eagain_sys::clock;
use eagain_sys::poller::Interest;

use crate::budget;
use crate::context::Context;
use crate::generator::{Cause, On, Place, Step, Wait};
use crate::inbox::{Inbox, SpareWaker, TaskWaker};
use crate::join::JoinHandle;
use crate::reactor::Reactor;
use crate::scheduler::{Meanwhile, Scheduler, Task};
use crate::slab::Key;
use crate::task::{Body, Spawn, drop_quietly};
use crate::timers::Timers;
use crate::trace::Trace;
use crate::waiter::Waiter;

pub(crate) struct Core {
    /// The scheduler's.
    pub(crate) id: u64,
    pub(crate) scheduler: Rc<Scheduler>,
    pub(crate) reactor: Rc<Reactor>,
    pub(crate) timers: RefCell<Timers>,
    /// How many timers are set; the loop asks twice a turn.
    armed: Cell<usize>,
    pub(crate) inbox: Arc<Inbox>,
    spare_waker: Cell<Option<SpareWaker>>,
    /// What the task that runs has returned.
    value: Cell<Option<Box<dyn Any>>>,
    budget: u32,
    pub(crate) trace: Trace,
    /// Which turn this is.
    pub(crate) turn: Cell<u32>,
}

impl Core {
    pub(crate) fn new(budget: u32, trace: Trace) -> eagain_sys::Result<Core> {
        let scheduler = Rc::new(Scheduler::new());
        let reactor = Rc::new(Reactor::new(scheduler.clone())?);
        let inbox = Arc::new(Inbox::new(reactor.bell()?, &scheduler));
        let timers = RefCell::new(Timers::new(clock::now()));
        Ok(Core {
            id: scheduler.id,
            scheduler,
            reactor,
            timers,
            inbox,
            armed: Cell::new(0),
            spare_waker: Cell::new(None),
            value: Cell::new(None),
            budget,
            trace,
            turn: Cell::new(0),
        })
    }

    pub(crate) fn spawn<Kind, T: Spawn<Kind>>(
        self: &Rc<Core>,
        task: T,
        at: Place,
    ) -> JoinHandle<T::Output> {
        let key = self.scheduler.spawn(task.into_body(), at, self.turn.get());
        self.trace.spawned(key);
        JoinHandle::new(self, key)
    }

    /// Runs the tasks that are READY now, each until it yields or returns. One that is READY
    /// again at once waits for the next turn. `running` is room for them.
    #[inline(always)]
    pub(crate) fn run_ready<const TRACED: bool>(self: &Rc<Core>, running: &mut Vec<Rc<Task>>) {
        self.turn.set(self.turn.get().wrapping_add(1));
        if TRACED {
            self.trace.turn(self);
        }
        self.scheduler.take_ready(running);
        for task in running.drain(..) {
            self.resume::<TRACED>(&task);
        }
    }

    /// Resumes a task, and parks it where it says or ends it.
    #[inline(always)]
    fn resume<const TRACED: bool>(self: &Rc<Core>, task: &Rc<Task>) {
        if !self.scheduler.begin(task) {
            return; // aborted since it was queued
        }
        if task.on.get() != On::WOKEN {
            self.undo_wait(task);
        }
        if TRACED {
            self.trace.resumed(task.key(), task.cause());
        }
        budget::refill(self.budget);
        match catch_unwind(AssertUnwindSafe(|| self.step(task))) {
            Ok(Step::Yield(wait)) => self.park::<TRACED>(task, wait),
            Ok(Step::Return(())) => self.end(task, self.value.take().map(Body::Returned)),
            Err(payload) => self.end(task, Some(Body::Panicked(payload))),
        }
    }

    #[inline(always)]
    fn step(self: &Rc<Core>, task: &Rc<Task>) -> Step<()> {
        let mut cx = Context::new(self, task);
        match &mut *task.body().borrow_mut() {
            Some(Body::Generator(generator)) => generator.resume_any(&mut cx),
            Some(Body::Future(future)) => self.with_waker(task, |waker| {
                match future.as_mut().poll_any(&mut task::Context::from_waker(waker), &cx) {
                    Poll::Ready(()) => Step::Return(()),
                    Poll::Pending => Step::Yield(Wait::woken()),
                }
            }),
            // A task that finished is never READY again.
            _ => Step::Return(()),
        }
    }

    /// Takes what a task returned, if somebody will ask for it.
    pub(crate) fn deliver<T: 'static>(&self, task: &Task, value: T) {
        if task.is_joinable() {
            self.value.set(Some(Box::new(value)));
        }
    }

    /// Polls with the task's own waker if it has one. Else a spare one is lent, which becomes
    /// the task's own if a clone of it was kept.
    fn with_waker<T>(&self, task: &Task, poll: impl FnOnce(&Waker) -> T) -> T {
        if let Some(own) = task.waker.take() {
            let result = poll(&own);
            task.waker.set(Some(own));
            return result;
        }
        let spare = self.spare_waker.take().unwrap_or_else(|| SpareWaker::new(&self.inbox));
        let result = poll(spare.lend(task.key()));
        if spare.was_kept() {
            task.waker.set(Some(spare.into_waker()));
        } else {
            self.spare_waker.set(Some(spare));
        }
        result
    }

    /// The task's waker, made when somebody first asks for it.
    pub(crate) fn waker_of(&self, task: &Task) -> Waker {
        let new = || Waker::from(Arc::new(TaskWaker::new(&self.inbox, task.key())));
        let own = task.waker.take().unwrap_or_else(new);
        task.waker.set(Some(own.clone()));
        own
    }

    /// A task yielded `wait`: WAITING, unless what it waits for is there already.
    #[inline(always)]
    fn park<const TRACED: bool>(self: &Rc<Core>, task: &Rc<Task>, wait: Wait) {
        if TRACED {
            self.trace.yielded(task.key(), &wait, &self.reactor);
        }
        // What it says is mostly what it was parked on when it asked, and no more.
        if wait.on != task.on.get() || wait.deadline.is_some() {
            return self.park_elsewhere(task, wait.on, wait.deadline);
        }
        let meanwhile = self.scheduler.pause(task, self.turn.get());
        if meanwhile != Meanwhile::Nothing {
            self.go_on(task, Cause::Woken);
        }
    }

    /// A task waits for something else than what it was parked on, or until a deadline.
    #[inline(never)]
    fn park_elsewhere(self: &Rc<Core>, task: &Rc<Task>, on: On, deadline: Option<Instant>) {
        if on != task.on.get() {
            self.undo_wait(task);
        }
        let again = match on.as_source() {
            Some((source, interest)) if task.on.get() == On::WOKEN => {
                let again = self.reactor.park_again(source, interest, task);
                if again.is_none() {
                    task.on.set(on);
                    task.more_to_undo.set(interest == Interest::BOTH);
                }
                again
            }
            None if on == On::NEXT_TURN => Some(Cause::Turn),
            _ => None,
        };
        if let (Some(deadline), None) = (deadline, again) {
            self.set_timer(deadline, task);
        }
        let meanwhile = self.scheduler.pause(task, self.turn.get());
        if again.is_some() || meanwhile != Meanwhile::Nothing {
            self.go_on(task, again.unwrap_or(Cause::Woken));
        }
    }

    /// A task that paused need not wait, or must not.
    #[inline(never)]
    fn go_on(&self, task: &Rc<Task>, cause: Cause) {
        if task.was_aborted() {
            self.abort(task);
        } else {
            self.scheduler.wake(task.clone(), cause);
        }
    }

    fn set_timer(&self, deadline: Instant, task: &Rc<Task>) {
        let mut timers = self.timers.borrow_mut();
        task.timer.set(timers.insert(deadline, Waiter::Task(task.clone())));
        task.more_to_undo.set(true);
        if task.on.get() == On::WOKEN {
            task.on.set(On::TIMER);
        }
        self.armed.set(timers.len());
    }

    /// Takes back what a wait left behind, whatever ended it.
    #[inline(never)]
    pub(crate) fn undo_wait(&self, task: &Task) {
        let timer = task.timer.replace(Key::NONE);
        if !timer.is_none() {
            let mut timers = self.timers.borrow_mut();
            timers.remove(timer);
            self.armed.set(timers.len());
        }
        task.more_to_undo.set(false);
        if let Some((source, interest)) = task.on.replace(On::WOKEN).as_source() {
            self.reactor.unpark(source, interest, task);
        }
    }

    fn end(&self, task: &Rc<Task>, outcome: Option<Body>) {
        self.undo_wait(task);
        if self.trace.is_on() {
            self.trace.returned(task.key(), outcome.as_ref());
        }
        drop_quietly(task.body().take());
        self.scheduler.finish(task, outcome);
    }

    /// Ends a task where it waits. The one that runs ends when it yields.
    pub(crate) fn abort(&self, task: &Rc<Task>) {
        if self.scheduler.seize(task) {
            self.end(task, Some(Body::Cancelled));
        }
    }

    /// How long the loop may sleep: not at all if a task is READY, else until the earliest
    /// deadline, but not beyond `limit`.
    #[inline]
    pub(crate) fn timeout(&self, limit: Option<Duration>) -> Option<Duration> {
        if self.scheduler.has_ready() {
            return Some(Duration::ZERO);
        }
        if self.armed.get() == 0 { limit } else { self.time_left(limit) }
    }

    #[inline(never)]
    fn time_left(&self, limit: Option<Duration>) -> Option<Duration> {
        let mut timers = self.timers.borrow_mut();
        let Some(deadline) = timers.next_deadline() else { return limit };
        let left = Duration::from_nanos(deadline.saturating_sub(timers.nanos(clock::now())));
        Some(limit.map_or(left, |limit| limit.min(left)))
    }

    /// Moves the tasks whose deadline has passed to READY, the earliest first.
    #[inline]
    pub(crate) fn wake_due(&self) {
        if !self.armed.get() == 0 {
            self.wake_due_at(clock::now());
        }
    }

    #[inline(never)]
    fn wake_due_at(&self, now: Instant) {
        let now = self.timers.borrow().nanos(now);
        loop {
            // The borrow ends before anybody is woken.
            let due = self.timers.borrow_mut().pop_due(now);
            match due {
                Some(Waiter::Task(task)) => {
                    task.timer.set(Key::NONE);
                    self.scheduler.wake(task, Cause::TimedOut);
                }
                Some(Waiter::Waker(waker)) => waker.wake(),
                None => break,
            }
        }
        self.armed.set(self.timers.borrow().len());
    }
}
