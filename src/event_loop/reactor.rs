//! Which sources are watched, and what the poller says of them; `parking` has who waits for them.
//!
//! The life of a direction of a source: a call is tried; it answers `EAGAIN`, and that *clears*
//! the ready bit; the task *parks* on the direction; an *edge* from the poller sets the bit and
//! moves the task to READY; the call is tried again.

mod parking;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::rc::{Rc, Weak};
use std::time::Duration;

use eagain_sys::poller::{Backend, Batch, Bell, Interest, Poller, Readiness, plain};
use eagain_sys::{errno, fork};

use crate::error::LoopError;
use crate::event_loop::io;
use crate::event_loop::scheduler::Scheduler;
use crate::event_loop::slab::{Key, Slab};
use crate::event_loop::waiter::Leaf;
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
    /// How often the process had been forked off when it was made.
    born: u32,
    /// The scheduler's.
    id: u64,
    poller: Poller,
    scheduler: Rc<Scheduler>,
    sources: RefCell<Slab<Rc<Io>>>,
    /// Sources that were reported and may have to be asked for again, by pollers that need it.
    reported: RefCell<Vec<Key>>,
    /// Descriptors that were armed, by number.
    borrowed: RefCell<HashMap<RawFd, Key>>,
    /// Tasks that ran out of descriptors, and wait until one is closed.
    starved: RefCell<Vec<Leaf>>,
    stale_events: Cell<u64>,
    registrations: Cell<u64>,
}

/// The token of the bell; no slab grows so large.
const BELL: u64 = u64::MAX - 1;

impl Reactor {
    pub(crate) fn new(scheduler: Rc<Scheduler>, backend: Backend) -> eagain_sys::Result<Reactor> {
        Ok(Reactor {
            born: fork::forks(),
            id: scheduler.id,
            sources: RefCell::new(Slab::new()),
            poller: Poller::new(backend)?,
            scheduler,
            reported: RefCell::new(Vec::new()),
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

    /// Whether this process is a child of the one that made it.
    pub(crate) fn is_forked(&self) -> bool {
        self.born != fork::forks()
    }

    /// Registers a source, or a further direction of it. False if the kernel cannot poll it.
    #[cold]
    fn watch(self: &Rc<Reactor>, io: &Rc<Io>, interest: Interest) -> std::io::Result<bool> {
        let fd = io.fd.borrow();
        let Some(fd) = fd.as_ref() else { return Err(LoopError::Closed.into()) };
        if self.is_forked() {
            return Err(LoopError::Forked.into());
        }
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
            return Err(LoopError::of_watching(e));
        }
        io.always_ready.set(true);
        io.ready.set(io.ready.get() | Readiness::UNKNOWN);
        Ok(false)
    }

    fn register(&self, io: &Io, fd: BorrowedFd<'_>, interest: Interest) -> eagain_sys::Result<()> {
        let token = io.key.get().to_token();
        let apart = self.poller.has_entry_per_direction();
        // Everything is read at some time: one registration serves a connection for life.
        let wanted = if apart { interest } else { interest | Interest::READ };
        let answer = if io.watched.get().is_empty() {
            let was_borrowed = self.forget_borrowed(io.number);
            if was_borrowed && apart {
                // What it was armed for stays as it is, whatever is added.
                let _ = self.poller.delete(fd, token);
            }
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
        answer.map(|()| io.watched.set(io.watched.get() | wanted.into()))
    }

    /// A borrowed descriptor becomes a source, or could not be armed. Whoever waits for it is
    /// told. False if it was not borrowed.
    fn forget_borrowed(&self, number: RawFd) -> bool {
        if self.borrowed.borrow().is_empty() {
            return false;
        }
        let key = self.borrowed.borrow_mut().remove(&number);
        let io = key.and_then(|key| self.sources.borrow_mut().remove(key));
        if let Some(io) = io {
            io.wake(&self.scheduler, Readiness::UNKNOWN, Cause::Closed);
        }
        key.is_some()
    }

    /// Waits once.
    #[inline(always)]
    pub(crate) fn wait(
        &self,
        events: &mut impl Batch,
        timeout: Option<Duration>,
    ) -> eagain_sys::Result<()> {
        if let Some(last) = events.levels() {
            self.ask_again(last);
        }
        self.poller.wait(events, timeout)
    }

    /// A poller without edges has told of a direction, and does not tell again until it is asked:
    /// now, if a call on it has answered `EAGAIN` since. `last` are the events of the last wait.
    #[cold]
    fn ask_again(&self, last: &plain::Events) {
        let mut reported = self.reported.borrow_mut();
        reported.extend(last.iter().map(|event| Key::from_token(event.token)));
        reported.sort_unstable_by_key(|key| key.to_token());
        reported.dedup();
        let sources = self.sources.borrow();
        reported.retain(|key| {
            let Some(io) = sources.get(*key) else { return false };
            let mut told = false;
            for direction in [Interest::READ, Interest::WRITE] {
                if io.ready.get().satisfies(direction) {
                    told = true;
                } else if io.watched.get().satisfies(direction) {
                    self.poller.want(io.number, key.to_token(), direction);
                }
            }
            told
        });
    }

    /// An edge sets the ready bits and moves who waits for them to READY. Tells whether the bell
    /// was among the events.
    #[inline(always)]
    pub(crate) fn dispatch(&self, events: &impl Batch) -> bool {
        let mut heard = false;
        let sources = self.sources.borrow_mut(); // cheaper to take than a shared borrow
        for event in events.iter() {
            if let Some(io) = sources.get(Key::from_token(event.token)) {
                io.ready.set(io.ready.get() | event.readiness);
                io.wake(&self.scheduler, event.readiness, Cause::Ready(Ready(event.readiness)));
            } else if event.token == BELL {
                heard = true;
            } else {
                count(&self.stale_events, 1);
            }
        }
        drop(sources);
        self.scheduler.use_wakers();
        heard
    }

    fn deregister(&self, io: &Io, fd: &OwnedFd) {
        let key = io.key.replace(Key::NONE);
        let known = self.sources.borrow_mut().remove(key);
        let watched = io.watched.replace(Readiness::NONE);
        // A duplicate would keep the registration alive, with nobody left to remove it.
        let outlives = io.lent.get() || !self.poller.forgets_closed();
        if outlives && !watched.is_empty() {
            // EBADF and ENOENT say that somebody closed the descriptor behind our back.
            let _ = self.poller.delete(fd.as_fd(), key.to_token());
            count(&self.registrations, io.lent.get().into());
        }
        io.wake(&self.scheduler, Readiness::UNKNOWN, Cause::Closed);
        drop(known);
        self.scheduler.use_wakers();
    }
}

/// Takes the descriptor out of a source, with everything the loop knows of it: whoever waits
/// for it is resumed with [`Cause::Closed`]. `None` if it was closed before.
pub(crate) fn release(io: &Io) -> Result<Option<OwnedFd>, LoopError> {
    // Not borrowed any longer: whom this wakes may use the source.
    let fd = io.fd.try_borrow_mut().map(|mut fd| fd.take());
    let Some(fd) = fd.map_err(|_| LoopError::Lent)? else { return Ok(None) };
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
