//! Which sources are watched, and who waits for them.
//!
//! The life of a direction of a source: a call is tried; it answers `EAGAIN`, and that *clears*
//! the ready bit; the task *parks* on the direction; an *edge* from the poller sets the bit and
//! moves the task to READY; the call is tried again.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::rc::{Rc, Weak};
use std::time::Duration;

use eagain_sys::errno;
use eagain_sys::poller::{Bell, Events, Interest, Poller, Readiness};

use crate::error::LoopError;
use crate::event_loop::io::{self, Kind};
use crate::event_loop::scheduler::Scheduler;
use crate::event_loop::slab::{Key, Slab};
use crate::event_loop::task::{Task, TaskId};
use crate::event_loop::waiter::{Leaf, Ticket, Waiter};
use crate::task::generator::{Cause, Ready};

/// What the reactor has counted since the loop was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReactorCounts {
    /// Events for sources that were closed in the meantime; dropped.
    pub stale_events: u64,
    /// Changes to what the kernel watches: `epoll_ctl` or its like.
    pub registrations: u64,
}

/// A source of this reactor.
pub(crate) type Io = io::Io<Reactor>;

fn count(counter: &Cell<u64>, n: u64) {
    counter.set(counter.get() + n);
}

pub(crate) struct Reactor {
    /// The scheduler's.
    id: u64,
    poller: Poller,
    scheduler: Rc<Scheduler>,
    sources: RefCell<Slab<Rc<Io>>>,
    /// Descriptors that were armed, by number.
    borrowed: RefCell<HashMap<RawFd, Key>>,
    /// Tasks that ran out of descriptors, and wait until one is closed.
    starved: RefCell<Vec<Leaf>>,
    stale_events: Cell<u64>,
    registrations: Cell<u64>,
}

fn second_waiter(first: TaskId, second: Key, direction: Interest) -> std::io::Error {
    let direction = if direction == Interest::READ { "read" } else { "write" };
    LoopError::SecondWaiter { first, second: TaskId(second), direction }.into()
}

/// The token of the bell; no slab grows so large.
const BELL: u64 = u64::MAX - 1;

impl Reactor {
    pub(crate) fn new(scheduler: Rc<Scheduler>) -> eagain_sys::Result<Reactor> {
        Ok(Reactor {
            id: scheduler.id,
            sources: RefCell::new(Slab::new()),
            poller: Poller::new()?,
            scheduler,
            borrowed: RefCell::new(HashMap::new()),
            starved: RefCell::new(Vec::new()),
            stale_events: Cell::new(0),
            registrations: Cell::new(0),
        })
    }

    pub(crate) fn poller(&self) -> &Poller {
        &self.poller
    }

    pub(crate) fn bell(&self) -> eagain_sys::Result<Bell> {
        self.poller.bell(BELL)
    }

    pub(crate) fn counts(&self) -> ReactorCounts {
        ReactorCounts {
            stale_events: self.stale_events.get(),
            registrations: self.registrations.get(),
        }
    }

    pub(crate) fn sources(&self) -> usize {
        self.sources.borrow().len()
    }

    pub(crate) fn source(&self, key: Key) -> Option<Rc<Io>> {
        self.sources.borrow().get(key).cloned()
    }

    /// Calls `f` with each task that waits for a source, for what, and the descriptor.
    pub(crate) fn each_waiting(&self, mut f: impl FnMut(Key, Interest, RawFd)) {
        for io in self.sources.borrow().iter() {
            for direction in [Interest::READ, Interest::WRITE] {
                if let Some(task) = io.waiting(direction) {
                    f(task.key(), direction, io.number);
                }
            }
            let Some(queue) = io.queue.get() else { continue };
            for (direction, leaf) in queue.borrow().iter() {
                f(leaf.task, *direction, io.number);
            }
        }
    }

    /// Lets `task` wait for `interest`: makes sure that edges arrive, and that nobody else waits
    /// for them. The first park of a source registers it. No key if the kernel cannot poll it, so
    /// that it is always ready. `home` is this loop's number.
    #[inline(always)]
    pub(crate) fn park(
        self: &Rc<Reactor>,
        io: &Rc<Io>,
        interest: Interest,
        task: &Rc<Task>,
        home: u64,
    ) -> std::io::Result<Key> {
        let here = io.home.get() == home;
        if here && io.watched.get().covers(interest) {
            self.poller.want(io.key.get().to_token(), interest)?;
        } else if !self.watch(io, interest)? {
            return Ok(Key::NONE);
        }
        if interest == Interest::READ && io.queue.get().is_none() {
            let Some(before) = io.reader.replace(Some(task.clone())) else {
                io.ticket(interest).set(Ticket::NONE);
                return Ok(io.key.get());
            };
            io.reader.set(Some(before));
        }
        self.add_waiters(io, interest, task)?;
        Ok(io.key.get())
    }

    /// The same for a future that waits for one direction: whoever is behind it is told. A
    /// future that waited before is told from another one by its ticket; one that was not polled
    /// since `resumed`, when its task was last resumed, gives way: perhaps it was forgotten.
    /// False if the kernel cannot poll the source, so that it is always ready.
    #[inline]
    pub(crate) fn park_leaf(
        self: &Rc<Reactor>,
        io: &Rc<Io>,
        direction: Interest,
        leaf: Leaf,
        before: Ticket,
        resumed: Ticket,
    ) -> std::io::Result<bool> {
        let here = io.home.get() == self.id;
        if here && io.watched.get().covers(direction) {
            self.poller.want(io.key.get().to_token(), direction)?;
        } else if !self.watch(io, direction)? {
            return Ok(false);
        }
        if before != Ticket::NONE {
            io.remove_leaf(direction, before);
        }
        let waiting = io.waiting(direction);
        let first = waiting.as_ref().map(|task| (task.key(), io.ticket(direction).get()));
        let first = first.or_else(|| io.foreign_waiter(direction));
        let first = first.filter(|_| !io.oust_polled(direction, &self.scheduler));
        match (leaf.waiter, first) {
            (Waiter::Task(task), None) => {
                io.ticket(direction).set(leaf.ticket);
                io.waiter(direction).set(Some(task));
            }
            (waiter, _) if io.kind == Kind::Messages => {
                io.enqueue(direction, Leaf { waiter, ..leaf });
            }
            (waiter @ Waiter::Waker(_), None) => io.enqueue(direction, Leaf { waiter, ..leaf }),
            (Waiter::Task(task), Some((first, since)))
                if first == task.key() && !since.is_after(resumed) =>
            {
                io.ticket(direction).set(leaf.ticket);
                io.waiter(direction).set(Some(task));
            }
            (_, Some((first, _))) => {
                return Err(second_waiter(TaskId(first), leaf.task, direction));
            }
        }
        Ok(true)
    }

    #[inline(never)]
    fn add_waiters(&self, io: &Io, interest: Interest, task: &Rc<Task>) -> std::io::Result<()> {
        for direction in [Interest::READ, Interest::WRITE] {
            if !interest.contains(direction) {
                continue;
            }
            let other = io.other_waiter(direction, task);
            match other.filter(|_| !io.oust_polled(direction, &self.scheduler)) {
                None => {
                    io.ticket(direction).set(Ticket::NONE);
                    io.waiter(direction).set(Some(task.clone()));
                }
                Some(_) if io.kind == Kind::Messages => {
                    let waiter = Waiter::Task(task.clone());
                    let leaf = Leaf { waiter, ticket: Ticket::NONE, task: task.key() };
                    io.enqueue(direction, leaf);
                }
                Some(first) => {
                    io.remove_waiters(interest, task);
                    return Err(second_waiter(first, task.key(), direction));
                }
            }
        }
        Ok(())
    }

    /// Registers a source, or a further direction of it. False if the kernel cannot poll it.
    #[cold]
    fn watch(self: &Rc<Reactor>, io: &Rc<Io>, interest: Interest) -> std::io::Result<bool> {
        let fd = io.fd.borrow();
        let Some(fd) = fd.as_ref() else { return Err(LoopError::Closed.into()) };
        match io.reactor.get() {
            None => drop(io.reactor.set(Rc::downgrade(self))),
            Some(own) if Weak::as_ptr(own) == Rc::as_ptr(self) => {}
            Some(own) if own.strong_count() == 0 => return Err(LoopError::LoopGone.into()),
            Some(_) => return Err(LoopError::OtherLoop.into()),
        }
        if io.key.get().is_none() {
            io.key.set(self.sources.borrow_mut().insert(io.clone()));
        }
        let Err(e) = self.register(io, fd.as_fd(), interest) else { return Ok(true) };
        if io.watched.get().is_empty() {
            drop(self.sources.borrow_mut().remove(io.key.replace(Key::NONE)));
        }
        if e.errno() != errno::EPERM {
            return Err(e.into());
        }
        io.always_ready.set(true);
        io.ready.set(io.ready.get() | Readiness::UNKNOWN);
        Ok(false)
    }

    fn register(&self, io: &Io, fd: BorrowedFd<'_>, interest: Interest) -> eagain_sys::Result<()> {
        let token = io.key.get().to_token();
        // Everything is read at some time: one registration serves a connection for life.
        let wanted = interest | Interest::READ;
        let answer = if io.watched.get().is_empty() {
            self.forget_borrowed(io.number);
            match self.poller.add(fd, token, wanted) {
                // It was armed as a borrowed descriptor before it became ours.
                Err(e) if e.errno() == errno::EEXIST => self.poller.modify(fd, token, wanted),
                answer => answer,
            }
        } else {
            self.poller.modify(fd, token, wanted)
        };
        count(&self.registrations, 1);
        io.home.set(self.id);
        answer.map(|()| io.watched.set(wanted.into()))
    }

    /// Arms a descriptor that the loop does not own, for one report, and lets `task` wait for it.
    /// `None` if it cannot be polled, and so is always ready.
    pub(crate) fn arm(
        &self,
        fd: BorrowedFd<'_>,
        interest: Interest,
        task: &Rc<Task>,
    ) -> std::io::Result<Option<Key>> {
        let number = fd.as_raw_fd();
        let known = self.borrowed.borrow().get(&number).copied();
        let io = match known.and_then(|key| self.source(key)) {
            Some(io) => io,
            None => {
                let io = Rc::new(Io::with(None, number, Kind::Borrowed));
                io.queue.get_or_init(Box::default);
                io.key.set(self.sources.borrow_mut().insert(io.clone()));
                self.borrowed.borrow_mut().insert(number, io.key.get());
                io
            }
        };
        // One report disarms both directions, so who waits for the other one is armed with it.
        let mut wanted = interest;
        for direction in [Interest::READ, Interest::WRITE] {
            if io.other_waiter(direction, task).is_some() {
                wanted = wanted | direction;
            }
        }
        self.add_waiters(&io, interest, task)?;
        count(&self.registrations, 1);
        match self.poller.arm(fd, io.key.get().to_token(), wanted, known.is_some()) {
            Ok(()) => {
                io.ready.set(Readiness::NONE);
                Ok(Some(io.key.get()))
            }
            Err(e) => {
                io.remove_waiters(interest, task);
                if known.is_none() {
                    self.forget_borrowed(number);
                }
                if e.errno() == errno::EPERM { Ok(None) } else { Err(e.into()) }
            }
        }
    }

    /// A borrowed descriptor becomes a source, or could not be armed. Whoever waits for it is
    /// told.
    fn forget_borrowed(&self, number: RawFd) {
        if self.borrowed.borrow().is_empty() {
            return;
        }
        let key = self.borrowed.borrow_mut().remove(&number);
        let io = key.and_then(|key| self.sources.borrow_mut().remove(key));
        if let Some(io) = io {
            io.wake(&self.scheduler, Readiness::UNKNOWN, Cause::Closed);
        }
    }

    /// Lets a task wait once more for what it has waited for before, by its key. If that is
    /// ready already or gone, that is the cause to resume the task at once.
    pub(crate) fn park_again(
        self: &Rc<Reactor>,
        key: Key,
        interest: Interest,
        task: &Rc<Task>,
    ) -> Option<Cause> {
        let Some(io) = self.source(key) else { return Some(Cause::Closed) };
        if io.kind == Kind::Borrowed {
            return Some(Cause::Closed); // it has to be armed for each wait
        }
        let ready = io.ready.get().of(interest);
        if !ready.is_empty()
            || !matches!(self.park(&io, interest, task, self.id), Ok(key) if !key.is_none())
        {
            return Some(Cause::Ready(Ready(ready)));
        }
        None
    }

    /// Undoes [`park`](Reactor::park).
    pub(crate) fn unpark(&self, key: Key, interest: Interest, task: &Task) {
        if let Some(io) = self.sources.borrow().get(key) {
            io.remove_waiters(interest, task);
        }
    }

    /// Lets a task or a future wait until a descriptor is closed through us.
    pub(crate) fn park_starved(&self, leaf: Leaf) {
        self.starved.borrow_mut().push(leaf);
    }

    /// Undoes that, of a task's generator or of a future. False if it was woken before.
    pub(crate) fn unpark_starved(&self, task: Key, ticket: Ticket) -> bool {
        let mut starved = self.starved.borrow_mut();
        let its = |leaf: &Leaf| leaf.ticket == ticket && leaf.task == task;
        let gone = starved.iter().position(its).map(|at| starved.swap_remove(at));
        drop(starved);
        gone.is_some() // and dropped: it may be anybody's waker, so nothing is borrowed
    }

    /// Waits once.
    pub(crate) fn wait(
        &self,
        events: &mut Events,
        timeout: Option<Duration>,
    ) -> eagain_sys::Result<()> {
        self.poller.wait(events, timeout)
    }

    /// An edge sets the ready bits and moves who waits for them to READY. Of the bell, `on_bell`
    /// takes note.
    #[inline(always)]
    pub(crate) fn dispatch(&self, events: &Events, mut on_bell: impl FnMut()) {
        let sources = self.sources.borrow_mut(); // cheaper to take than a shared borrow
        for event in events.iter() {
            if let Some(io) = sources.get(Key::from_token(event.token)) {
                io.ready.set(io.ready.get() | event.readiness);
                io.wake(&self.scheduler, event.readiness, Cause::Ready(Ready(event.readiness)));
            } else if event.token == BELL {
                on_bell();
            } else {
                count(&self.stale_events, 1);
            }
        }
        drop(sources);
        self.scheduler.use_wakers();
    }

    fn deregister(&self, io: &Io, fd: &OwnedFd) {
        let known = self.sources.borrow_mut().remove(io.key.replace(Key::NONE));
        let watched = io.watched.replace(Readiness::NONE);
        if io.lent.get() && !watched.is_empty() {
            // A duplicate would keep the registration alive, with nobody left to remove it.
            // EBADF and ENOENT say that somebody closed the descriptor behind our back.
            let _ = self.poller.delete(fd.as_fd());
            count(&self.registrations, 1);
        }
        io.wake(&self.scheduler, Readiness::UNKNOWN, Cause::Closed);
        drop(known);
        self.scheduler.use_wakers();
    }

    /// A descriptor was closed: wakes whoever waits for that.
    pub(crate) fn feed_starved(&self) {
        let starved = mem::take(&mut *self.starved.borrow_mut());
        starved.into_iter().for_each(|leaf| leaf.waiter.wake(&self.scheduler, Cause::Woken));
        self.scheduler.use_wakers();
    }
}

/// Takes the descriptor out of a source, with everything the loop knows of it: whoever waits
/// for it is resumed with [`Cause::Closed`]. `None` if it was closed before.
pub(crate) fn release(io: &Io) -> Result<Option<OwnedFd>, LoopError> {
    let Ok(mut fd) = io.fd.try_borrow_mut() else { return Err(LoopError::Lent) };
    let Some(fd) = fd.take() else { return Ok(None) };
    io.ready.set(Readiness::UNKNOWN); // the next try finds it closed
    if let Some(reactor) = io.reactor.get().and_then(Weak::upgrade) {
        reactor.deregister(io, &fd);
    }
    Ok(Some(fd))
}

/// Closes a source. What ran out of descriptors on its loop may try again. True if it was
/// closed now, and had no loop.
pub(crate) fn close(io: &Io) -> Result<bool, LoopError> {
    let Some(fd) = release(io)? else { return Ok(false) };
    drop(fd);
    let Some(reactor) = io.reactor.get() else { return Ok(true) };
    if let Some(reactor) = reactor.upgrade() {
        reactor.feed_starved();
    }
    Ok(false)
}
