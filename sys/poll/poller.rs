//! `poll` as the [contract](crate::poller) of pollers wants it: the list is here, not in the
//! kernel, and its levels become edges.

use std::cell::RefCell;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

use super::{PollFd, poll};
use crate::Result;
use crate::poller::watched::{Rule, Watched};
use crate::poller::{Interest, Readiness};

pub use crate::poller::plain::Events;
pub use crate::poller::self_pipe::Bell;

/// A list of descriptors that fulfils the contract of [`poller`](crate::poller).
#[derive(Debug)]
pub struct Poller {
    watched: RefCell<Watched>,
    /// What the kernel is handed; kept for its room.
    asked: RefCell<Vec<PollFd<'static>>>,
    bell: Bell,
}

impl Poller {
    /// Makes one. The kernel hears of nothing but of the pipe that is the bell.
    pub fn new() -> Result<Poller> {
        Ok(Poller { watched: RefCell::default(), asked: RefCell::default(), bell: Bell::new()? })
    }

    /// Nothing to do: `poll` knows no others.
    pub fn use_milliseconds(&self) {}

    /// Begins to watch. No call but an `fstat`.
    pub fn add(&self, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> Result<()> {
        self.watched.borrow_mut().add("poll", fd, token, interest, Rule::Edge)
    }

    /// Watches for more than before; all of it is asked for again. No call.
    pub fn modify(&self, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> Result<()> {
        self.watched.borrow_mut().modify("poll", fd, token, interest, Rule::Edge)
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
        self.watched.borrow_mut().arm("poll", fd, token, interest, known)
    }

    /// Ends watching. No call.
    pub fn delete(&self, fd: BorrowedFd<'_>, token: u64) -> Result<()> {
        self.watched.borrow_mut().delete("poll", fd.as_raw_fd(), token)
    }

    /// False: this list is of numbers, and knows nothing of what becomes of them.
    pub fn forgets_closed(&self) -> bool {
        false
    }

    /// False: one entry for both.
    pub fn has_entry_per_direction(&self) -> bool {
        false
    }

    /// Sleeps until something is ready: [`poll`].
    pub fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> Result<()> {
        events.clear();
        let watched = &mut *self.watched.borrow_mut();
        let asked = &mut *self.asked.borrow_mut();
        asked.clear();
        asked.extend(watched.armed().map(|(number, armed)| PollFd::of_number(number, armed)));
        let mut ready = match poll(asked, timeout) {
            Err(e) if e.is_interrupted() => 0,
            answer => answer?,
        };
        for fd in asked.iter().filter(|fd| fd.is_ready()) {
            if events.is_full() || ready == 0 {
                break; // what is left is asked for again, and comes first
            }
            ready -= 1;
            events.push(watched.report(fd.number(), readiness(fd)));
        }
        Ok(())
    }

    /// Makes a bell that ends a wait with an event for `token`: the pipe.
    pub fn bell(&self, token: u64) -> Result<Bell> {
        let pipe = self.bell.as_fd();
        self.watched.borrow_mut().add("poll", pipe, token, Interest::READ, Rule::Level)?;
        Ok(self.bell.clone())
    }
}

/// What is worth a try: what was asked for; and all of it after a hang-up, an error, or if the
/// descriptor was closed behind our back, which the next call on it tells.
fn readiness(fd: &PollFd<'_>) -> Readiness {
    let mut r = Readiness::NONE;
    if fd.is_readable() {
        r |= Readiness::READABLE;
    }
    if fd.is_writable() {
        r |= Readiness::WRITABLE;
    }
    if fd.is_broken() {
        r |= Readiness::UNKNOWN | Readiness::READ_CLOSED;
    }
    r
}

impl AsFd for Poller {
    /// There is none that tells of all; this one is readable while the bell is.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}
