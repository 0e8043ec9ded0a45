//! The poller that was chosen when the loop was made. A loop that waits as its kernel does best
//! pays a comparison a call for the others, and none an event.

use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::time::Duration;

use super::{Backend, Event, Interest, plain, self_pipe};
use crate::{Error, Result, errno, native, poll};

/// Any poller that fulfils the [contract](crate::poller), chosen by its name.
#[derive(Debug)]
pub struct Poller(Kind);

#[derive(Debug)]
enum Kind {
    Native(native::Poller),
    Poll(poll::Poller),
}

/// Calls the same function of whichever it is.
macro_rules! each {
    ($poller:expr, $p:ident => $call:expr) => {
        match &$poller.0 {
            Kind::Native($p) => $call,
            Kind::Poll($p) => $call,
        }
    };
}

impl Poller {
    /// Makes one. `ENOSYS`: this kernel [has no such poller](Backend::is_available).
    pub fn new(backend: Backend) -> Result<Poller> {
        Ok(Poller(match backend {
            Backend::NATIVE => Kind::Native(native::Poller::new()?),
            Backend::Poll => Kind::Poll(poll::Poller::new()?),
            elsewhere => return Err(Error::new(elsewhere.name(), errno::ENOSYS)),
        }))
    }

    /// Which it is.
    pub fn backend(&self) -> Backend {
        match self.0 {
            Kind::Native(_) => Backend::NATIVE,
            Kind::Poll(_) => Backend::Poll,
        }
    }

    /// Room for `capacity` of its events, at least one.
    pub fn events(&self, capacity: usize) -> Events {
        match self.0 {
            Kind::Native(_) => Events::Native(native::Events::with_capacity(capacity)),
            Kind::Poll(_) => Events::Plain(plain::Events::with_capacity(capacity)),
        }
    }

    /// Does without timeouts finer than a millisecond.
    pub fn use_milliseconds(&self) {
        each!(self, p => p.use_milliseconds());
    }

    /// Begins to watch.
    pub fn add(&self, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> Result<()> {
        each!(self, p => p.add(fd, token, interest))
    }

    /// Watches for more than before.
    pub fn modify(&self, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> Result<()> {
        each!(self, p => p.modify(fd, token, interest))
    }

    /// Asks again for what was reported.
    pub fn want(&self, number: RawFd, token: u64, interest: Interest) {
        each!(self, p => p.want(number, token, interest));
    }

    /// Watches a borrowed descriptor for one report.
    pub fn arm(
        &self,
        fd: BorrowedFd<'_>,
        token: u64,
        interest: Interest,
        known: bool,
    ) -> Result<()> {
        each!(self, p => p.arm(fd, token, interest, known))
    }

    /// Ends watching.
    pub fn delete(&self, fd: BorrowedFd<'_>, token: u64) -> Result<()> {
        each!(self, p => p.delete(fd, token))
    }

    /// Whether a descriptor that is closed need not be deleted before.
    pub fn forgets_closed(&self) -> bool {
        each!(self, p => p.forgets_closed())
    }

    /// Sleeps until something is ready. `events` are best those that it made itself.
    #[inline(always)]
    pub fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> Result<()> {
        match (&self.0, &mut *events) {
            (Kind::Native(p), Events::Native(events)) => p.wait(events, timeout),
            _ => self.wait_elsewhere(events, timeout),
        }
    }

    #[inline(never)]
    fn wait_elsewhere(&self, events: &mut Events, timeout: Option<Duration>) -> Result<()> {
        match (&self.0, &mut *events) {
            (Kind::Native(p), Events::Native(events)) => p.wait(events, timeout),
            (Kind::Poll(p), Events::Plain(events)) => p.wait(events, timeout),
            _ => {
                *events = self.events(events.capacity()); // another poller's
                self.wait(events, timeout)
            }
        }
    }

    /// Makes a bell that ends a wait with an event for `token`.
    pub fn bell(&self, token: u64) -> Result<Bell> {
        Ok(match &self.0 {
            Kind::Native(p) => Bell::Native(p.bell(token)?),
            Kind::Poll(p) => Bell::Pipe(p.bell(token)?),
        })
    }
}

impl AsFd for Poller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        each!(self, p => p.as_fd())
    }
}

/// The events of one wait.
#[derive(Debug)]
pub enum Events {
    /// As the kernel hands them out.
    Native(native::Events),
    /// As a poller finds them that has to look for them.
    Plain(plain::Events),
}

impl Events {
    /// Whether they are edges: else each has to be [asked for again](Poller::want).
    #[inline(always)]
    pub fn are_edges(&self) -> bool {
        matches!(self, Events::Native(_))
    }

    /// Hands each of them to `f`.
    #[inline(always)]
    pub fn each(&self, mut f: impl FnMut(Event)) {
        match self {
            Events::Native(events) => events.iter().for_each(f),
            Events::Plain(events) => events.iter().for_each(&mut f),
        }
    }

    /// How many there is room for.
    pub fn capacity(&self) -> usize {
        match self {
            Events::Native(events) => events.capacity(),
            Events::Plain(events) => events.capacity(),
        }
    }

    /// How many events the last wait brought.
    pub fn len(&self) -> usize {
        match self {
            Events::Native(events) => events.len(),
            Events::Plain(events) => events.len(),
        }
    }

    /// Whether the last wait brought none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What any thread may ring to end a wait.
#[derive(Debug)]
pub enum Bell {
    /// The kernel's own.
    Native(native::Bell),
    /// A pipe.
    Pipe(self_pipe::Bell),
}

impl Bell {
    /// Ends the current or the next wait.
    pub fn ring(&self) -> Result<()> {
        match self {
            Bell::Native(bell) => bell.ring(),
            Bell::Pipe(bell) => bell.ring(),
        }
    }

    /// Called for each of its events, before what it announced is looked at.
    pub fn answer(&self) -> Result<()> {
        match self {
            Bell::Native(bell) => bell.answer(),
            Bell::Pipe(bell) => bell.answer(),
        }
    }
}
