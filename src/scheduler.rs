//! Which tasks there are, and which of them run next.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use eagain_sys::poller::Readiness;

use crate::budget;
use crate::generator::{Cause, On, Place, Ready};
use crate::slab::{Key, Slab};
use crate::task::{Body, State, drop_quietly};

/// The identity of a task. Not used again before 2^32 others had the same slot.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaskId(pub(crate) Key);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.0.index())
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskId({}.{})", self.0.index(), self.0.generation())
    }
}

/// All that is known of a task. Whoever has to resume it holds one of these: what waits for a
/// source is held by that source, what is READY by the queue.
pub(crate) struct Task {
    key: Cell<Key>,
    /// Borrowed while it runs.
    body: RefCell<Option<Body>>,
    state: Cell<State>,
    /// Why it will be resumed.
    cause: Cell<Cause>,
    /// What happened to it while it ran.
    meanwhile: Cell<Meanwhile>,
    /// Somebody will ask for its result.
    joinable: Cell<bool>,
    /// The turn in which it last ran.
    since: Cell<u32>,
    /// What it is parked on: [`On::WOKEN`] if there is nothing to undo, ...
    pub(crate) on: Cell<On>,
    /// ... whether the one waiter that an edge takes is not all of that, ...
    pub(crate) more_to_undo: Cell<bool>,
    /// ... and its timer.
    pub(crate) timer: Cell<Key>,
    /// Its waker, if anybody ever kept one.
    pub(crate) waker: Cell<Option<Waker>>,
    spawned_at: Cell<Place>,
}

/// What can happen to a task while it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meanwhile {
    Nothing,
    /// It was woken, so it runs again.
    Woken,
    /// It was aborted, so it ends.
    Aborted,
}

impl Task {
    pub(crate) fn key(&self) -> Key {
        self.key.get()
    }

    pub(crate) fn state(&self) -> State {
        self.state.get()
    }

    pub(crate) fn since(&self) -> u32 {
        self.since.get()
    }

    pub(crate) fn spawned_at(&self) -> Place {
        self.spawned_at.get()
    }

    pub(crate) fn is_joinable(&self) -> bool {
        self.joinable.get()
    }

    /// The body; borrowed by the one who resumes the task.
    pub(crate) fn body(&self) -> &RefCell<Option<Body>> {
        &self.body
    }

    /// Why it is resumed.
    #[inline]
    pub(crate) fn cause(&self) -> Cause {
        self.cause.get()
    }

    pub(crate) fn was_aborted(&self) -> bool {
        self.meanwhile.get() == Meanwhile::Aborted
    }

    #[cold]
    fn wake_again(&self, cause: Cause) {
        match self.state.get() {
            State::Ready => self.cause.set(both(self.cause.get(), cause)),
            State::Running if self.meanwhile.get() == Meanwhile::Nothing => {
                self.meanwhile.set(Meanwhile::Woken);
            }
            State::Running => {}
            State::Waiting | State::Finished => {}
        }
    }
}

pub(crate) struct Scheduler {
    /// No other scheduler of the process has or had it.
    pub(crate) id: u64,
    tasks: RefCell<Slab<Rc<Task>>>,
    /// Who runs in the next turn, in this order.
    ready: RefCell<Vec<Rc<Task>>>,
    /// Tasks that have finished, for their memory.
    spare: RefCell<Vec<Rc<Task>>>,
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
            tasks: RefCell::new(Slab::new()),
            ready: RefCell::new(Vec::new()),
            spare: RefCell::new(Vec::new()),
            live: Cell::new(0),
            resumed: Cell::new(0),
        }
    }

    /// Makes this the scheduler of the thread for as long as the answer lives; `None` if
    /// another one is.
    pub(crate) fn enter(self: &Rc<Scheduler>) -> Option<Entered> {
        RUNNING.with_borrow_mut(|running| match running {
            Some(_) => None,
            None => {
                *running = Some(self.clone());
                Some(Entered)
            }
        })
    }

    /// Calls `f` with the scheduler that runs on this thread. There is none while the thread
    /// is being torn down.
    pub(crate) fn with_running<T>(f: impl FnOnce(Option<&Rc<Scheduler>>) -> T) -> Option<T> {
        RUNNING.try_with(|running| running.try_borrow().ok().map(|r| f(r.as_ref()))).ok().flatten()
    }

    pub(crate) fn spawn(&self, body: Body, spawned_at: Place, turn: u32) -> Key {
        let task = self.spare.borrow_mut().pop().unwrap_or_else(|| {
            Rc::new(Task {
                key: Cell::new(Key::NONE),
                body: RefCell::new(None),
                state: Cell::new(State::Ready),
                cause: Cell::new(Cause::Turn),
                meanwhile: Cell::new(Meanwhile::Nothing),
                joinable: Cell::new(true),
                since: Cell::new(0),
                on: Cell::new(On::WOKEN),
                more_to_undo: Cell::new(false),
                timer: Cell::new(Key::NONE),
                waker: Cell::new(None),
                spawned_at: Cell::new(spawned_at),
            })
        });
        let key = self.tasks.borrow_mut().insert(task.clone());
        task.key.set(key);
        task.body.replace(Some(body));
        task.state.set(State::Ready);
        task.cause.set(Cause::Turn);
        task.joinable.set(true);
        task.since.set(turn);
        task.spawned_at.set(spawned_at);
        self.ready.borrow_mut().push(task);
        self.live.set(self.live.get() + 1);
        key
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
        let task = self.tasks.borrow().get(key).cloned();
        if let Some(task) = task {
            self.wake(task, cause);
        }
    }

    /// Takes the tasks that are READY, to be run in this order, in exchange for an empty queue.
    #[inline]
    pub(crate) fn take_ready(&self, empty: &mut Vec<Rc<Task>>) {
        std::mem::swap(&mut *self.ready.borrow_mut(), empty);
        self.resumed.set(self.resumed.get() + empty.len() as u64);
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

    /// Ends a task: keeps what came of it for whoever joins it, or forgets the task.
    pub(crate) fn finish(&self, task: &Rc<Task>, outcome: Option<Body>) {
        self.live.set(self.live.get() - 1);
        task.state.set(State::Finished);
        let waker = task.waker.take();
        let unwanted = match outcome {
            Some(outcome) if task.joinable.get() => {
                task.body.replace(Some(outcome));
                None
            }
            outcome => {
                self.recycle(task);
                outcome
            }
        };
        if waker.is_some() || unwanted.is_some() {
            drop_quietly((waker, unwanted)); // may be anything: no borrow is held
        }
    }

    /// Takes a task off the table, and keeps its memory if nobody else refers to it.
    fn recycle(&self, task: &Rc<Task>) {
        let tabled = self.tasks.borrow_mut().remove(task.key.get());
        if let Some(tabled) = tabled {
            if Rc::strong_count(&tabled) <= 2 {
                self.spare.borrow_mut().push(tabled);
            }
        }
    }

    pub(crate) fn task(&self, key: Key) -> Option<Rc<Task>> {
        self.tasks.borrow().get(key).cloned()
    }

    /// Nobody will ask for the task's result any more.
    pub(crate) fn detach(&self, key: Key) {
        let Some(task) = self.task(key) else { return };
        task.joinable.set(false);
        if task.state.get() == State::Finished {
            drop(self.take_result(&task));
        }
    }

    /// Forgets a finished task, and hands out what came of it.
    pub(crate) fn take_result(&self, task: &Rc<Task>) -> Option<Body> {
        let result = task.body.take();
        self.recycle(task);
        result
    }

    /// All tasks.
    pub(crate) fn tasks(&self) -> Vec<Rc<Task>> {
        self.tasks.borrow().iter().map(|(_, task)| task.clone()).collect()
    }
}

/// Two causes at once: what is ready adds up, otherwise the first one stands.
fn both(first: Cause, second: Cause) -> Cause {
    match (first, second) {
        (Cause::Ready(Ready(a)), Cause::Ready(Ready(b))) => Cause::Ready(Ready(a | b)),
        (Cause::Ready(Ready(Readiness::NONE)), _) => second,
        _ => first,
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
