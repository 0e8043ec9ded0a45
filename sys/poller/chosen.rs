//! The poller that was chosen when the loop was made. A loop that waits as its kernel does best
//! pays a comparison a call for the others, and none an event.

use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::time::Duration;

use super::{Backend, Event, Interest, plain, self_pipe};
use crate::{Error, Result, choice, errno, native, poll, select};

/// Any poller that fulfils the [contract](crate::poller), chosen by its name.
#[derive(Debug)]
pub struct Poller(Kind);

#[derive(Debug)]
enum Kind {
    Native(native::Poller),
    Poll(poll::Poller),
    Select(select::Poller),
}

/// Calls the same function of whichever it is.
macro_rules! each {
    ($poller:expr, $p:ident => $call:expr) => {
        match &$poller.0 {
            Kind::Native($p) => $call,
            Kind::Poll($p) => $call,
            Kind::Select($p) => $call,
        }
    };
}

impl Poller {
    /// Makes one. `ENOSYS`: this kernel [has no such poller](Backend::is_available).
    pub fn new(backend: Backend) -> Result<Poller> {
        Ok(Poller(match backend {
            Backend::NATIVE => Kind::Native(native::Poller::new()?),
            Backend::Poll => Kind::Poll(poll::Poller::new()?),
            Backend::Select => Kind::Select(select::Poller::new()?),
            elsewhere => return Err(Error::new(elsewhere.name(), errno::ENOSYS)),
        }))
    }

    /// Which it is.
    pub fn backend(&self) -> Backend {
        match self.0 {
            Kind::Native(_) => Backend::NATIVE,
            Kind::Poll(_) => Backend::Poll,
            Kind::Select(_) => Backend::Select,
        }
    }

    /// Room for `capacity` of its events, at least one.
    pub fn events(&self, capacity: usize) -> Events {
        match self.0 {
            Kind::Native(_) => Events::Native(native::Events::with_capacity(capacity)),
            _ => Events::Plain(plain::Events::with_capacity(capacity)),
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

    /// Whether reading and writing of a descriptor are two entries.
    pub fn has_entry_per_direction(&self) -> bool {
        each!(self, p => p.has_entry_per_direction())
    }

    /// Sleeps until something is ready. `events` are best those that it made itself.
    #[inline(always)]
    pub fn wait<B: Batch>(&self, events: &mut B, timeout: Option<Duration>) -> Result<()> {
        events.fill(self, timeout)
    }

    /// Makes a bell that ends a wait with an event for `token`.
    pub fn bell(&self, token: u64) -> Result<Bell> {
        Ok(match &self.0 {
            Kind::Native(p) if choice::falls_back_on("pipe") => {
                let bell = self_pipe::Bell::new()?;
                p.add(bell.as_fd(), token, Interest::READ)?;
                Bell::Pipe(bell)
            }
            Kind::Native(p) => Bell::Native(p.bell(token)?),
            Kind::Poll(p) => Bell::Pipe(p.bell(token)?),
            Kind::Select(p) => Bell::Pipe(p.bell(token)?),
        })
    }
}

impl AsFd for Poller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        each!(self, p => p.as_fd())
    }
}

/// Room for the events of one wait: those of the kernel's own poller, or of any.
///
/// Code that is generic over it asks once, not at each wait, which it is.
pub trait Batch {
    /// [`Poller::wait`].
    fn fill(&mut self, poller: &Poller, timeout: Option<Duration>) -> Result<()>;
    /// The events of the last wait.
    fn iter(&self) -> impl Iterator<Item = Event> + '_;
    /// Whether the last wait brought none.
    fn is_empty(&self) -> bool;
    /// Those that have to be [asked for again](Poller::want).
    fn levels(&self) -> Option<&plain::Events>;
}

impl Batch for native::Events {
    #[inline(always)]
    fn fill(&mut self, poller: &Poller, timeout: Option<Duration>) -> Result<()> {
        match &poller.0 {
            Kind::Native(p) => p.wait(self, timeout),
            _ => Err(not_its_own(poller)),
        }
    }

    #[inline(always)]
    fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.iter()
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    #[inline(always)]
    fn levels(&self) -> Option<&plain::Events> {
        None
    }
}

/// The events of any poller: [`Poller::events`] makes them.
#[derive(Debug)]
pub enum Events {
    /// As the kernel hands them out.
    Native(native::Events),
    /// As a poller finds them that has to look for them.
    Plain(plain::Events),
}

impl Batch for Events {
    #[inline(never)]
    fn fill(&mut self, poller: &Poller, timeout: Option<Duration>) -> Result<()> {
        match (&poller.0, self) {
            (Kind::Native(p), Events::Native(events)) => p.wait(events, timeout),
            (Kind::Poll(p), Events::Plain(events)) => p.wait(events, timeout),
            (Kind::Select(p), Events::Plain(events)) => p.wait(events, timeout),
            _ => Err(not_its_own(poller)),
        }
    }

    fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        let (native, plain) = match self {
            Events::Native(events) => (Some(events.iter()), None),
            Events::Plain(events) => (None, Some(events.iter())),
        };
        native.into_iter().flatten().chain(plain.into_iter().flatten())
    }

    fn is_empty(&self) -> bool {
        match self {
            Events::Native(events) => events.is_empty(),
            Events::Plain(events) => events.is_empty(),
        }
    }

    fn levels(&self) -> Option<&plain::Events> {
        match self {
            Events::Native(_) => None,
            Events::Plain(events) => Some(events),
        }
    }
}

/// `EINVAL`: another poller made these events.
#[cold]
fn not_its_own(poller: &Poller) -> Error {
    Error::new(poller.backend().name(), errno::EINVAL)
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
