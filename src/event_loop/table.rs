//! The table of tasks: what is known of each, found by its key.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::task::Waker;

use eagain_sys::poller::Readiness;

use crate::event_loop::slab::Key;
use crate::task::body::{Body, End, State};
use crate::task::generator::{Cause, On, Place, Ready};

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
    /// It has not been taken off the table.
    tabled: Cell<bool>,
    /// Borrowed while it runs.
    pub(crate) body: RefCell<Option<Body>>,
    pub(crate) state: Cell<State>,
    /// Why it will be resumed.
    pub(crate) cause: Cell<Cause>,
    /// What happened to it while it ran.
    pub(crate) meanwhile: Cell<Meanwhile>,
    /// How it ended, once it has.
    pub(crate) end: Cell<End>,
    /// What it returned, or the payload of its panic, until somebody takes it.
    pub(crate) result: Cell<Option<Box<dyn Any>>>,
    /// Somebody will ask for its result.
    pub(crate) joinable: Cell<bool>,
    /// The turn in which it last ran.
    pub(crate) since: Cell<u32>,
    /// What it is parked on: [`On::WOKEN`] if there is nothing to undo, ...
    pub(crate) on: Cell<On>,
    /// ... whether the one waiter that an edge takes is not all of that, ...
    pub(crate) more_to_undo: Cell<bool>,
    /// ... and its timer.
    pub(crate) timer: Cell<Key>,
    /// Its waker, if anybody ever kept one.
    pub(crate) waker: Cell<Option<Box<Waker>>>,
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
    fn blank(key: Key, spawned_at: Place) -> Task {
        Task {
            key: Cell::new(key),
            tabled: Cell::new(false),
            body: RefCell::new(None),
            end: Cell::new(End::Returned),
            result: Cell::new(None),
            state: Cell::new(State::Finished),
            cause: Cell::new(Cause::Turn),
            meanwhile: Cell::new(Meanwhile::Nothing),
            joinable: Cell::new(false),
            since: Cell::new(0),
            on: Cell::new(On::WOKEN),
            more_to_undo: Cell::new(false),
            timer: Cell::new(Key::NONE),
            waker: Cell::new(None),
            spawned_at: Cell::new(spawned_at),
        }
    }

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

    /// The body; borrowed by the one who resumes the task.
    pub(crate) fn body(&self) -> &RefCell<Option<Body>> {
        &self.body
    }

    /// Why it is resumed.
    #[inline]
    pub(crate) fn cause(&self) -> Cause {
        self.cause.get()
    }

    /// Keeps what it returned, if somebody will ask for it.
    pub(crate) fn deliver<T: 'static>(&self, value: T) {
        if self.joinable.get() {
            self.result.set(Some(Box::new(value)));
        }
    }

    /// Nobody will ask for its result any more.
    pub(crate) fn detach(&self) {
        self.joinable.set(false);
    }

    pub(crate) fn was_aborted(&self) -> bool {
        self.meanwhile.get() == Meanwhile::Aborted
    }

    #[cold]
    pub(crate) fn wake_again(&self, cause: Cause) {
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

/// All tasks of a loop. A slot keeps its `Task` when that has finished, for the next one: only
/// its key changes, so that whoever has the old key finds nothing.
#[derive(Default)]
pub(crate) struct Table {
    slots: RefCell<Vec<Rc<Task>>>,
    /// Those that nobody uses.
    spare: RefCell<Vec<Rc<Task>>>,
}

impl Table {
    /// Puts a new task on the table: READY, and joinable.
    #[inline(always)]
    pub(crate) fn insert(&self, body: Body, spawned_at: Place, turn: u32) -> Rc<Task> {
        let spare = self.spare.borrow_mut().pop();
        let task = spare.unwrap_or_else(|| self.new_slot(spawned_at));
        task.tabled.set(true);
        task.body.replace(Some(body));
        task.state.set(State::Ready);
        task.cause.set(Cause::Turn);
        task.joinable.set(true);
        task.since.set(turn);
        task.spawned_at.set(spawned_at);
        task
    }

    #[cold]
    fn new_slot(&self, spawned_at: Place) -> Rc<Task> {
        let mut slots = self.slots.borrow_mut();
        let task = Rc::new(Task::blank(Key::new(slots.len() as u32, 0), spawned_at));
        slots.push(task.clone());
        task
    }

    pub(crate) fn get(&self, key: Key) -> Option<Rc<Task>> {
        let slots = self.slots.borrow();
        let task = slots.get(key.index() as usize)?;
        (task.key.get() == key && task.tabled.get()).then(|| task.clone())
    }

    /// Takes a finished task off the table. Its memory is used again if the table and the
    /// caller are the last to hold it; what holds it longer must not meet a stranger there.
    #[inline]
    pub(crate) fn remove(&self, task: &Rc<Task>) {
        if !task.tabled.replace(false) {
            return;
        }
        let key = task.key.get();
        let next = Key::new(key.index(), key.generation().wrapping_add(1));
        let spare = if Rc::strong_count(task) <= 2 {
            task.key.set(next);
            task.clone()
        } else {
            self.replace_slot(next, task.spawned_at.get())
        };
        self.spare.borrow_mut().push(spare);
    }

    #[cold]
    fn replace_slot(&self, key: Key, spawned_at: Place) -> Rc<Task> {
        let fresh = Rc::new(Task::blank(key, spawned_at));
        self.slots.borrow_mut()[key.index() as usize] = fresh.clone();
        fresh
    }

    pub(crate) fn all(&self) -> Vec<Rc<Task>> {
        self.slots.borrow().iter().filter(|task| task.tabled.get()).cloned().collect()
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
