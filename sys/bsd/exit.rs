//! The end of a child, as something to wait for.

use std::os::fd::{AsFd, OwnedFd};

use crate::fork::Guard;
use crate::kqueue::{Knote, NOTE_EXIT, kevent_change, kqueue};
use crate::{Error, Result};

/// A descriptor that is readable once the process has ended: a kqueue of its own, which watches
/// nothing but that, `EVFILT_PROC` with `NOTE_EXIT`. `None` if the process has ended already
/// (`ESRCH`), so that whoever asks how need not wait. The guard is for as long as the descriptor is
/// open: a child of `fork` does not get it.
pub fn watch(pid: u32) -> Result<Option<(OwnedFd, Option<Guard>)>> {
    let queue = kqueue()?;
    let guard = Guard::of_uninherited(queue.as_fd());
    let mut change = [Knote::process(pid, NOTE_EXIT).add(0, 0)];
    kevent_change(queue.as_fd(), &mut change)?;
    match change[0].receipt() {
        0 => Ok(Some((queue, Some(guard)))),
        libc::ESRCH => Ok(None),
        errno => Err(Error::new("kevent", errno)),
    }
}
