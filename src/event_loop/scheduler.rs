//! Which tasks there are, and which of them run next.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::event_loop::budget;
use crate::event_loop::slab::Key;
use crate::event_loop::table::{Meanwhile, Table, Task};
use crate::task::body::{Body, State, quietly};
use crate::task::generator::{Cause, Place};

pub(crate) struct Scheduler {
    /// No other scheduler of the process has or had it.
    pub(crate) id: u64,
    table: Table,
    /// Who runs in the next turn, in this order.
    ready: RefCell<Vec<Rc<Task>>>,
    /// How many have not finished.
    live: Cell<usize>,
    pub(crate) resumed: Cell<u64>,
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
            ready: RefCell::new(Vec::new()),
            live: Cell::new(0),
            resumed: Cell::new(0),
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
    pub(crate) fn with_running<T>(f: impl FnOnce(Option<&Rc<Scheduler>>) -> T) -> Option<T> {
        RUNNING.try_with(|running| running.try_borrow().ok().map(|r| f(r.as_ref()))).ok().flatten()
    }

    #[inline(always)]
    pub(crate) fn spawn(&self, body: Body, spawned_at: Place, turn: u32) -> Rc<Task> {
        let task = self.table.insert(body, spawned_at, turn);
        self.ready.borrow_mut().push(task.clone());
        self.live.set(self.live.get() + 1);
        task
    }

    pub(crate) fn live(&self) -> usize {
        self.live.get()
    }

    /// Whether a task is READY.
    #[inline]
    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.borrow_mut().is_empty()
    }

    /// Moves a waiting task to READY.
    #[inline(always)]
    pub(crate) fn wake(&self, task: Rc<Task>, cause: Cause) {
        if task.state.get() == State::Waiting {
            task.state.set(State::Ready);
            task.cause.set(cause);
            self.ready.borrow_mut().push(task);
        } else {
            task.wake_again(cause);
        }
    }

    /// The same by key. Of a task that is gone, nobody needs to be told.
    pub(crate) fn wake_key(&self, key: Key, cause: Cause) {
        if let Some(task) = self.table.get(key) {
            self.wake(task, cause);
        }
    }

    /// Takes the one task that is READY, if it is only one: an idle server's usual turn.
    #[inline]
    pub(crate) fn take_only_ready(&self) -> Option<Rc<Task>> {
        let mut ready = self.ready.borrow_mut();
        if ready.len() != 1 {
            return None;
        }
        ready.pop()
    }

    /// Takes the tasks that are READY, to be run in this order, in exchange for an empty queue.
    #[inline]
    pub(crate) fn take_ready(&self, empty: &mut Vec<Rc<Task>>) {
        std::mem::swap(&mut *self.ready.borrow_mut(), empty);
    }

    /// Puts a task that runs at the end of the queue. What happened to it meanwhile is the
    /// answer; if it was aborted, it is not queued.
    #[inline]
    pub(crate) fn requeue(&self, task: &Rc<Task>, turn: u32) -> Meanwhile {
        let meanwhile = self.pause(task, turn);
        if meanwhile != Meanwhile::Aborted {
            task.state.set(State::Ready);
            task.cause.set(Cause::Turn);
            self.ready.borrow_mut().push(task.clone());
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
        if task.state.get() != State::Ready {
            return false;
        }
        task.state.set(State::Running);
        task.meanwhile.set(Meanwhile::Nothing);
        true
    }

    /// Puts a task that runs back: WAITING. What happened to it meanwhile is the answer.
    #[inline]
    pub(crate) fn pause(&self, task: &Task, turn: u32) -> Meanwhile {
        task.since.set(turn);
        task.state.set(State::Waiting);
        task.meanwhile.get()
    }

    /// Marks a task that does not run RUNNING, so that it can be ended. One that runs is marked
    /// aborted instead, and ended when it pauses.
    pub(crate) fn seize(&self, task: &Task) -> bool {
        match task.state.get() {
            State::Finished => false,
            State::Running => {
                task.meanwhile.set(Meanwhile::Aborted);
                false
            }
            State::Ready | State::Waiting => {
                task.state.set(State::Running);
                true
            }
        }
    }

    /// Ends a task: leaves it on the table for whoever joins it, or forgets it.
    pub(crate) fn finish(&self, task: &Rc<Task>) {
        self.live.set(self.live.get() - 1);
        task.state.set(State::Finished);
        // What is dropped here may be anything: no borrow is held.
        if let Some(waker) = task.waker.take() {
            quietly(|| drop(waker));
        }
        if !task.joinable.get() {
            if let Some(unwanted) = task.result.take() {
                quietly(|| drop(unwanted));
            }
            self.table.remove(task);
        }
    }

    /// A task that is on the table.
    pub(crate) fn task(&self, key: Key) -> Option<Rc<Task>> {
        self.table.get(key)
    }

    /// Takes a finished task off the table.
    pub(crate) fn forget(&self, task: &Rc<Task>) {
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
        budget::refill(u32::MAX); // no task runs any more
        let scheduler = RUNNING.try_with(|r| r.borrow_mut().take());
        drop(scheduler); // after the borrow
    }
}
