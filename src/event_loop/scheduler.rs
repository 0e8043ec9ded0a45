//! Which tasks there are, and which of them run next.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use crate::event_loop::budget;
use crate::event_loop::ready::ReadyQueue;
use crate::event_loop::slab::Key;
use crate::event_loop::table::Table;
use crate::event_loop::task::{JOINABLE, JOINED, MARGIN, Phase, Task};
use crate::task::body::{Body, End, quietly};
use crate::task::generator::{Cause, Place};

pub(crate) struct Scheduler {
    /// No other scheduler of the process has or had it.
    pub(crate) id: u64,
    table: Table,
    /// Who runs in the next turn, in this order.
    pub(crate) ready: ReadyQueue,
    /// How many have not finished.
    live: Cell<usize>,
    pub(crate) resumed: Cell<u64>,
    /// What few tasks have.
    margins: RefCell<HashMap<Key, Margin>>,
    /// Foreign wakers that are to be used as soon as nothing is borrowed.
    due: RefCell<Vec<Waker>>,
    has_due: Cell<bool>,
}

/// What few tasks have.
#[derive(Default)]
pub(crate) struct Margin {
    pub(crate) name: Option<Rc<str>>,
    /// Who waits for its end, if that is not a task of the same loop.
    pub(crate) joiner: Option<Waker>,
}

thread_local! {
    /// The scheduler of the loop that runs on this thread.
    static RUNNING: RefCell<Option<Rc<Scheduler>>> = const { RefCell::new(None) };
}

impl Scheduler {
    pub(crate) fn new() -> Scheduler {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        Scheduler {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            table: Table::default(),
            ready: ReadyQueue::default(),
            live: Cell::new(0),
            resumed: Cell::new(0),
            margins: RefCell::default(),
            due: RefCell::default(),
            has_due: Cell::new(false),
        }
    }

    /// Makes this the scheduler of the thread for as long as the answer lives; `None` if
    /// another one is.
    pub(crate) fn enter(self: &Rc<Scheduler>) -> Option<Entered> {
        let entered = RUNNING.try_with(|running| match &mut *running.borrow_mut() {
            Some(_) => false,
            running => {
                *running = Some(self.clone());
                true
            }
        });
        // Not `then_some`: that would make one, and end a reign, in any case.
        entered.unwrap_or(false).then(|| Entered)
    }

    /// Calls `f` with the scheduler that runs on this thread. There is none while the thread
    /// is being torn down.
    #[inline(always)]
    pub(crate) fn with_running<T>(f: impl FnOnce(Option<&Rc<Scheduler>>) -> T) -> Option<T> {
        RUNNING.try_with(|running| running.try_borrow().ok().map(|r| f(r.as_ref()))).ok().flatten()
    }

    #[inline(always)]
    pub(crate) fn spawn(
        &self,
        fill: impl FnOnce(&mut Option<Body>),
        spawned_at: Place,
        turn: u32,
    ) -> Rc<Task> {
        let task = self.table.insert(spawned_at, turn);
        fill(&mut task.body.borrow_mut());
        self.ready.push(task.clone());
        self.live.set(self.live.get() + 1);
        task
    }

    pub(crate) fn live(&self) -> usize {
        self.live.get()
    }

    /// Moves a waiting task to READY.
    #[inline(always)]
    pub(crate) fn wake(&self, task: Rc<Task>, cause: Cause) {
        if task.phase.get() == Phase::Waiting {
            task.phase.set(Phase::Ready);
            task.cause.set(cause);
            self.ready.push(task);
        } else {
            task.wake_again(cause);
        }
    }

    /// The same by key. Of a task that is gone, nobody needs to be told.
    #[inline(always)]
    pub(crate) fn wake_key(&self, key: Key, cause: Cause) {
        if let Some(task) = self.table.get(key) {
            self.wake(task, cause);
        }
    }

    /// Lets a foreign waker be used when nothing is borrowed.
    #[cold]
    pub(crate) fn wake_later(&self, waker: Waker) {
        self.due.borrow_mut().push(waker);
        self.has_due.set(true);
    }

    /// Uses the wakers that had to wait. To be called with nothing borrowed: they may do anything.
    #[inline]
    pub(crate) fn use_wakers(&self) {
        if self.has_due.get() {
            self.use_wakers_now();
        }
    }

    #[cold]
    fn use_wakers_now(&self) {
        self.has_due.set(false);
        for waker in self.due.take() {
            quietly(|| waker.wake());
        }
    }

    /// Puts a task that runs at the end of the queue, unless it was aborted: the answer is what
    /// happened to it meanwhile.
    #[inline(always)]
    pub(crate) fn requeue(&self, task: &Rc<Task>, turn: u32) -> Phase {
        let meanwhile = self.pause(task, turn);
        if meanwhile != Phase::RunningAborted {
            task.phase.set(Phase::Ready);
            task.cause.set(Cause::Turn);
            self.ready.push(task.clone());
        }
        meanwhile
    }

    #[inline]
    pub(crate) fn count_resume(&self) {
        self.resumed.set(self.resumed.get() + 1);
    }

    /// Marks a READY task RUNNING. False if it was aborted since it was queued.
    #[inline]
    pub(crate) fn begin(&self, task: &Task) -> bool {
        if task.phase.get() != Phase::Ready {
            return false;
        }
        task.phase.set(Phase::Running);
        true
    }

    /// Puts a task that runs back: WAITING. The answer tells what happened to it meanwhile.
    #[inline]
    pub(crate) fn pause(&self, task: &Task, turn: u32) -> Phase {
        task.since.set(turn);
        task.phase.replace(Phase::Waiting)
    }

    /// Marks a task that does not run RUNNING, so that it can be ended. One that runs is marked
    /// aborted instead, and ended when it pauses.
    pub(crate) fn seize(&self, task: &Task) -> bool {
        match task.phase.get() {
            Phase::Running | Phase::RunningWoken => {
                task.phase.set(Phase::RunningAborted);
                false
            }
            Phase::Ready | Phase::Waiting => {
                task.phase.set(Phase::Running);
                true
            }
            Phase::RunningAborted | Phase::Finished(_) | Phase::Gone => false,
        }
    }

    /// Ends a task: leaves it on the table for whoever joins it, or forgets it.
    #[inline(always)]
    pub(crate) fn finish(&self, task: &Rc<Task>, how: End) {
        self.live.set(self.live.get() - 1);
        task.phase.set(Phase::Finished(how));
        // What is dropped here may be anything: no borrow is held.
        if let Some(extras) = task.extras() {
            let waker = extras.waker.take();
            quietly(|| drop(waker));
        }
        if task.has(JOINABLE | JOINED | MARGIN) {
            self.tell_joiner(task);
        } else {
            self.table.remove(task);
        }
    }

    #[inline(never)]
    fn tell_joiner(&self, task: &Rc<Task>) {
        if let Some(joiner) = task.take_joiner() {
            self.wake(joiner, Cause::Woken);
        }
        if task.has(MARGIN) {
            self.tell_foreign_joiner(task);
        }
        if !task.has(JOINABLE) {
            let unwanted = task.take_unwanted();
            quietly(|| drop(unwanted));
            self.forget(task);
        }
    }

    #[cold]
    fn tell_foreign_joiner(&self, task: &Task) {
        let joiner = self.margins.borrow_mut().get_mut(&task.key()).and_then(|m| m.joiner.take());
        if let Some(joiner) = joiner {
            quietly(|| joiner.wake());
        }
    }

    /// Nobody waits for the task's end any more.
    pub(crate) fn forget_joiner(&self, task: &Task) {
        if task.has(MARGIN) {
            let mut margins = self.margins.borrow_mut();
            let joiner = margins.get_mut(&task.key()).and_then(|margin| margin.joiner.take());
            drop(margins);
            drop(joiner); // anybody's waker: nothing is borrowed
        }
    }

    /// Notes something in a task's margin.
    pub(crate) fn note<T>(&self, task: &Task, note: impl FnOnce(&mut Margin) -> T) -> T {
        task.mark(MARGIN, true);
        note(self.margins.borrow_mut().entry(task.key()).or_default())
    }

    /// What its spawner called it.
    pub(crate) fn name(&self, task: &Task) -> Option<Rc<str>> {
        if !task.has(MARGIN) {
            return None;
        }
        self.margins.borrow().get(&task.key()).and_then(|margin| margin.name.clone())
    }

    /// A task that is on the table.
    pub(crate) fn task(&self, key: Key) -> Option<Rc<Task>> {
        self.table.get(key)
    }

    /// Takes a finished task off the table.
    pub(crate) fn forget(&self, task: &Rc<Task>) {
        if task.has(MARGIN) {
            let margin = self.margins.borrow_mut().remove(&task.key());
            drop(margin); // after the borrow
        }
        self.table.remove(task);
    }

    /// All tasks.
    pub(crate) fn tasks(&self) -> Vec<Rc<Task>> {
        self.table.all()
    }
}

/// Ends the reign of a scheduler over its thread.
pub(crate) struct Entered;

impl Drop for Entered {
    fn drop(&mut self) {
        budget::end();
        let scheduler = RUNNING.try_with(|r| r.borrow_mut().take());
        drop(scheduler); // after the borrow
    }
}
