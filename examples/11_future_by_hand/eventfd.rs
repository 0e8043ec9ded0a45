//! The bell where there is no `eventfd`: a kqueue with one entry, which anybody may trigger. It
//! counts no further than to one, and one is enough.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use eagain_sys::kqueue::{EV_CLEAR, Events, Knote, kevent, kevent_change, kqueue};
use eagain_sys::{Error, Result};

const BELL: usize = 0;

/// `kqueue`, and `kevent` with an `EVFILT_USER`.
pub(crate) fn eventfd() -> Result<OwnedFd> {
    let bell = kqueue()?;
    change(bell.as_fd(), Knote::user(BELL).add(EV_CLEAR, 0))?;
    Ok(bell)
}

/// `kevent` with `NOTE_TRIGGER`: the kqueue is readable from now on.
pub(crate) fn add(bell: BorrowedFd<'_>, _: u64) -> Result<()> {
    change(bell, Knote::user(BELL).trigger(0))
}

/// `kevent`: hands out the event, and forgets it.
pub(crate) fn take(bell: BorrowedFd<'_>) -> Result<u64> {
    let mut events = Events::with_capacity(1);
    kevent(bell, &mut events, Some(Duration::ZERO))?;
    Ok(events.len() as u64)
}

fn change(bell: BorrowedFd<'_>, knote: Knote) -> Result<()> {
    let mut changes = [knote];
    kevent_change(bell, &mut changes)?;
    match changes[0].receipt() {
        0 => Ok(()),
        errno => Err(Error::new("kevent", errno)),
    }
}
