//! kqueue as the [contract](crate::poller) of pollers wants it: an edge-triggered knote for each
//! direction, with a bell.

use std::cell::{Cell, RefCell};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use super::bell::{Bell, Trigger};
use super::queue::Queue;
use super::{EV_CLEAR, EV_EOF, EV_ONESHOT, Events, Knote, abi, kevent, kevent_change};
use crate::poller::Interest;
use crate::poller::self_pipe;
use crate::poller::watched::is_always_ready;
use crate::{Error, Result};

/// A kqueue that fulfils the contract of [`poller`](crate::poller).
#[derive(Debug)]
pub struct Poller {
    queue: Arc<Queue>,
    /// What the next wait has to report because the kernel will not.
    owed: RefCell<Vec<Knote>>,
    /// Bells made so far.
    bells: Cell<usize>,
    /// They are pipes.
    pipe_bells: Cell<bool>,
}

impl Poller {
    /// Makes one: [`kqueue`](super::kqueue()).
    pub fn new() -> Result<Poller> {
        Ok(Poller {
            queue: Arc::new(Queue::new()?),
            owed: RefCell::new(Vec::new()),
            bells: Cell::new(0),
            pipe_bells: Cell::new(false),
        })
    }

    /// Nothing to do: `kevent` takes nanoseconds everywhere.
    pub fn use_milliseconds(&self) {}

    /// Makes bells of pipes, as on a kernel without `EVFILT_USER`.
    pub fn use_pipe_bells(&self) {
        self.pipe_bells.set(true);
    }

    /// Begins to watch, edge-triggered: a knote with `EV_CLEAR` for each direction of `interest`.
    /// What is ready now is reported.
    pub fn add(&self, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> Result<()> {
        refuse_files(fd)?;
        self.watch(fd, token, interest)
    }

    /// Watches for more than before: adds the knotes of `interest`. If one is there already it
    /// stays, gets the new token, and what is unread is reported once more (fact 2).
    pub fn modify(&self, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> Result<()> {
        self.watch(fd, token, interest)
    }

    fn watch(&self, fd: BorrowedFd<'_>, token: u64, interest: Interest) -> Result<()> {
        let mut changes = [Knote::readable(fd), Knote::writable(fd)];
        let changes = of(&mut changes, interest);
        changes.iter_mut().for_each(|change| *change = change.add(EV_CLEAR, token));
        self.change(fd, changes)
    }

    /// Nothing to do: edges keep coming.
    #[inline]
    pub fn want(&self, _number: RawFd, _token: u64, _interest: Interest) {}

    /// Watches a borrowed descriptor for one report: knotes with `EV_ONESHOT`, which vanish when
    /// they are reported. What is left of an earlier report is deleted first, in the same call:
    /// adding a knote again makes no one-shot of it (fact 4). Whether it is `known` does not
    /// matter: if there is nothing to delete, the receipt says so.
    pub fn arm(
        &self,
        fd: BorrowedFd<'_>,
        token: u64,
        interest: Interest,
        _known: bool,
    ) -> Result<()> {
        refuse_files(fd)?;
        let [read, write] = [Knote::readable(fd), Knote::writable(fd)];
        let mut adds = [read, write];
        let adds = of(&mut adds, interest);
        adds.iter_mut().for_each(|change| *change = change.add(EV_ONESHOT, token));
        let mut changes = [read.delete(), write.delete(), read, write];
        let n = 2 + adds.len();
        changes[2..n].copy_from_slice(adds);
        self.change(fd, &mut changes[..n])
    }

    /// Ends watching, of whichever knotes there are. One that was closed has none any more, and
    /// answers `EBADF` (fact 1); one that was never added, `ENOENT`: there is nothing left to
    /// do for either.
    pub fn delete(&self, fd: BorrowedFd<'_>, _token: u64) -> Result<()> {
        self.owed.borrow_mut().retain(|knote| knote.ident() != fd.as_raw_fd() as usize);
        let mut changes = [Knote::readable(fd), Knote::writable(fd)].map(Knote::delete);
        kevent_change(self.queue.as_fd(), &mut changes)?;
        let refused = |c: &&Knote| !matches!(c.receipt(), 0 | libc::ENOENT | libc::EBADF);
        changes.iter().find(refused).map_or(Ok(()), |c| Err(failed(fd, c.receipt())))
    }

    /// True: closing a descriptor drops its knotes, duplicates or not (fact 1). The library that
    /// stands in for a kernel is not told of it.
    #[inline]
    pub fn forgets_closed(&self) -> bool {
        !abi::KNOTES_SURVIVE_CLOSE
    }

    /// True: a knote for each.
    pub fn has_entry_per_direction(&self) -> bool {
        true
    }

    /// Deletes knotes of `fd`, if they are there, and adds others: all of them or none.
    fn change(&self, fd: BorrowedFd<'_>, changes: &mut [Knote]) -> Result<()> {
        let mut asked = [Knote::readable(fd); 4];
        let asked = &mut asked[..changes.len()];
        asked.copy_from_slice(changes);
        kevent_change(self.queue.as_fd(), changes)?;
        let receipts = changes.iter().map(Knote::receipt);
        let adds = receipts.zip(&*asked).filter(|(_, knote)| knote.is_add());
        let answer = adds.clone().try_for_each(|(errno, knote)| self.settle(fd, knote, errno));
        if answer.is_err() {
            for (_, added) in adds.filter(|(errno, _)| *errno == 0) {
                let _ = self.queue.change(added.delete());
            }
        }
        answer
    }

    /// Takes note of what came of a knote that was to be added.
    fn settle(&self, fd: BorrowedFd<'_>, knote: &Knote, errno: i32) -> Result<()> {
        match errno {
            0 => Ok(()),
            // A pipe whose reader is gone. On some kernels an event follows all the same, on
            // others nothing was added, and who waits would wait for ever: it is made here.
            libc::EPIPE => {
                self.owed.borrow_mut().push(knote.event(EV_EOF, 0, knote.token()));
                Ok(())
            }
            errno => Err(failed(fd, errno)),
        }
    }

    /// Sleeps until something is ready: [`kevent`], which takes nanoseconds.
    #[inline]
    pub fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> Result<()> {
        if !self.owed.borrow().is_empty() {
            return self.wait_with_debts(events);
        }
        kevent(self.queue.as_fd(), events, timeout).or_else(pass_over_signal)
    }

    #[cold]
    fn wait_with_debts(&self, events: &mut Events) -> Result<()> {
        let answer = kevent(self.queue.as_fd(), events, Some(Duration::ZERO));
        answer.or_else(pass_over_signal)?;
        events.extend(self.owed.borrow_mut().drain(..));
        Ok(())
    }

    /// Makes a bell that ends a wait with an event for `token`: `EVFILT_USER`, or a pipe where the
    /// kernel does not know that.
    pub fn bell(&self, token: u64) -> Result<Bell> {
        if !self.pipe_bells.get() {
            let ident = self.bells.replace(self.bells.get() + 1);
            match Trigger::new(self.queue.clone(), ident, token) {
                Err(e) if e.errno() == libc::EINVAL => self.pipe_bells.set(true),
                answer => return answer.map(Bell::User),
            }
        }
        let pipe = self_pipe::Bell::new()?;
        self.queue.change(Knote::readable(pipe.as_fd()).add(EV_CLEAR, token))?;
        Ok(Bell::Pipe(pipe))
    }
}

/// Those of the two knotes, reading and writing, that `interest` is about.
fn of(both: &mut [Knote; 2], interest: Interest) -> &mut [Knote] {
    match (interest.contains(Interest::READ), interest.contains(Interest::WRITE)) {
        (true, false) => &mut both[..1],
        (false, true) => &mut both[1..],
        _ => both,
    }
}

fn failed(fd: BorrowedFd<'_>, errno: i32) -> Error {
    // A device that cannot be polled: always ready, as the contract has it.
    let errno = if errno == libc::ENODEV { libc::EPERM } else { errno };
    Error::new("kevent", errno).on(fd.as_raw_fd())
}

/// kqueue takes a regular file, and reports it as long as there is something behind its offset: at
/// the end, who waits would wait for ever. It is always ready, as on every other kernel.
fn refuse_files(fd: BorrowedFd<'_>) -> Result<()> {
    if is_always_ready(fd)? { Err(failed(fd, libc::EPERM)) } else { Ok(()) }
}

/// A wait that a signal ended is an empty batch.
#[cold]
fn pass_over_signal(e: Error) -> Result<()> {
    if e.is_interrupted() { Ok(()) } else { Err(e) }
}

impl AsFd for Poller {
    /// A kqueue can be polled itself: it is readable while it has events.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.queue.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn pitfall_64_what_the_kernel_will_not_tell_is_told_by_the_next_wait() {
        let (poller, pipe) = (Poller::new().unwrap(), io::pipe().unwrap());
        let fd = pipe.1.as_fd();
        let added = Knote::writable(fd).add(EV_CLEAR, 7);
        poller.settle(fd, &added, libc::EPIPE).unwrap();
        let mut events = Events::with_capacity(1);
        poller.wait(&mut events, None).unwrap();
        let told: Vec<_> = events.iter().collect();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].token, 7);
        assert!(told[0].readiness.covers(Interest::BOTH));
        poller.wait(&mut events, Some(Duration::ZERO)).unwrap();
        assert!(events.is_empty());
    }

    #[test]
    fn what_fails_says_on_which_descriptor() {
        let (poller, pipe) = (Poller::new().unwrap(), io::pipe().unwrap());
        let fd = pipe.0.as_fd();
        let e = poller.settle(fd, &Knote::readable(fd), libc::ENOMEM).unwrap_err();
        assert_eq!((e.call(), e.errno(), e.fd()), ("kevent", libc::ENOMEM, Some(fd.as_raw_fd())));
    }
}
