//! How a future is polled: which waker it gets, and who is behind a waker that comes back.

use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU8;
use std::task::Waker;

use eagain_sys::poller::Interest;

use crate::event_loop::core::Core;
use crate::event_loop::inbox::{SpareWaker, TaskWaker};
use crate::event_loop::moment::Moment;
use crate::event_loop::reactor::Io;
use crate::event_loop::slab::Key;
use crate::event_loop::task::Task;
use crate::event_loop::waiter::{Leaf, Ticket, Waiter};
use crate::task::generator::Place;

/// Where no waker's data lies: between two polls, `polled_with` points there. Null would not do,
/// that is where the data of [`Waker::noop`] is. Nothing shares its place with what may change.
pub(crate) fn nobody() -> *const () {
    static NOBODY: AtomicU8 = AtomicU8::new(0);
    ptr::from_ref(&NOBODY).cast()
}

/// The time in which a future is polled; it ends with a panic, too.
struct Polled<'a>(&'a Core);

impl Drop for Polled<'_> {
    fn drop(&mut self) {
        self.0.polled_with.set(nobody());
    }
}

impl Core {
    /// Polls with the task's own waker if it has one. Else a spare one is lent, which becomes
    /// the task's own if a clone of it was kept.
    #[inline(always)]
    pub(crate) fn with_waker<T>(&self, task: &Rc<Task>, poll: impl FnOnce(&Waker) -> T) -> T {
        self.polled.set(task.key());
        self.yielded.set(false);
        #[cfg(debug_assertions)]
        task.awaits.set(None);
        self.resumed_at.set(self.tickets.get());
        let _polled = Polled(self);
        let own = task.extras().and_then(|extras| extras.waker.take());
        let spare = if own.is_some() { None } else { Some(self.take_spare_waker()) };
        let waker = match (&own, &spare) {
            (Some(own), _) => own,
            (None, Some(spare)) => spare.lend(task.key()),
            (None, None) => Waker::noop(), // never
        };
        self.polled_with.set(waker.data());
        let result = poll(waker);
        match spare {
            Some(spare) if spare.was_kept() => task.keep_waker(spare.into_waker()),
            Some(spare) => self.spare_waker.set(Some(spare)),
            None => task.put_waker_back(own),
        }
        result
    }

    #[inline]
    fn take_spare_waker(&self) -> Box<SpareWaker> {
        self.spare_waker.take().unwrap_or_else(|| Box::new(SpareWaker::new(&self.inbox)))
    }

    /// Whether `waker` is the own waker of the task that is being polled.
    #[inline]
    fn is_own(&self, waker: &Waker) -> bool {
        waker.data() == self.polled_with.get()
    }

    /// The task that is being polled, if `waker` is its own.
    #[inline]
    pub(crate) fn task_behind(&self, waker: &Waker) -> Option<Rc<Task>> {
        if self.is_own(waker) { self.scheduler.task(self.polled.get()) } else { None }
    }

    /// Who is behind the waker that a future of ours is polled with: the task itself, or a
    /// stranger between the two.
    pub(crate) fn waiter_behind(&self, waker: &Waker) -> Waiter {
        self.task_behind(waker).map_or_else(|| Waiter::Waker(waker.clone()), Waiter::Task)
    }

    /// Notes where the task that is being polled stands (in debug builds).
    #[inline]
    pub(crate) fn awaits(&self, at: Place) {
        #[cfg(debug_assertions)]
        if let Some(task) = self.scheduler.task(self.polled.get()) {
            task.awaits.set(Some(at));
        }
        #[cfg(not(debug_assertions))]
        let _ = at;
    }

    /// The same for a timer. Mostly it is somebody's patience, and where that one stands is the
    /// better answer: it is noted only where nothing else is.
    #[cfg(debug_assertions)]
    pub(crate) fn awaits_time(&self, at: Place) {
        if let Some(task) = self.scheduler.task(self.polled.get()) {
            task.awaits.set(task.awaits.get().or(Some(at)));
        }
    }

    fn leaf_behind(&self, waker: &Waker) -> Leaf {
        let ticket = self.tickets.get().next();
        self.tickets.set(ticket);
        Leaf { waiter: self.waiter_behind(waker), ticket, task: self.polled.get() }
    }

    /// Lets the future that is polled with its task's own `waker` wait for a direction of a source
    /// that is watched, and that nobody waits for. `None` if any of that is not so, and if the
    /// source is ready.
    #[inline]
    pub(crate) fn park_own(
        &self,
        waker: &Waker,
        io: &Io,
        direction: Interest,
        at: Place,
    ) -> Option<Ticket> {
        if !io.is_free(direction, self.id) || io.ready.get().satisfies(direction) {
            return None;
        }
        let task = self.task_behind(waker)?;
        self.awaits(at);
        let ticket = self.tickets.get().next();
        self.tickets.set(ticket);
        io.ticket(direction).set(ticket);
        io.waiter(direction).set(Some(task));
        Some(ticket)
    }

    /// Lets the future that is polled with `waker` wait for a direction of a source; `before` is
    /// the ticket of its last wait. No ticket if the source need not be waited for.
    #[inline]
    pub(crate) fn park_behind(
        &self,
        waker: &Waker,
        io: &Rc<Io>,
        direction: Interest,
        before: Ticket,
    ) -> std::io::Result<Ticket> {
        let leaf = self.leaf_behind(waker);
        let ticket = leaf.ticket;
        let resumed = self.resumed_at.get();
        let parked = self.reactor.park_leaf(io, direction, leaf, before, resumed)?;
        Ok(if parked { ticket } else { Ticket::NONE })
    }

    /// The same for what polls a source itself, and has no end that would tell: whoever polled
    /// before is forgotten. False if the source need not be waited for.
    #[cfg(feature = "futures-io")]
    pub(crate) fn park_polled(
        &self,
        waker: &Waker,
        io: &Rc<Io>,
        direction: Interest,
    ) -> std::io::Result<bool> {
        let leaf = Leaf { ticket: Ticket::POLLED, ..self.leaf_behind(waker) };
        let resumed = self.resumed_at.get();
        self.reactor.park_leaf(io, direction, leaf, Ticket::POLLED, resumed)
    }

    /// Lets the future that is polled with `waker` wait for a descriptor to be closed.
    pub(crate) fn starve_behind(&self, waker: &Waker) -> (Ticket, Key) {
        let leaf = self.leaf_behind(waker);
        let known_by = (leaf.ticket, leaf.task);
        self.reactor.park_starved(leaf);
        known_by
    }

    /// Sets a timer for the future that is polled with `waker`, if that is its task's own.
    #[inline]
    pub(crate) fn set_own_timer(&self, waker: &Waker, deadline: Moment) -> Option<Key> {
        let task = self.task_behind(waker)?;
        let mut timers = self.timers.borrow_mut();
        let timer = timers.insert(deadline, Waiter::Task(task));
        self.armed.set(timers.len());
        Some(timer)
    }

    /// Sets a timer for the future that is polled with `waker`.
    #[inline]
    pub(crate) fn set_timer_behind(&self, waker: &Waker, deadline: Moment) -> Key {
        let waiter = self.waiter_behind(waker);
        let mut timers = self.timers.borrow_mut();
        let timer = timers.insert(deadline, waiter);
        self.armed.set(timers.len());
        timer
    }

    /// Moves a timer to another time, whomever it wakes. `None` if it has fired.
    pub(crate) fn move_timer(&self, timer: Key, deadline: Moment) -> Option<Key> {
        let mut timers = self.timers.borrow_mut();
        let waiter = timers.remove(timer)?;
        Some(timers.insert(deadline, waiter))
    }

    /// Lets a timer wake the future that is polled with `waker` from now on. False if it has
    /// fired.
    pub(crate) fn keep_timer(&self, waker: &Waker, timer: Key) -> bool {
        let waiter = self.waiter_behind(waker);
        if matches!(&waiter, Waiter::Task(task) if self.timers.borrow().tells(timer, task)) {
            return true;
        }
        let old = self.timers.borrow_mut().replace_waiter(timer, waiter);
        old.is_some() // and dropped here, with nothing borrowed
    }

    /// When a timer is due; `None` if it has fired.
    pub(crate) fn timer_deadline(&self, timer: Key) -> Option<Moment> {
        self.timers.borrow().deadline(timer)
    }

    /// Whether a timer was once set on this loop: else it is another one's.
    pub(crate) fn knew_timer(&self, timer: Key) -> bool {
        self.timers.borrow().knew(timer)
    }

    /// Takes a timer back.
    #[inline]
    pub(crate) fn cancel_timer(&self, timer: Key) {
        let waiter = self.take_timer(timer);
        drop(waiter); // may be anybody's waker: nothing is borrowed
    }

    /// The same; whom it would have told is for the caller to drop.
    #[inline]
    pub(crate) fn take_timer(&self, timer: Key) -> Option<Waiter> {
        let mut timers = self.timers.borrow_mut();
        let waiter = timers.remove(timer);
        self.armed.set(timers.len());
        waiter
    }

    /// Lets the task that is polled with `waker` run again in the next turn.
    pub(crate) fn yield_behind(&self, waker: &Waker) {
        if !self.yield_own(waker) {
            waker.wake_by_ref();
        }
    }

    /// The same if it is the task's own waker. False if not.
    #[inline]
    pub(crate) fn yield_own(&self, waker: &Waker) -> bool {
        let own = self.is_own(waker);
        if own {
            self.yielded.set(true);
        }
        own
    }

    /// The task's waker, made when somebody first asks for it.
    pub(crate) fn waker_of(&self, task: &Task) -> Waker {
        let own = task.extras().and_then(|extras| extras.waker.take());
        let new = || Box::new(Waker::from(Arc::new(TaskWaker::new(&self.inbox, task.key()))));
        let own = own.unwrap_or_else(new);
        let waker = (*own).clone();
        task.make_extras().waker.set(Some(own));
        waker
    }
}
