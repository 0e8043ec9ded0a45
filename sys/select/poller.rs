//! `select` as the [contract](crate::poller) of pollers wants it: as with
//! [`poll`](mod@crate::poll) the list is here and its levels become edges, and it ends at
//! `FD_SETSIZE`.

use std::cell::{Cell, RefCell};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

use super::{FdSet, select};
use crate::poll::{PollFd, poll};
use crate::poller::watched::{Rule, Watched};
use crate::poller::{Interest, Readiness};
use crate::{Result, descriptor, errno};

pub use crate::poller::plain::Events;
pub use crate::poller::self_pipe::Bell;

/// Two sets of descriptors that fulfil the contract of [`poller`](crate::poller).
#[derive(Debug)]
pub struct Poller {
    watched: RefCell<Watched>,
    bell: Bell,
    microseconds: Cell<bool>,
}

impl Poller {
    /// Makes one. The kernel hears of nothing but of the pipe that is the bell.
    pub fn new() -> Result<Poller> {
        let bell = Bell::new()?;
        FdSet::has_room_for(bell.as_fd())?;
        Ok(Poller { watched: RefCell::default(), bell, microseconds: Cell::new(true) })
    }

    /// Rounds timeouts up to whole milliseconds.
    pub fn use_milliseconds(&self) {
        self.microseconds.set(false);
    }

    /// Begins to watch. [`Error::is_beyond_select`](crate::Error::is_beyond_select): the number is
    /// too high. No call but an `fstat`.
    pub fn add(&self, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> Result<()> {
        FdSet::has_room_for(fd)?;
        self.watched.borrow_mut().add("select", fd, token, interest, Rule::Edge)
    }

    /// Watches for more than before; all of it is asked for again. No call.
    pub fn modify(&self, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> Result<()> {
        self.watched.borrow_mut().modify("select", fd, token, interest, Rule::Edge)
    }

    /// Asks again for what was reported. No call.
    pub fn want(&self, number: RawFd, token: u64, interest: Interest) {
        self.watched.borrow_mut().want(number, token, interest);
    }

    /// Watches a borrowed descriptor for one report. No call but an `fstat`, if it is not `known`
    /// or was forgotten.
    pub fn arm(
        &self,
        fd: BorrowedFd<'_>,
        token: u64,
        interest: Interest,
        known: bool,
    ) -> Result<()> {
        FdSet::has_room_for(fd)?;
        self.watched.borrow_mut().arm("select", fd, token, interest, known)
    }

    /// Ends watching. No call.
    pub fn delete(&self, fd: BorrowedFd<'_>, token: u64) -> Result<()> {
        self.watched.borrow_mut().delete("select", fd.as_raw_fd(), token)
    }

    /// False: one entry for both.
    pub fn has_entry_per_direction(&self) -> bool {
        false
    }

    /// False: this list is of numbers, and knows nothing of what becomes of them.
    pub fn forgets_closed(&self) -> bool {
        false
    }

    /// Sleeps until something is ready: [`select`]. One closed descriptor makes the kernel refuse
    /// the whole set (`EBADF`): then each is looked at (`fcntl`), and those that are closed are the
    /// events.
    pub fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> Result<()> {
        events.clear();
        let watched = &mut *self.watched.borrow_mut();
        let (mut read, mut write) = (FdSet::new(), FdSet::new());
        for (number, armed) in watched.armed() {
            if armed.satisfies(Interest::READ) {
                read.insert_number(number)?;
            }
            if armed.satisfies(Interest::WRITE) {
                write.insert_number(number)?;
            }
        }
        let asked: Vec<_> = watched.armed().map(|(number, _)| number).collect();
        let timeout = if self.microseconds.get() { timeout } else { timeout.map(milliseconds) };
        let found = match select(&mut read, &mut write, timeout) {
            Err(e) if e.is_interrupted() => return Ok(()),
            Err(e) if e.errno() == errno::EBADF => None,
            answer => Some(answer?),
        };
        for number in asked {
            let readiness = match found {
                Some(_) => readiness(number, &read, &write, watched),
                None if descriptor::is_open(number) => Readiness::NONE,
                None => Readiness::UNKNOWN | Readiness::READ_CLOSED,
            };
            if readiness.is_empty() {
                continue;
            }
            if events.is_full() {
                break; // what is left is asked for again, and comes first
            }
            events.push(watched.report(number, readiness));
        }
        Ok(())
    }

    /// Makes a bell that ends a wait with an event for `token`: the pipe.
    pub fn bell(&self, token: u64) -> Result<Bell> {
        let pipe = self.bell.as_fd();
        self.watched.borrow_mut().add("select", pipe, token, Interest::READ, Rule::Level)?;
        Ok(self.bell.clone())
    }
}

/// `select` tells of a hang-up as of something to read, and not which of the two it is. Who waits
/// to write would wait for ever after a hang-up, and is none the wiser from data.
fn readiness(number: RawFd, read: &FdSet, write: &FdSet, watched: &Watched) -> Readiness {
    let mut r = Readiness::NONE;
    if read.contains_number(number) {
        r |= Readiness::READABLE;
    }
    if write.contains_number(number) {
        r |= Readiness::WRITABLE;
    } else if !r.is_empty() && watched.asks(number, Interest::WRITE) && is_broken(number) {
        r |= Readiness::UNKNOWN | Readiness::READ_CLOSED;
    }
    r
}

/// Whether it is a hang-up: [`poll`](mod@crate::poll), which knows the difference, is asked about
/// nothing else.
fn is_broken(number: RawFd) -> bool {
    let mut asked = [PollFd::of_number(number, Readiness::NONE)];
    poll(&mut asked, Some(Duration::ZERO)).is_err() || asked[0].is_broken()
}

/// Rounded up, so that a wait never ends early.
fn milliseconds(timeout: Duration) -> Duration {
    let up = timeout.as_nanos().div_ceil(1_000_000);
    Duration::from_millis(u64::try_from(up).unwrap_or(u64::MAX))
}

impl AsFd for Poller {
    /// There is none that tells of all; this one is readable while the bell is.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}
