//! What the loop knows of a task.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::task::Waker;

use eagain_sys::poller::Readiness;

use crate::event_loop::slab::Key;
use crate::task::body::{Body, End, ROOM, State};
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
///
/// A server holds many of them: it is 72 bytes, and what few tasks have is in the scheduler's
/// margins.
pub(crate) struct Task {
    key: Cell<Key>,
    /// What it is made of, borrowed while it runs; then room for the next one in this slot.
    pub(crate) body: RefCell<Option<Body>>,
    pub(crate) phase: Cell<Phase>,
    marks: Cell<u8>,
    /// Why it will be resumed.
    pub(crate) cause: Cell<Cause>,
    /// The turn in which it last ran.
    pub(crate) since: Cell<u32>,
    /// What it is parked on: [`On::WOKEN`] if there is nothing to undo.
    pub(crate) on: Cell<On>,
    extras: OnceCell<Box<Extras>>,
    /// The task of the same loop that waits for its end.
    joiner: Cell<Option<Rc<Task>>>,
    spawned_at: Cell<Place>,
    /// Where a future waits.
    #[cfg(debug_assertions)]
    pub(crate) awaits: Cell<Option<Place>>,
}

/// What only some tasks need. It stays in the slot for the next one.
pub(crate) struct Extras {
    /// The timer of a wait with a deadline.
    pub(crate) timer: Cell<Key>,
    /// The task's waker, if anybody ever kept one. Not here while the task is polled with it.
    pub(crate) waker: Cell<Option<Box<Waker>>>,
    /// What it returned or panicked with, in an `Option` of that type; later room for another.
    pub(crate) result: RefCell<Option<Box<dyn Any>>>,
}

/// Where a task is in its life, more closely than [`State`] says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its slot is free.
    Gone,
    Ready,
    Running,
    /// It was woken while it ran, so it runs again.
    RunningWoken,
    /// It was aborted while it ran, so it ends.
    RunningAborted,
    Waiting,
    Finished(End),
}

/// Somebody will ask for its result.
pub(crate) const JOINABLE: u8 = 1;
/// The one waiter that an edge takes is not all that it is parked on.
pub(crate) const MORE_TO_UNDO: u8 = 2;
/// There is more about it in the scheduler's margins.
pub(crate) const MARGIN: u8 = 4;
/// Somebody waits for its end, or did; or its end has to look for what nobody wants.
pub(crate) const JOINED: u8 = 8;
/// It is over, and its slot counts among those that have kept room for the next one.
pub(crate) const ROOMY: u8 = 16;

impl Task {
    pub(crate) fn blank(key: Key, spawned_at: Place) -> Task {
        Task {
            key: Cell::new(key),
            body: RefCell::new(None),
            phase: Cell::new(Phase::Gone),
            marks: Cell::new(0),
            cause: Cell::new(Cause::Turn),
            since: Cell::new(0),
            on: Cell::new(On::WOKEN),
            extras: OnceCell::new(),
            joiner: Cell::new(None),
            spawned_at: Cell::new(spawned_at),
            #[cfg(debug_assertions)]
            awaits: Cell::new(None),
        }
    }

    /// A new task takes this slot: READY, and joinable. True if the slot had kept its room.
    #[inline(always)]
    pub(crate) fn begin_life(&self, spawned_at: Place, turn: u32) -> bool {
        let roomy = self.has(ROOMY);
        self.phase.set(Phase::Ready);
        self.marks.set(JOINABLE);
        self.cause.set(Cause::Turn);
        self.since.set(turn);
        self.spawned_at.set(spawned_at);
        #[cfg(debug_assertions)]
        self.awaits.set(None);
        roomy
    }

    #[inline]
    pub(crate) fn key(&self) -> Key {
        self.key.get()
    }

    /// The next task in this slot is another one.
    #[inline]
    pub(crate) fn set_key(&self, key: Key) {
        self.key.set(key);
    }

    pub(crate) fn state(&self) -> State {
        match self.phase.get() {
            Phase::Ready => State::Ready,
            Phase::Running | Phase::RunningWoken | Phase::RunningAborted => State::Running,
            Phase::Waiting => State::Waiting,
            Phase::Finished(_) | Phase::Gone => State::Finished,
        }
    }

    pub(crate) fn since(&self) -> u32 {
        self.since.get()
    }

    pub(crate) fn spawned_at(&self) -> Place {
        self.spawned_at.get()
    }

    /// Where a future waits, as far as it is known: debug builds note it.
    pub(crate) fn awaits_at(&self) -> Option<Place> {
        #[cfg(debug_assertions)]
        return self.awaits.get();
        #[cfg(not(debug_assertions))]
        None
    }

    /// Why it is resumed.
    #[inline]
    pub(crate) fn cause(&self) -> Cause {
        self.cause.get()
    }

    #[inline(always)]
    pub(crate) fn has(&self, mark: u8) -> bool {
        self.marks.get() & mark != 0
    }

    #[inline(always)]
    pub(crate) fn mark(&self, mark: u8, on: bool) {
        let others = self.marks.get() & !mark;
        self.marks.set(if on { others | mark } else { others });
    }

    pub(crate) fn is_finished(&self) -> bool {
        matches!(self.phase.get(), Phase::Finished(_) | Phase::Gone)
    }

    /// Whether it neither runs nor has finished.
    #[inline]
    pub(crate) fn is_paused(&self) -> bool {
        matches!(self.phase.get(), Phase::Ready | Phase::Waiting)
    }

    /// Lets a task of the same loop wait for its end; the answer waits no longer.
    pub(crate) fn set_joiner(&self, joiner: Rc<Task>) -> Option<Rc<Task>> {
        self.mark(JOINED, true);
        self.joiner.replace(Some(joiner))
    }

    pub(crate) fn take_joiner(&self) -> Option<Rc<Task>> {
        self.joiner.take()
    }

    /// What it needs beyond what every task has, if it ever did.
    #[inline(always)]
    pub(crate) fn extras(&self) -> Option<&Extras> {
        self.extras.get().map(|extras| &**extras)
    }

    /// The same, now that it is needed.
    pub(crate) fn make_extras(&self) -> &Extras {
        self.extras.get_or_init(|| {
            Box::new(Extras {
                timer: Cell::new(Key::NONE),
                waker: Cell::default(),
                result: RefCell::default(),
            })
        })
    }

    /// A waker that was lent to it is its own from now on.
    #[cold]
    pub(crate) fn keep_waker(&self, waker: Waker) {
        self.make_extras().waker.set(Some(Box::new(waker)));
    }

    /// It was polled with its own waker.
    #[inline]
    pub(crate) fn put_waker_back(&self, waker: Option<Box<Waker>>) {
        if let Some(extras) = self.extras() {
            extras.waker.set(waker);
        }
    }

    /// Keeps what it returned, if somebody will ask for it.
    #[inline]
    pub(crate) fn deliver<T: 'static>(&self, value: T) {
        if !self.has(JOINABLE) {
            return;
        }
        let place = &mut *self.make_extras().result.borrow_mut();
        match place.as_mut().and_then(|room| room.downcast_mut::<Option<T>>()) {
            Some(room) => *room = Some(value),
            None => *place = Some(Box::new(Some(value))),
        }
    }

    /// Hands over what it returned.
    #[inline]
    pub(crate) fn take_result<T: 'static>(&self) -> Option<T> {
        let place = &mut *self.extras()?.result.borrow_mut();
        let value = place.as_mut()?.downcast_mut::<Option<T>>()?.take();
        if size_of::<T>() > ROOM {
            *place = None;
        }
        value
    }

    /// Takes what nobody wants, to be dropped with nothing borrowed.
    pub(crate) fn take_unwanted(&self) -> Option<Box<dyn Any>> {
        self.extras()?.result.take()
    }

    /// Whether it is parked on a timer.
    pub(crate) fn has_timer(&self) -> bool {
        self.extras().is_some_and(|extras| !extras.timer.get().is_none())
    }

    /// What its author calls the state it is in, unless it runs.
    pub(crate) fn state_name(&self) -> &'static str {
        let body = self.body.try_borrow();
        body.ok().as_deref().and_then(Option::as_ref).map_or("", |body| body.state_name())
    }

    #[cold]
    pub(crate) fn wake_again(&self, cause: Cause) {
        match self.phase.get() {
            Phase::Ready => self.cause.set(both(self.cause.get(), cause)),
            Phase::Running => self.phase.set(Phase::RunningWoken),
            _ => {}
        }
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
