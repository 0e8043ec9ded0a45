//! The parts of a loop together: how one task is resumed and ended.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eagain_sys::clock as real;
use eagain_sys::poller::{Backend, Batch};

use crate::error::LoopError;
use crate::event_loop::budget;
use crate::event_loop::clock::Clock;
use crate::event_loop::closing::Closing;
use crate::event_loop::current::Reign;
use crate::event_loop::inbox::{Inbox, SpareWaker};
use crate::event_loop::moment::Moment;
use crate::event_loop::polling::nobody;
use crate::event_loop::pool::Pool;
use crate::event_loop::reactor::Reactor;
use crate::event_loop::scheduler::{self, Scheduler};
use crate::event_loop::slab::Key;
use crate::event_loop::task::{JOINABLE, Task, TaskId};
use crate::event_loop::timers::Timers;
use crate::event_loop::virtual_time::VirtualTime;
use crate::event_loop::waiter::Ticket;
use crate::event_loop::watch::Watch;
use crate::stderr;
use crate::task::body::{End, Spawn, quietly};
use crate::task::context::Context;
use crate::task::generator::{On, Place, Step, Wait};
use crate::task::join::JoinHandle;
use crate::trace::Trace;

pub(crate) struct Core {
    /// The scheduler's.
    pub(crate) id: u64,
    pub(crate) scheduler: Rc<Scheduler>,
    pub(crate) reactor: Rc<Reactor>,
    pub(crate) timers: RefCell<Timers>,
    /// How many timers are set; the loop asks twice a turn.
    pub(crate) armed: Cell<usize>,
    /// If its clock is not the real one.
    pub(crate) virtual_time: Option<Box<VirtualTime>>,
    pub(crate) inbox: Arc<Inbox>,
    /// How often the bell was rung; somebody asked the loop to stop.
    pub(crate) bells: Cell<u64>,
    pub(crate) stopped: Cell<bool>,
    pub(crate) pool: Rc<Pool>,
    /// Lent to one future after another.
    pub(crate) spare_waker: Cell<Option<Box<SpareWaker>>>,
    /// The future that is being polled: its task, and its own waker by address.
    pub(crate) polled: Cell<Key>,
    pub(crate) polled_with: Cell<*const ()>,
    /// The last ticket, and the last one before that future's task was resumed.
    pub(crate) tickets: Cell<Ticket>,
    pub(crate) resumed_at: Cell<Ticket>,
    /// It asked for the next turn.
    pub(crate) yielded: Cell<bool>,
    /// The task that `block_on` polls is to be polled.
    pub(crate) root_is_due: Cell<bool>,
    pub(crate) budget: u32,
    pub(crate) trace: Trace,
    /// A spawn is not all: it is traced, or nothing may be spawned any more.
    spawns_apart: Cell<bool>,
    closing: Closing,
    pub(crate) watch: Watch,
    /// Which turn this is.
    pub(crate) turn: Cell<u32>,
}

/// Ends the reign of a loop over its thread.
pub(crate) struct Entered {
    _scheduler: scheduler::Entered,
    _reign: Reign,
}

impl Core {
    pub(crate) fn new(
        backend: Backend,
        budget: u32,
        trace: Trace,
        clock: Clock,
        watch: Watch,
        pool: Pool,
    ) -> eagain_sys::Result<Core> {
        let scheduler = Rc::new(Scheduler::new());
        let reactor = Rc::new(Reactor::new(scheduler.clone(), backend)?);
        let inbox = Arc::new(Inbox::new(reactor.bell()?, &scheduler));
        let begin = Moment::of(real::now());
        let virtual_time = match clock {
            Clock::Real => None,
            Clock::Virtual => Some(Box::new(VirtualTime::new(begin, scheduler.id))),
        };
        let timers = RefCell::new(Timers::new(begin, scheduler.id));
        Ok(Core {
            id: scheduler.id,
            scheduler,
            reactor,
            timers,
            inbox,
            bells: Cell::new(0),
            stopped: Cell::new(false),
            pool: Rc::new(pool),
            armed: Cell::new(0),
            virtual_time,
            spare_waker: Cell::new(None),
            polled: Cell::new(Key::NONE),
            polled_with: Cell::new(nobody()),
            tickets: Cell::new(Ticket::NONE),
            resumed_at: Cell::new(Ticket::NONE),
            yielded: Cell::new(false),
            root_is_due: Cell::new(false),
            budget,
            trace,
            spawns_apart: Cell::new(trace.is_on()),
            closing: Closing::default(),
            watch,
            turn: Cell::new(0),
        })
    }

    pub(crate) fn spawn<Kind, T: Spawn<Kind>>(
        self: &Rc<Core>,
        task: T,
        at: Place,
    ) -> JoinHandle<T::Output> {
        let task = self.scheduler.spawn(|body| task.put_into(body), at, self.turn.get());
        if self.spawns_apart.get() {
            self.spawned_apart(&task);
        }
        JoinHandle::new(self, task)
    }

    #[cold]
    fn spawned_apart(self: &Rc<Core>, task: &Rc<Task>) {
        if self.trace.is_on() {
            self.trace.spawned(task.key());
        }
        self.closing.refuse(task, || self.abort(task));
    }

    /// The loop is being dropped: all tasks end, and what they spawn meanwhile ends at once.
    pub(crate) fn close(self: &Rc<Core>) {
        self.spawns_apart.set(true);
        self.closing.begin();
        // Whoever sent what was not read learns it; from here on nobody can send.
        let (unread, bell) = self.inbox.close();
        unread.into_iter().for_each(|letter| quietly(|| drop(letter)));
        self.pool.close();
        // One may be left: the one whose end drops this loop.
        self.scheduler.tasks().iter().for_each(|task| self.abort(task));
        drop(bell);
    }

    /// Runs the tasks that are READY now, each until it yields or returns. One that is READY
    /// again at once waits for the next turn. `running` is room for them.
    #[inline(always)]
    pub(crate) fn run_ready<const OBSERVED: bool>(self: &Rc<Core>, running: &mut Vec<Rc<Task>>) {
        self.turn.set(self.turn.get().wrapping_add(1));
        if OBSERVED {
            self.trace.turn(self);
        }
        if let Some(task) = self.scheduler.ready.take_only() {
            return self.resume::<OBSERVED>(&task);
        }
        self.scheduler.ready.take_all(running);
        for task in running.drain(..) {
            self.resume::<OBSERVED>(&task);
        }
        self.scheduler.ready.give_back(running);
    }

    /// Resumes a task, and parks it where it says or ends it.
    #[inline(always)]
    fn resume<const OBSERVED: bool>(self: &Rc<Core>, task: &Rc<Task>) {
        if !self.scheduler.begin(task) {
            return; // aborted since it was queued
        }
        self.scheduler.count_resume();
        if task.on.get() != On::WOKEN {
            self.undo_wait(task);
        }
        if OBSERVED {
            self.trace.resumed(task.key(), task.cause());
        }
        budget::refill(self.budget);
        let step = || catch_unwind(AssertUnwindSafe(|| self.step(task)));
        match if OBSERVED { self.watched(task, step) } else { step() } {
            Ok(Step::Yield(wait)) => self.park::<OBSERVED>(task, wait),
            Ok(Step::Return(())) => self.end::<OBSERVED>(task, End::Returned),
            Err(payload) => self.panicked::<OBSERVED>(task, payload),
        }
    }

    /// Resumes a task while somebody looks at the clock.
    pub(crate) fn watched<T>(&self, task: &Task, resume: impl FnOnce() -> T) -> T {
        let begun = self.watch.begin(task);
        let result = resume();
        self.watch.end(begun, task, &self.scheduler);
        result
    }

    /// A task panicked. The panic hook has told what and where, but not whose: if nobody joins
    /// the task, nobody else will.
    #[cold]
    fn panicked<const OBSERVED: bool>(&self, task: &Rc<Task>, payload: Box<dyn Any + Send>) {
        if !task.has(JOINABLE) {
            let name = self.scheduler.name(task).map_or(String::new(), |name| format!(" {name:?}"));
            let (id, at) = (TaskId(task.key()), task.spawned_at());
            stderr::tell(format_args!("{id}{name} panicked; nobody joins it; spawned at {at}"));
        }
        // Who delivers to nobody drops, and a payload's drop may panic, too.
        quietly(|| task.deliver(payload));
        self.end::<OBSERVED>(task, End::Panicked);
    }

    #[inline(always)]
    fn step(self: &Rc<Core>, task: &Rc<Task>) -> Step<()> {
        match &mut *task.body.borrow_mut() {
            Some(body) => body.as_mut().step(&mut Context::new(self, task)),
            None => Step::Yield(Wait { on: On::ELSEWHERE, deadline: None }),
        }
    }

    /// Makes this the loop of the thread for as long as the answer lives; `None` if another one
    /// is.
    pub(crate) fn enter(self: &Rc<Core>) -> Option<Entered> {
        let scheduler = self.scheduler.enter()?;
        Some(Entered { _scheduler: scheduler, _reign: Reign::begin(self) })
    }

    /// The same for whoever is to run it.
    pub(crate) fn begin(self: &Rc<Core>) -> Result<Entered, LoopError> {
        if self.reactor.is_forked() {
            return Err(LoopError::Forked);
        }
        self.enter().ok_or(LoopError::Nested)
    }

    /// Ends a task: drops what it was made of.
    #[inline(always)]
    pub(crate) fn end<const OBSERVED: bool>(&self, task: &Rc<Task>, how: End) {
        if task.on.get() != On::WOKEN {
            self.undo_wait(task);
        }
        if self.trace.is_on() {
            self.trace.returned(task.key(), how);
        }
        let clear = || {
            let body = &mut *task.body.borrow_mut();
            if body.as_mut().is_some_and(|body| !body.as_mut().clear()) {
                *body = None;
            }
        };
        if OBSERVED {
            self.watched(task, || quietly(clear)); // a drop blocks as well as a resume
        } else {
            quietly(clear);
        }
        self.scheduler.finish(task, how);
    }

    /// Ends a task where it waits. The one that runs ends when it yields.
    pub(crate) fn abort(self: &Rc<Core>, task: &Rc<Task>) {
        if self.scheduler.seize(task) {
            // What it drops belongs to this loop, whichever runs on the thread now.
            let _current = Reign::begin(self);
            self.end::<false>(task, End::Cancelled); // whoever aborts it is watched
        }
    }

    /// Whether anybody looks on, or makes time: the turn of a loop of which that is true is
    /// another function than of one that runs by itself, and does not have to ask; nor has that
    /// one to ask which poller it has, for it is the kernel's own.
    pub(crate) fn is_observed(&self) -> bool {
        self.trace.is_on() || self.watch.is_on() || self.virtual_time.is_some()
    }

    /// Waits once.
    #[inline(always)]
    pub(crate) fn wait<const OBSERVED: bool, B: Batch>(
        &self,
        events: &mut B,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        if !OBSERVED {
            // In a forked child, the kernel's own poller is no poller any more, and says so.
            return self.reactor.wait(events, timeout).map_err(|e| self.cannot_wait(e));
        }
        if self.reactor.is_forked() {
            return Err(LoopError::Forked.into());
        }
        self.watch.sleep();
        let waited = self.reactor.wait(events, timeout);
        self.watch.rest();
        waited.map_err(io::Error::from)
    }

    #[cold]
    fn cannot_wait(&self, e: eagain_sys::Error) -> io::Error {
        if self.reactor.is_forked() { LoopError::Forked.into() } else { e.into() }
    }

    /// The rest of a turn that has READY tasks and no source: there are only the bell, which can
    /// be looked at without a system call, and the timers.
    #[inline(always)]
    pub(crate) fn go_on_alone(&self) -> io::Result<bool> {
        self.read_if_rung()?;
        self.wake_due();
        Ok(true)
    }

    /// What its clock says.
    pub(crate) fn now(&self) -> Instant {
        self.virtual_time.as_ref().map_or_else(real::now, |time| time.clock.instant())
    }
}
