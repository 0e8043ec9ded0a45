//! Who waits for a source: tasks *park* on a direction of it, until an edge, or the end of the
//! source, moves them to READY. Generators are known by their task there, futures by a ticket.

use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::rc::Rc;

use eagain_sys::errno;
use eagain_sys::poller::{Interest, Readiness};

use crate::error::LoopError;
use crate::event_loop::io::Kind;
use crate::event_loop::reactor::{Io, Reactor, count};
use crate::event_loop::slab::Key;
use crate::event_loop::task::{Task, TaskId};
use crate::event_loop::waiter::{Leaf, Ticket, Waiter};
use crate::task::generator::{Cause, Ready};

fn second_waiter(first: TaskId, second: Key, direction: Interest) -> std::io::Error {
    let direction = if direction == Interest::READ { "read" } else { "write" };
    LoopError::SecondWaiter { first, second: TaskId(second), direction }.into()
}

impl Reactor {
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
        let watched = here && io.watched.get().covers(interest);
        if !watched && !self.watch(io, interest)? {
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
    ///
    /// Behind a foreign waker, that says nothing: such a future is polled only if that waker was
    /// used, however often its task is resumed. It keeps its place until it is dropped, an edge
    /// comes or the source is closed; one that was forgotten does, too.
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
        let watched = here && io.watched.get().covers(direction);
        if !watched && !self.watch(io, direction)? {
            return Ok(false);
        }
        if before != Ticket::NONE {
            io.remove_leaf(direction, before);
        }
        let waiting = io.waiting(direction);
        let since = io.ticket(direction).get();
        let first = waiting.as_ref().map(|task| (task.key(), Some(since)));
        let first = first.or_else(|| io.foreign_waiter(direction).map(|task| (task, None)));
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
            (Waiter::Task(task), Some((first, Some(since))))
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

    /// Arms a descriptor that the loop does not own, for one report, and lets `task` wait for it.
    /// `None` if it cannot be polled, and so is always ready.
    pub(crate) fn arm(
        &self,
        fd: BorrowedFd<'_>,
        interest: Interest,
        task: &Rc<Task>,
    ) -> std::io::Result<Option<Key>> {
        if self.is_forked() {
            return Err(LoopError::Forked.into());
        }
        let number = fd.as_raw_fd();
        let known = self.borrowed.borrow().get(&number).copied();
        let io = match known.and_then(|key| self.source(key)) {
            Some(io) => io,
            None => {
                if self.poller.has_entry_per_direction() && self.is_watched(number) {
                    let error = eagain_sys::Error::new("kevent", errno::EEXIST);
                    return Err(error.into());
                }
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
                if e.errno() == errno::EPERM { Ok(None) } else { Err(LoopError::of_watching(e)) }
            }
        }
    }

    /// Whether a source is registered under this number. Asked once of a borrowed descriptor.
    fn is_watched(&self, number: RawFd) -> bool {
        let its = |io: &Rc<Io>| io.number == number && !io.watched.get().is_empty();
        self.sources.borrow().iter().any(its)
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

    /// A descriptor was closed: wakes whoever waits for that.
    pub(crate) fn feed_starved(&self) {
        let starved = mem::take(&mut *self.starved.borrow_mut());
        starved.into_iter().for_each(|leaf| leaf.waiter.wake(&self.scheduler, Cause::Woken));
        self.scheduler.use_wakers();
    }
}
