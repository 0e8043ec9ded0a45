//! Which tasks there are, and which of them run next.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use eagain_sys::poller::Readiness;

use crate::generator::{Cause, On, Place, Ready};
use crate::slab::{Key, Slab};
use crate::task::{Body, State, drop_quietly};

/// The identity of a task. Not used again before 2^32 others had the same slot.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaskId(pub(crate) Key);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.0.index)
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskId({}.{})", self.0.index, self.0.generation)
    }
}

/// All that is known of a task.
pub(crate) struct Task {
    /// `None` while it runs.
    pub(crate) body: Option<Body>,
    pub(crate) state: State,
    /// Why it will be resumed.
    pub(crate) cause: Cause,
    /// It was woken while it ran.
    pub(crate) woken: bool,
    /// It was aborted while it ran.
    pub(crate) aborted: bool,
    /// Somebody will ask for its result.
    pub(crate) joinable: bool,
    /// What it waits for, ...
    pub(crate) on: On,
    /// ... until when, ...
    pub(crate) timer: Key,
    /// ... and since which turn.
    pub(crate) since: u32,
    /// Its waker, if anybody ever asked for one.
    pub(crate) waker: Option<Waker>,
    pub(crate) spawned_at: Place,
}

impl Task {
    #[inline]
    fn begin(&mut self, key: Key) -> Option<Begun> {
        self.state = State::Running;
        self.woken = false;
        Some(Begun {
            key,
            body: self.body.take()?,
            cause: self.cause,
            on: self.on,
            timer: std::mem::replace(&mut self.timer, Key::NONE),
            joinable: self.joinable,
        })
    }
}

pub(crate) struct Scheduler {
    /// No other scheduler of the process has or had it.
    pub(crate) id: u64,
    tasks: RefCell<Slab<Task>>,
    ready: RefCell<VecDeque<Key>>,
    /// How many have not finished.
    live: Cell<usize>,
    pub(crate) current: Cell<Key>,
    pub(crate) turn: Cell<u32>,
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
            ready: RefCell::new(VecDeque::new()),
            live: Cell::new(0),
            current: Cell::new(Key::NONE),
            turn: Cell::new(0),
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

    pub(crate) fn spawn(&self, body: Body, joinable: bool, spawned_at: Place) -> Key {
        let task = Task {
            body: Some(body),
            state: State::Ready,
            cause: Cause::Turn,
            woken: false,
            aborted: false,
            joinable,
            on: On::NextTurn,
            timer: Key::NONE,
            since: self.turn.get(),
            waker: None,
            spawned_at,
        };
        let key = self.tasks.borrow_mut().insert(task);
        self.ready.borrow_mut().push_back(key);
        self.live.set(self.live.get() + 1);
        key
    }

    pub(crate) fn live(&self) -> usize {
        self.live.get()
    }

    pub(crate) fn ready(&self) -> usize {
        self.ready.borrow().len()
    }

    /// Moves a waiting task to READY. Of a task that is gone, nobody needs to be told.
    #[inline]
    pub(crate) fn wake(&self, key: Key, cause: Cause) {
        let mut tasks = self.tasks.borrow_mut();
        let Some(task) = tasks.get_mut(key) else { return };
        if cause == Cause::TimedOut {
            task.timer = Key::NONE;
        }
        match task.state {
            State::Waiting => {
                task.state = State::Ready;
                task.cause = cause;
                self.ready.borrow_mut().push_back(key);
            }
            State::Ready => task.cause = both(task.cause, cause),
            State::Running => task.woken = true,
            State::Finished => {}
        }
    }

    /// Takes the next task that is READY, with its body, and marks it RUNNING. `None` for one
    /// that was aborted while it was queued.
    #[inline]
    pub(crate) fn begin(&self) -> Option<Begun> {
        let key = self.ready.borrow_mut().pop_front()?;
        let mut tasks = self.tasks.borrow_mut();
        let task = tasks.get_mut(key)?;
        if task.state != State::Ready {
            return None;
        }
        self.current.set(key);
        self.resumed.set(self.resumed.get() + 1);
        task.begin(key)
    }

    /// Puts a task that runs back: WAITING for `on`, or READY for the next turn if there is a
    /// cause to run `again` or if it was woken meanwhile. True if it was aborted meanwhile.
    #[inline]
    pub(crate) fn pause(
        &self,
        key: Key,
        body: Body,
        on: On,
        timer: Key,
        again: Option<Cause>,
    ) -> bool {
        self.current.set(Key::NONE);
        let mut tasks = self.tasks.borrow_mut();
        let Some(task) = tasks.get_mut(key) else { return false };
        task.body = Some(body);
        task.on = on;
        task.timer = timer;
        task.since = self.turn.get();
        match again.or(if task.woken { Some(Cause::Woken) } else { None }) {
            Some(cause) => {
                task.state = State::Ready;
                task.cause = cause;
                self.ready.borrow_mut().push_back(key);
            }
            None => task.state = State::Waiting,
        }
        task.aborted
    }

    /// Takes the body out of a task that does not run, so that it can be ended; the task is
    /// RUNNING from here on. One that runs is marked instead, and ended when it pauses.
    pub(crate) fn seize(&self, key: Key) -> Option<Begun> {
        let mut tasks = self.tasks.borrow_mut();
        let task = tasks.get_mut(key)?;
        match task.state {
            State::Finished => None,
            State::Running => {
                task.aborted = true;
                None
            }
            State::Ready | State::Waiting => task.begin(key),
        }
    }

    /// Ends a task: keeps what came of it for whoever joins it, or forgets the task.
    pub(crate) fn finish(&self, key: Key, outcome: Option<Body>) {
        self.current.set(Key::NONE);
        let mut tasks = self.tasks.borrow_mut();
        let Some(task) = tasks.get_mut(key) else { return };
        self.live.set(self.live.get() - 1);
        let gone = match outcome {
            Some(outcome) if task.joinable => {
                task.body = Some(outcome);
                task.state = State::Finished;
                task.waker.take().map(|w| (None, Some(w)))
            }
            outcome => {
                let waker = tasks.remove(key).and_then(|t| t.waker);
                Some((outcome, waker))
            }
        };
        drop(tasks);
        drop_quietly(gone); // what is dropped here may be anything: no borrow is held
    }

    /// Gives up or takes away what is to be done with a task, and tells whether it still is.
    pub(crate) fn with_task<T>(&self, key: Key, f: impl FnOnce(&mut Task) -> T) -> Option<T> {
        self.tasks.borrow_mut().get_mut(key).map(f)
    }

    /// Forgets a finished task, and hands out what came of it.
    pub(crate) fn forget(&self, key: Key) -> Option<Body> {
        self.tasks.borrow_mut().remove(key)?.body
    }

    /// The keys of all tasks.
    pub(crate) fn keys(&self) -> Vec<Key> {
        self.tasks.borrow().iter().map(|(key, _)| key).collect()
    }
}

/// A task that is about to run.
pub(crate) struct Begun {
    pub(crate) key: Key,
    pub(crate) body: Body,
    pub(crate) cause: Cause,
    pub(crate) on: On,
    pub(crate) timer: Key,
    pub(crate) joinable: bool,
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
        let scheduler = RUNNING.try_with(|r| r.borrow_mut().take());
        drop(scheduler); // after the borrow
    }
}
