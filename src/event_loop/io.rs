//! What is known of one source: its descriptor, its readiness, and who waits for it.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::ptr;
use std::rc::{Rc, Weak};

use eagain_sys::poller::{Interest, Readiness};

use crate::event_loop::scheduler::Scheduler;
use crate::event_loop::slab::Key;
use crate::event_loop::task::{MORE_TO_UNDO, Task, TaskId};
use crate::event_loop::waiter::{Leaf, Ticket};
use crate::task::generator::{Cause, On};

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

/// A source as the reactor, an `R`, knows it.
pub(crate) struct Io<R> {
    /// `None` once it was closed, and for a descriptor that is only borrowed.
    pub(crate) fd: RefCell<Option<OwnedFd>>,
    pub(crate) number: RawFd,
    pub(crate) kind: Kind,
    /// The descriptor was handed out, so a duplicate may exist.
    pub(crate) lent: Cell<bool>,
    /// The kernel cannot poll it, so it is always ready.
    pub(crate) always_ready: Cell<bool>,
    pub(crate) ready: Cell<Readiness>,
    /// What the poller watches it for; nothing before the first park.
    pub(crate) watched: Cell<Readiness>,
    pub(crate) key: Cell<Key>,
    /// Where it was registered, and the number of that loop.
    pub(crate) reactor: OnceCell<Weak<R>>,
    pub(crate) home: Cell<u64>,
    /// The task of this loop that waits to read, and the one that waits to write.
    pub(crate) reader: Cell<Option<Rc<Task>>>,
    pub(crate) writer: Cell<Option<Rc<Task>>>,
    /// Which park that was, if a future parked it.
    pub(crate) tickets: [Cell<Ticket>; 2],
    /// Who else waits: where several may, and wakers that are no task's of this loop.
    pub(crate) queue: OnceCell<Box<Queue>>,
}

type Queue = RefCell<VecDeque<(Interest, Leaf)>>;

/// What `EAGAIN` says is over.
fn spent(interest: Interest) -> Readiness {
    let urgent =
        if interest.contains(Interest::READ) { Readiness::PRIORITY } else { Readiness::NONE };
    Readiness::from(interest) | urgent
}

impl<R> Io<R> {
    pub(crate) fn new(fd: OwnedFd, kind: Kind) -> Io<R> {
        let number = fd.as_raw_fd();
        Io::with(Some(fd), number, kind)
    }

    pub(crate) fn with(fd: Option<OwnedFd>, number: RawFd, kind: Kind) -> Io<R> {
        Io {
            fd: RefCell::new(fd),
            number,
            kind,
            lent: Cell::new(false),
            always_ready: Cell::new(false),
            ready: Cell::new(match kind {
                Kind::Tcp => Readiness::UNKNOWN,
                _ => Readiness::UNKNOWN | Readiness::SHORT_READS_MISLEAD,
            }),
            watched: Cell::new(Readiness::NONE),
            key: Cell::new(Key::NONE),
            reactor: OnceCell::new(),
            home: Cell::new(u64::MAX),
            reader: Cell::new(None),
            writer: Cell::new(None),
            tickets: [const { Cell::new(Ticket::NONE) }; 2],
            queue: OnceCell::new(),
        }
    }

    /// `EAGAIN`, or what stands for it, was seen.
    #[inline(always)]
    pub(crate) fn clear(&self, interest: Interest) {
        if self.always_ready.get() {
            return;
        }
        self.ready.set(self.ready.get().without(spent(interest)));
    }

    /// A read came back with less than it asked for. If nothing can lie behind that, it was all
    /// there is, and the `EAGAIN` that would say so need not be asked for: on TCP only, before
    /// the end of the stream, and with no urgent mark about.
    #[inline(always)]
    pub(crate) fn short_read(&self) {
        let misleading =
            Readiness::SHORT_READS_MISLEAD | Readiness::READ_CLOSED | Readiness::PRIORITY;
        let ready = self.ready.get();
        if !ready.intersects(misleading) {
            self.ready.set(ready.without(spent(Interest::READ)));
        }
    }

    /// A write took less than it was given. A TCP connection is full then, and tells when it no
    /// longer is. What else there is may have room again at once and never say so: a terminal
    /// hands what it holds on behind everybody's back.
    pub(crate) fn short_write(&self) {
        if self.kind == Kind::Tcp {
            self.clear(Interest::WRITE);
        }
    }

    pub(crate) fn waiter(&self, direction: Interest) -> &Cell<Option<Rc<Task>>> {
        if direction == Interest::WRITE { &self.writer } else { &self.reader }
    }

    /// Which future the waiter of a direction is.
    pub(crate) fn ticket(&self, direction: Interest) -> &Cell<Ticket> {
        &self.tickets[usize::from(direction == Interest::WRITE)]
    }

    /// Who waits for a direction. A task that has ended does not: it forgot a future there.
    pub(crate) fn waiting(&self, direction: Interest) -> Option<Rc<Task>> {
        let waiter = self.waiter(direction).take().filter(|task| !task.is_finished());
        self.waiter(direction).set(waiter.clone());
        waiter
    }

    /// Who waits for a direction, if it is not `task`.
    pub(crate) fn other_waiter(&self, direction: Interest, task: &Task) -> Option<TaskId> {
        let waiter = self.waiting(direction).filter(|w| !ptr::eq(&raw const **w, task));
        let key = waiter.map(|w| w.key());
        key.or_else(|| self.foreign_waiter(direction)).map(TaskId)
    }

    /// The task behind a foreign waker that waits for a direction of a stream.
    pub(crate) fn foreign_waiter(&self, direction: Interest) -> Option<Key> {
        if self.kind == Kind::Messages {
            return None;
        }
        let queue = self.queue.get()?.borrow();
        queue.iter().find(|(d, _)| *d == direction).map(|(_, leaf)| leaf.task)
    }

    /// Lets one wait where several may, or a foreign waker.
    pub(crate) fn enqueue(&self, direction: Interest, leaf: Leaf) {
        self.queue.get_or_init(Box::default).borrow_mut().push_back((direction, leaf));
    }

    /// A generator does not wait any more.
    pub(crate) fn remove_waiters(&self, interest: Interest, task: &Task) {
        for direction in [Interest::READ, Interest::WRITE] {
            let its = |w: &Rc<Task>| ptr::eq(&raw const **w, task);
            if interest.contains(direction) && self.waiting(direction).as_ref().is_some_and(its) {
                self.waiter(direction).set(None);
            }
        }
        self.remove_queued(|direction, leaf| {
            leaf.ticket == Ticket::NONE && leaf.task == task.key() && interest.contains(direction)
        });
    }

    /// A future does not wait any more.
    #[inline]
    pub(crate) fn remove_leaf(&self, direction: Interest, ticket: Ticket) {
        if self.ticket(direction).get() == ticket {
            self.ticket(direction).set(Ticket::NONE);
            self.waiter(direction).set(None);
        } else if self.queue.get().is_some() {
            self.remove_queued(|d, leaf| leaf.ticket == ticket && d == direction);
        }
    }

    /// Whether edges of a direction come to the loop of this number, and nobody waits for them.
    #[inline]
    pub(crate) fn is_free(&self, direction: Interest, home: u64) -> bool {
        let waiter = self.waiter(direction).take();
        let free = waiter.is_none();
        self.waiter(direction).set(waiter);
        let watched = self.home.get() == home && self.watched.get().covers(direction);
        free && watched && self.queue.get().is_none()
    }

    /// Lets whoever polled for a direction make way: nobody knows whether it still waits, so it is
    /// woken, and tries again if it does. False if nobody had polled.
    #[cold]
    pub(crate) fn oust_polled(&self, direction: Interest, scheduler: &Scheduler) -> bool {
        if self.ticket(direction).get() == Ticket::POLLED {
            if let Some(task) = self.waiter(direction).take() {
                scheduler.wake(task, Cause::Woken);
                return true;
            }
        }
        let Some(queue) = self.queue.get() else { return false };
        let mut queue = queue.borrow_mut();
        let its = |(d, leaf): &(_, Leaf)| *d == direction && leaf.ticket == Ticket::POLLED;
        let ousted = queue.iter().position(its).and_then(|at| queue.remove(at));
        drop(queue);
        let Some((_, leaf)) = ousted else { return false };
        leaf.waiter.wake(scheduler, Cause::Woken);
        scheduler.use_wakers();
        true
    }

    fn remove_queued(&self, is_to_go: impl Fn(Interest, &Leaf) -> bool) {
        let Some(queue) = self.queue.get() else { return };
        let mut queue = queue.borrow_mut();
        let mut gone = Vec::new();
        for _ in 0..queue.len() {
            let Some((direction, leaf)) = queue.pop_front() else { break };
            if is_to_go(direction, &leaf) {
                gone.push(leaf);
            } else {
                queue.push_back((direction, leaf));
            }
        }
        drop(queue);
        drop(gone); // anybody's wakers: nothing is borrowed
    }

    /// Wakes whoever waits for a direction in `readiness`.
    #[inline(always)]
    pub(crate) fn wake(&self, scheduler: &Scheduler, readiness: Readiness, cause: Cause) {
        if readiness.satisfies(Interest::READ) {
            if let Some(task) = self.reader.take() {
                if !task.has(MORE_TO_UNDO) {
                    task.on.set(On::WOKEN); // its only waiter is taken
                }
                scheduler.wake(task, cause);
            }
        }
        if readiness.satisfies(Interest::WRITE) || self.queue.get().is_some() {
            self.wake_writer_and_queue(scheduler, readiness, cause);
        }
    }

    #[inline(never)]
    fn wake_writer_and_queue(&self, scheduler: &Scheduler, readiness: Readiness, cause: Cause) {
        // A report disarms all of a borrowed descriptor: whoever waits there tries again.
        let all = self.kind == Kind::Borrowed;
        let readiness = if all { Readiness::UNKNOWN } else { readiness };
        if all {
            if let Some(task) = self.reader.take() {
                scheduler.wake(task, cause);
            }
        }
        if readiness.satisfies(Interest::WRITE) {
            if let Some(task) = self.writer.take() {
                scheduler.wake(task, cause);
            }
        }
        let Some(queue) = self.queue.get() else { return };
        // Each of them tries; who finds nothing parks again, behind the others.
        let mut queue = queue.borrow_mut();
        for _ in 0..queue.len() {
            let Some((direction, leaf)) = queue.pop_front() else { break };
            if readiness.satisfies(direction) {
                leaf.waiter.wake(scheduler, cause);
            } else {
                queue.push_back((direction, leaf));
            }
        }
    }
}
