//! Whom a kqueue's descriptor belongs to: the poller and its bells, on whatever thread, of the
//! process that made it.

use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process;

use super::{Knote, kevent_change, kqueue};
use crate::fork::Guard;
use crate::{Error, Result};

/// Closes the kqueue when it is dropped, in the process that made it.
///
/// A child of `fork` has no kqueue (kqueue(2)): there the number is free, or another
/// descriptor's, and is not to be closed.
#[derive(Debug)]
pub(super) struct Queue {
    /// Keeps the number from being another one's there.
    _guard: Guard,
    fd: ManuallyDrop<OwnedFd>,
    process: u32,
}

impl Queue {
    pub(super) fn new() -> Result<Queue> {
        let fd = kqueue()?;
        let guard = Guard::new(fd.as_fd());
        Ok(Queue { _guard: guard, fd: ManuallyDrop::new(fd), process: process::id() })
    }

    /// Makes one change.
    pub(super) fn change(&self, knote: Knote) -> Result<()> {
        let mut change = [knote];
        kevent_change(self.as_fd(), &mut change)?;
        match change[0].receipt() {
            0 => Ok(()),
            errno => Err(Error::new("kevent", errno)),
        }
    }
}

impl AsFd for Queue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        if process::id() == self.process {
            // SAFETY: it is dropped once, here, and not used after that.
            unsafe { ManuallyDrop::drop(&mut self.fd) };
        }
    }
}
