//! kqueue, level-triggered. Its list has an entry for each direction of a socket, so that to ask
//! for the other one is to delete and to add; a wait is nearly the same.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use eagain_sys::kqueue::{Knote, kevent, kevent_change, kqueue};
use eagain_sys::{Error, Result, errno};

pub(crate) use eagain_sys::kqueue::Events;

#[allow(dead_code)] // for those that print it
pub(crate) const NAME: &str = "kqueue";

/// What epoll calls `EPOLLIN` and `EPOLLOUT`, and kqueue `EVFILT_READ` and `EVFILT_WRITE`.
pub(crate) const EPOLLIN: u32 = 1;
pub(crate) const EPOLLOUT: u32 = 4;

/// What is done to the list.
#[allow(dead_code)] // not everybody modifies
#[derive(Clone, Copy)]
pub(crate) enum Op {
    Add,
    Modify,
    Delete,
}

/// `kqueue`
pub(crate) fn epoll_create1() -> Result<OwnedFd> {
    kqueue()
}

/// `kevent` with a list of changes.
pub(crate) fn epoll_ctl(
    list: BorrowedFd<'_>,
    op: Op,
    fd: BorrowedFd<'_>,
    flags: u32,
    token: u64,
) -> Result<()> {
    let knote = |flag| if flag == EPOLLIN { Knote::readable(fd) } else { Knote::writable(fd) };
    if !matches!(op, Op::Add) {
        for flag in [EPOLLIN, EPOLLOUT] {
            match change(list, knote(flag).delete()) {
                Err(e) if e.errno() == errno::ENOENT => {} // it was the other one
                answer => answer?,
            }
        }
    }
    if !matches!(op, Op::Delete) {
        change(list, knote(flags).add(0, token))?;
    }
    Ok(())
}

fn change(list: BorrowedFd<'_>, knote: Knote) -> Result<()> {
    let mut changes = [knote];
    kevent_change(list, &mut changes)?;
    match changes[0].receipt() {
        0 => Ok(()),
        errno => Err(Error::new("kevent", errno)),
    }
}

/// `kevent` without one. -1 is for ever.
pub(crate) fn epoll_wait(
    list: BorrowedFd<'_>,
    events: &mut Events,
    milliseconds: i32,
) -> Result<()> {
    let timeout = u64::try_from(milliseconds).ok().map(Duration::from_millis);
    kevent(list, events, timeout)
}
