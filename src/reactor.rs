//! Which sources are watched, and who waits for them.
//!
//! The life of a direction of a source: a call is tried; it answers `EAGAIN`, and that *clears*
//! the ready bit; the task *parks* on the direction; an *edge* from the poller sets the bit and
//! moves the task to READY; the call is tried again.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::rc::{Rc, Weak};
use std::time::Duration;
use std::{io, mem};

use eagain_sys::errno;
use eagain_sys::poller::{Bell, Event, Events, Interest, Poller, Readiness};

use crate::error::LoopError;
use crate::generator::{Cause, Ready};
use crate::scheduler::{Scheduler, TaskId};
use crate::slab::{Key, Slab};
use crate::waiter::Waiter;

/// What a kind of descriptor promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A TCP connection: a read that comes back short has emptied the receive buffer.
    Tcp,
    /// A byte stream of another kind. There a short read may only mean that a message with
    /// descriptors, an urgent mark or a packet of a pipe ended.
    Stream,
    /// A listener or datagram socket: each call takes one thing, so several tasks may wait.
    Messages,
    /// Somebody else's descriptor, which is watched for one report at a time.
    Borrowed,
}

/// A source as the reactor knows it.
pub(crate) struct Io {
    /// `None` once it was closed, and for a descriptor that is only borrowed.
    fd: RefCell<Option<OwnedFd>>,
    number: RawFd,
    pub(crate) kind: Kind,
    /// The descriptor was handed out, so a duplicate may exist.
    lent: Cell<bool>,
    /// The kernel cannot poll it, so it is always ready.
    always_ready: Cell<bool>,
    pub(crate) ready: Cell<Readiness>,
    /// What the poller watches it for; nothing before the first park.
    interest: Cell<Option<Interest>>,
    key: Cell<Key>,
    /// Where it was registered.
    reactor: OnceCell<Weak<Reactor>>,
    reader: Cell<Waiter>,
    writer: Cell<Waiter>,
    /// Who else waits, where several may.
    queue: OnceCell<Box<Queue>>,
}

type Queue = RefCell<VecDeque<(Interest, Waiter)>>;

impl Default for Waiter {
    fn default() -> Waiter {
        Waiter::NOBODY
    }
}

impl Io {
    pub(crate) fn new(fd: OwnedFd, kind: Kind) -> Io {
        let number = fd.as_raw_fd();
        Io::with(Some(fd), number, kind)
    }

    fn with(fd: Option<OwnedFd>, number: RawFd, kind: Kind) -> Io {
        Io {
            fd: RefCell::new(fd),
            number,
            kind,
            lent: Cell::new(false),
            always_ready: Cell::new(false),
            ready: Cell::new(Readiness::UNKNOWN),
            interest: Cell::new(None),
            key: Cell::new(Key::NONE),
            reactor: OnceCell::new(),
            reader: Cell::default(),
            writer: Cell::default(),
            queue: OnceCell::new(),
        }
    }

    pub(crate) fn number(&self) -> RawFd {
        self.number
    }

    pub(crate) fn fd(&self) -> &RefCell<Option<OwnedFd>> {
        &self.fd
    }

    pub(crate) fn lend(&self) {
        self.lent.set(true);
    }

    /// `EAGAIN`, or what stands for it, was seen.
    #[inline]
    pub(crate) fn clear(&self, interest: Interest) {
        if self.always_ready.get() {
            return;
        }
        let mut gone = Readiness::from(interest);
        if interest.contains(Interest::READ) {
            gone |= Readiness::PRIORITY;
        }
        self.ready.set(self.ready.get().without(gone));
    }

    fn waiter(&self, interest: Interest) -> &Cell<Waiter> {
        if interest.contains(Interest::WRITE) { &self.writer } else { &self.reader }
    }

    /// Who waits for a direction, if it is not `task`.
    fn other_waiter(&self, interest: Interest, task: Key) -> Option<Key> {
        let cell = self.waiter(interest);
        let waiter = cell.take();
        let other = match &waiter {
            Waiter::Task(key) if !key.is_none() && *key != task => Some(*key),
            _ => None,
        };
        cell.set(waiter);
        other
    }

    fn add_waiter(&self, interest: Interest, task: Key) {
        if self.kind == Kind::Messages && self.other_waiter(interest, task).is_some() {
            let queue = self.queue.get_or_init(Box::default);
            queue.borrow_mut().push_back((interest, Waiter::Task(task)));
        } else {
            self.waiter(interest).set(Waiter::Task(task));
        }
    }

    fn remove_waiter(&self, interest: Interest, task: Key) {
        let cell = self.waiter(interest);
        let waiter = cell.take();
        if !waiter.is_task(task) {
            cell.set(waiter);
        }
        if let Some(queue) = self.queue.get() {
            queue.borrow_mut().retain(|(i, w)| *i != interest || !w.is_task(task));
        }
    }

    /// Wakes whoever waits for a direction in `readiness`.
    #[inline]
    fn wake(&self, scheduler: &Scheduler, readiness: Readiness, cause: Cause) {
        for interest in [Interest::READ, Interest::WRITE] {
            if readiness.satisfies(interest) {
                self.waiter(interest).take().wake(scheduler, cause);
            }
        }
        if let Some(queue) = self.queue.get() {
            // Each of them tries; who finds nothing parks again, behind the others.
            let all = mem::take(&mut *queue.borrow_mut());
            let (woken, rest) = all.into_iter().partition(|(i, _)| readiness.satisfies(*i));
            *queue.borrow_mut() = rest;
            let woken: VecDeque<_> = woken;
            woken.into_iter().for_each(|(_, waiter)| waiter.wake(scheduler, cause));
        }
    }
}

/// What the reactor has counted since the loop was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReactorCounts {
    /// Waits: `epoll_wait` or its like.
    pub waits: u64,
    /// Events that the waits brought.
    pub events: u64,
    /// Events for sources that were closed in the meantime; dropped.
    pub stale_events: u64,
    /// Changes to what the kernel watches: `epoll_ctl` or its like.
    pub registrations: u64,
}

pub(crate) struct Reactor {
    poller: Poller,
    scheduler: Rc<Scheduler>,
    sources: RefCell<Slab<Rc<Io>>>,
    /// Descriptors that were armed, by number.
    borrowed: RefCell<HashMap<RawFd, Key>>,
    /// Tasks that ran out of descriptors, and wait until one is closed.
    starved: RefCell<Vec<Key>>,
    counts: Cell<ReactorCounts>,
}

/// The token of the bell; no slab grows so large.
const BELL: u64 = u64::MAX - 1;

impl Reactor {
    pub(crate) fn new(scheduler: Rc<Scheduler>) -> eagain_sys::Result<Reactor> {
        Ok(Reactor {
            poller: Poller::new()?,
            scheduler,
            sources: RefCell::new(Slab::new()),
            borrowed: RefCell::new(HashMap::new()),
            starved: RefCell::new(Vec::new()),
            counts: Cell::default(),
        })
    }

    pub(crate) fn poller(&self) -> &Poller {
        &self.poller
    }

    pub(crate) fn bell(&self) -> eagain_sys::Result<Bell> {
        self.poller.bell(BELL)
    }

    pub(crate) fn counts(&self) -> ReactorCounts {
        self.counts.get()
    }

    fn count(&self, change: impl FnOnce(&mut ReactorCounts)) {
        let mut counts = self.counts.get();
        change(&mut counts);
        self.counts.set(counts);
    }

    pub(crate) fn sources(&self) -> usize {
        self.sources.borrow().len()
    }

    pub(crate) fn source(&self, key: Key) -> Option<Rc<Io>> {
        self.sources.borrow().get(key).cloned()
    }

    /// Makes sure that edges for `interest` arrive, and that nobody else waits for them. The
    /// first park of a source registers it.
    pub(crate) fn prepare(
        self: &Rc<Reactor>,
        io: &Rc<Io>,
        interest: Interest,
        task: Key,
    ) -> io::Result<Key> {
        let fd = io.fd.borrow();
        let Some(fd) = fd.as_ref() else { return Err(LoopError::Closed.into()) };
        match io.reactor.get() {
            None => drop(io.reactor.set(Rc::downgrade(self))),
            Some(own) if Weak::as_ptr(own) == Rc::as_ptr(self) => {}
            Some(own) if own.strong_count() == 0 => return Err(LoopError::LoopGone.into()),
            Some(_) => return Err(LoopError::OtherLoop.into()),
        }
        self.refuse_second_waiter(io, interest, task)?;
        if io.key.get().is_none() {
            io.key.set(self.sources.borrow_mut().insert(io.clone()));
        }
        let registered = self.register(io, fd.as_fd(), interest);
        if let Err(e) = registered {
            if e.errno() == errno::EPERM {
                io.always_ready.set(true);
                io.ready.set(Readiness::UNKNOWN);
            } else {
                if io.interest.get().is_none() {
                    self.sources.borrow_mut().remove(io.key.replace(Key::NONE));
                }
                return Err(e.into());
            }
        }
        Ok(io.key.get())
    }

    fn refuse_second_waiter(&self, io: &Io, interest: Interest, task: Key) -> io::Result<()> {
        if io.kind == Kind::Messages {
            return Ok(());
        }
        for (direction, name) in [(Interest::READ, "read"), (Interest::WRITE, "write")] {
            if !interest.contains(direction) {
                continue;
            }
            if let Some(first) = io.other_waiter(direction, task) {
                let (first, second) = (TaskId(first), TaskId(task));
                return Err(LoopError::SecondWaiter { first, second, direction: name }.into());
            }
        }
        Ok(())
    }

    fn register(&self, io: &Io, fd: BorrowedFd<'_>, interest: Interest) -> eagain_sys::Result<()> {
        let token = io.key.get().to_token();
        let (wanted, answer) = match io.interest.get() {
            Some(have) if have.contains(interest) => return self.poller.want(fd, token, interest),
            Some(have) => (have | interest, self.poller.modify(fd, token, have | interest)),
            // Everything is read at some time: one registration serves a connection for life.
            None => {
                let wanted = interest | Interest::READ;
                self.forget_borrowed(io.number);
                let answer = match self.poller.add(fd, token, wanted) {
                    // It was armed as a borrowed descriptor before it became ours.
                    Err(e) if e.errno() == errno::EEXIST => self.poller.modify(fd, token, wanted),
                    answer => answer,
                };
                (wanted, answer)
            }
        };
        self.count(|c| c.registrations += 1);
        answer.map(|()| io.interest.set(Some(wanted)))
    }

    /// Arms a descriptor that the loop does not own, for one report.
    pub(crate) fn arm(&self, fd: BorrowedFd<'_>, interest: Interest, task: Key) -> io::Result<Key> {
        let number = fd.as_raw_fd();
        let known = self.borrowed.borrow().get(&number).copied();
        let key = match known {
            Some(key) => key,
            None => {
                let io = Rc::new(Io::with(None, number, Kind::Borrowed));
                let key = self.sources.borrow_mut().insert(io);
                self.borrowed.borrow_mut().insert(number, key);
                key
            }
        };
        let answer = self.arm_known(fd, key, interest, task, known.is_some());
        if answer.is_err() && known.is_none() {
            self.forget_borrowed(number);
        }
        answer.map(|()| key)
    }

    fn arm_known(
        &self,
        fd: BorrowedFd<'_>,
        key: Key,
        interest: Interest,
        task: Key,
        known: bool,
    ) -> io::Result<()> {
        let Some(io) = self.source(key) else { return Err(LoopError::Closed.into()) };
        self.refuse_second_waiter(&io, interest, task)?;
        // One report disarms both directions, so who waits for the other one is armed with it.
        let mut wanted = interest;
        for other in [Interest::READ, Interest::WRITE] {
            if io.other_waiter(other, task).is_some() {
                wanted = wanted | other;
            }
        }
        self.count(|c| c.registrations += 1);
        match self.poller.arm(fd, key.to_token(), wanted, known) {
            Err(e) if e.errno() == errno::EPERM => {
                io.always_ready.set(true);
                io.ready.set(Readiness::UNKNOWN);
            }
            answer => {
                answer?;
                io.always_ready.set(false);
                io.ready.set(Readiness::NONE);
            }
        }
        Ok(())
    }

    fn forget_borrowed(&self, number: RawFd) {
        if self.borrowed.borrow().is_empty() {
            return;
        }
        let key = self.borrowed.borrow_mut().remove(&number);
        drop(key.and_then(|key| self.sources.borrow_mut().remove(key)));
    }

    /// Lets a task wait for a direction of a source that was prepared. If it is ready after all
    /// or gone, that is the cause to resume the task at once.
    #[inline]
    pub(crate) fn park(&self, key: Key, interest: Interest, task: Key) -> Option<Cause> {
        let sources = self.sources.borrow();
        let Some(io) = sources.get(key) else { return Some(Cause::Closed) };
        let ready = io.ready.get().of(interest);
        if !ready.is_empty() {
            return Some(Cause::Ready(Ready(ready)));
        }
        for direction in [Interest::READ, Interest::WRITE] {
            if interest.contains(direction) {
                io.add_waiter(direction, task);
            }
        }
        None
    }

    /// Undoes [`park`](Reactor::park).
    pub(crate) fn unpark(&self, key: Key, interest: Interest, task: Key) {
        let sources = self.sources.borrow();
        let Some(io) = sources.get(key) else { return };
        for direction in [Interest::READ, Interest::WRITE] {
            if interest.contains(direction) {
                io.remove_waiter(direction, task);
            }
        }
    }

    /// Lets a task wait until a descriptor is closed through us.
    pub(crate) fn park_starved(&self, task: Key) {
        let mut starved = self.starved.borrow_mut();
        if !starved.contains(&task) {
            starved.push(task);
        }
    }

    /// Waits once.
    pub(crate) fn wait(
        &self,
        events: &mut Events,
        timeout: Option<Duration>,
    ) -> eagain_sys::Result<()> {
        let answer = self.poller.wait(events, timeout);
        self.count(|c| {
            c.waits += 1;
            c.events += events.len() as u64;
        });
        answer
    }

    /// An edge sets the ready bits and moves who waits for them to READY. True for the bell.
    #[inline]
    pub(crate) fn dispatch(&self, event: Event) -> bool {
        if event.token == BELL {
            return true;
        }
        let io = match self.sources.borrow().get(Key::from_token(event.token)) {
            Some(io) => io.clone(),
            None => {
                self.count(|c| c.stale_events += 1);
                return false;
            }
        };
        io.ready.set(io.ready.get() | event.readiness);
        // A report disarms all of a borrowed descriptor: whoever waits there tries again.
        let to = if io.kind == Kind::Borrowed { Readiness::UNKNOWN } else { event.readiness };
        io.wake(&self.scheduler, to, Cause::Ready(Ready(event.readiness)));
        false
    }

    fn deregister(&self, io: &Io, fd: &OwnedFd) {
        let known = self.sources.borrow_mut().remove(io.key.replace(Key::NONE));
        if io.lent.get() && io.interest.get().is_some() {
            // A duplicate would keep the registration alive, with nobody left to remove it.
            // EBADF and ENOENT say that somebody closed the descriptor behind our back.
            let _ = self.poller.delete(fd.as_fd());
            self.count(|c| c.registrations += 1);
        }
        io.wake(&self.scheduler, Readiness::UNKNOWN, Cause::Closed);
        drop(known);
    }

    fn feed_starved(&self) {
        let starved = mem::take(&mut *self.starved.borrow_mut());
        starved.into_iter().for_each(|task| self.scheduler.wake(task, Cause::Woken));
    }
}

/// Takes the descriptor out of a source, with everything the loop knows of it: whoever waits
/// for it is resumed with [`Cause::Closed`]. `None` if it was closed before.
pub(crate) fn release(io: &Io) -> Result<Option<OwnedFd>, LoopError> {
    let Ok(mut fd) = io.fd.try_borrow_mut() else { return Err(LoopError::Lent) };
    let Some(fd) = fd.take() else { return Ok(None) };
    if let Some(reactor) = io.reactor.get().and_then(Weak::upgrade) {
        reactor.deregister(io, &fd);
    }
    Ok(Some(fd))
}

/// Closes a source. What ran out of descriptors on the same loop may try again.
pub(crate) fn close(io: &Io) -> Result<(), LoopError> {
    if let Some(fd) = release(io)? {
        drop(fd);
        if let Some(reactor) = io.reactor.get().and_then(Weak::upgrade) {
            reactor.feed_starved();
        }
    }
    Ok(())
}
