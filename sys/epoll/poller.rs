//! epoll as the [contract](crate::poller) of pollers wants it: edge-triggered, with a bell.

use std::cell::Cell;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

use super::{
    EPOLLET, EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLPRI, EPOLLRDHUP, Events, Op, epoll_create1,
    epoll_ctl, epoll_pwait2, epoll_wait,
};
use crate::eventfd;
use crate::fork::Guard;
use crate::poller::Interest;
use crate::{Error, Result, choice};

/// The flags of a source of the loop. `EPOLLRDHUP` and `EPOLLPRI` are what makes a short read
/// a safe sign of an empty buffer: without them the end of the stream or an urgent mark could
/// hide behind it.
fn edge(interest: Interest) -> u32 {
    EPOLLET
        | EPOLLIN
        | EPOLLRDHUP
        | EPOLLPRI
        | if interest.contains(Interest::WRITE) { EPOLLOUT } else { 0 }
}

/// The flags of a descriptor that is only borrowed.
fn once(interest: Interest) -> u32 {
    let read = if interest.contains(Interest::READ) { EPOLLIN | EPOLLRDHUP } else { 0 };
    let write = if interest.contains(Interest::WRITE) { EPOLLOUT } else { 0 };
    EPOLLONESHOT | read | write
}

/// An epoll instance that fulfils the contract of [`poller`](crate::poller).
#[derive(Debug)]
pub struct Poller {
    /// A forked child would share the instance.
    _guard: Guard,
    epoll: OwnedFd,
    /// `epoll_pwait2` is there; found out by the first wait that needs it.
    nanoseconds: Cell<bool>,
}

impl Poller {
    /// Makes one: [`epoll_create1`].
    pub fn new() -> Result<Poller> {
        let nanoseconds = Cell::new(!choice::falls_back_on("epoll_wait"));
        let epoll = epoll_create1()?;
        Ok(Poller { _guard: Guard::new(epoll.as_fd()), epoll, nanoseconds })
    }

    /// Does without [`epoll_pwait2`], as on a kernel before 5.11: waits are then rounded up
    /// to whole milliseconds.
    pub fn use_milliseconds(&self) {
        self.nanoseconds.set(false);
    }

    /// Begins to watch, edge-triggered: `EPOLL_CTL_ADD`.
    pub fn add(&self, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> Result<()> {
        epoll_ctl(self.epoll.as_fd(), Op::Add, fd, edge(interest), token)
    }

    /// Watches for more than before: `EPOLL_CTL_MOD`. What is ready now is reported again.
    pub fn modify(&self, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> Result<()> {
        epoll_ctl(self.epoll.as_fd(), Op::Modify, fd, edge(interest), token)
    }

    /// Nothing to do: edges keep coming.
    #[inline]
    pub fn want(&self, _number: RawFd, _token: u64, _interest: Interest) {}

    /// Watches a borrowed descriptor for one report: `EPOLL_CTL_MOD` if it is `known`, else
    /// `EPOLL_CTL_ADD`; the other one where the kernel no longer knows it (it was closed, and
    /// its number used again).
    pub fn arm(
        &self,
        fd: BorrowedFd<'_>,
        token: u64,
        interest: Interest,
        known: bool,
    ) -> Result<()> {
        let ctl = |op| epoll_ctl(self.epoll.as_fd(), op, fd, once(interest), token);
        if !known {
            return ctl(Op::Add);
        }
        match ctl(Op::Modify) {
            Err(e) if e.errno() == libc::ENOENT => ctl(Op::Add),
            answer => answer,
        }
    }

    /// Ends watching: `EPOLL_CTL_DEL`.
    pub fn delete(&self, fd: BorrowedFd<'_>, _token: u64) -> Result<()> {
        epoll_ctl(self.epoll.as_fd(), Op::Delete, fd, 0, 0)
    }

    /// True: an entry ends with the last descriptor of what it is about.
    pub fn forgets_closed(&self) -> bool {
        true
    }

    /// False: one entry for both.
    pub fn has_entry_per_direction(&self) -> bool {
        false
    }

    /// Sleeps until something is ready: [`epoll_wait`] for ever or not at all,
    /// [`epoll_pwait2`] for a finite time, and [`epoll_wait`] again where the kernel does not
    /// have that (then rounded up to whole milliseconds, so that nobody wakes too early).
    #[inline]
    pub fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> Result<()> {
        let milliseconds = match timeout {
            None => -1,
            Some(Duration::ZERO) => 0,
            Some(finite) => return self.wait_at_most(events, finite),
        };
        epoll_wait(self.epoll.as_fd(), events, milliseconds).or_else(pass_over_signal)
    }

    #[inline(never)]
    fn wait_at_most(&self, events: &mut Events, timeout: Duration) -> Result<()> {
        if self.nanoseconds.get() {
            match epoll_pwait2(self.epoll.as_fd(), events, timeout) {
                Err(e) if matches!(e.errno(), libc::ENOSYS | libc::EPERM) => {
                    self.nanoseconds.set(false)
                }
                answer => return answer.or_else(pass_over_signal),
            }
        }
        epoll_wait(self.epoll.as_fd(), events, whole_milliseconds(timeout))
            .or_else(pass_over_signal)
    }

    /// Makes a bell that ends a wait with an event for `token`.
    pub fn bell(&self, token: u64) -> Result<Bell> {
        let counter = eventfd::eventfd()?;
        self.add(counter.as_fd(), token, Interest::READ)?;
        Ok(Bell { counter })
    }
}

/// A wait that a signal ended is an empty batch.
#[cold]
fn pass_over_signal(e: Error) -> Result<()> {
    if e.is_interrupted() { Ok(()) } else { Err(e) }
}

impl AsFd for Poller {
    /// An epoll instance can be polled itself: it is readable while it has events.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

/// Rounded up, so that a wait never ends early; a wait too long for an `int` (24.8 days) ends
/// early all the same, and the caller waits again.
fn whole_milliseconds(timeout: Duration) -> i32 {
    let up = timeout.as_nanos().div_ceil(1_000_000);
    i32::try_from(up).unwrap_or(i32::MAX)
}

/// An eventfd, watched edge-triggered and never read: every write is a new edge.
#[derive(Debug)]
pub struct Bell {
    counter: OwnedFd,
}

impl Bell {
    /// Ends the current or the next wait. Any thread may ring: one `write`.
    pub fn ring(&self) -> Result<()> {
        loop {
            match eventfd::add(self.counter.as_fd(), 1) {
                // The counter is full, 2^64 - 2 rings on. Emptied, by whoever was first, it takes
                // the next one.
                Err(e) if e.is_would_block() => match eventfd::take(self.counter.as_fd()) {
                    Err(e) if !e.is_would_block() && !e.is_interrupted() => return Err(e),
                    _ => {}
                },
                Err(e) if e.is_interrupted() => {}
                answer => return answer,
            }
        }
    }

    /// Called for each of its events, before what it announced is looked at. Nothing to do.
    #[inline]
    pub fn answer(&self) -> Result<()> {
        Ok(())
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.counter.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitfall_30_a_wait_is_rounded_up_only_on_a_remainder() {
        assert_eq!(whole_milliseconds(Duration::ZERO), 0);
        assert_eq!(whole_milliseconds(Duration::from_nanos(1)), 1);
        assert_eq!(whole_milliseconds(Duration::from_micros(1000)), 1);
        assert_eq!(whole_milliseconds(Duration::from_micros(1001)), 2);
    }

    #[test]
    fn pitfall_35_a_wait_beyond_an_int_is_cut() {
        assert_eq!(whole_milliseconds(Duration::from_millis(i32::MAX as u64 + 1)), i32::MAX);
        assert_eq!(whole_milliseconds(Duration::MAX), i32::MAX);
    }

    #[test]
    fn pitfall_22_room_for_no_events_is_room_for_one() {
        let p = Poller::new().unwrap();
        let mut none = Events::with_capacity(0);
        p.wait(&mut none, Some(Duration::ZERO)).unwrap();
        assert!(none.is_empty());
    }

    #[test]
    fn pitfall_45_a_full_bell_still_rings() {
        let p = Poller::new().unwrap();
        let bell = p.bell(7).unwrap();
        eventfd::add(bell.as_fd(), u64::MAX - 1).unwrap();
        let mut events = Events::with_capacity(1);
        p.wait(&mut events, Some(Duration::ZERO)).unwrap();
        bell.ring().unwrap();
        p.wait(&mut events, Some(Duration::ZERO)).unwrap();
        assert_eq!(events.iter().next().map(|e| e.token), Some(7));
    }
}
