//! Whom a kqueue's descriptor belongs to: the poller and its bells, on whatever thread, of the
//! process that made it.

use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process;

use super::{Knote, kevent_change, kqueue};
use crate::fork::Guard;
use crate::{Error, Result};

/// A kqueue. In a child of `fork` its number is no other one's.
#[derive(Debug)]
pub(super) struct Queue {
    /// Goes before the descriptor is closed, as fields go in their order: the number is another
    /// one's soon after that, and a child that is forked then is to keep it.
    _guard: Guard,
    fd: Own,
}

/// Closes the kqueue when it is dropped, in the process that made it.
///
/// A child of `fork` has no kqueue (kqueue(2)): there the number is free, or another
/// descriptor's, and is not to be closed.
#[derive(Debug)]
struct Own {
    fd: ManuallyDrop<OwnedFd>,
    process: u32,
}

impl Queue {
    pub(super) fn new() -> Result<Queue> {
        kqueue().map(Queue::of)
    }

    fn of(fd: OwnedFd) -> Queue {
        let guard = Guard::of_uninherited(fd.as_fd());
        Queue { _guard: guard, fd: Own { fd: ManuallyDrop::new(fd), process: process::id() } }
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
        self.fd.fd.as_fd()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if process::id() == self.process {
            // SAFETY: it is dropped once, here, and not used after that.
            unsafe { ManuallyDrop::drop(&mut self.fd) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::Queue;
    use crate::fork::tests::{in_a_child, is_socket, move_to};

    /// A file in the kqueue's place: what a child finds under the number is not the kqueue.
    #[test]
    fn pitfall_60_a_number_that_is_another_ones_is_left_alone_in_a_child() {
        let other = File::open("/dev/null").expect("a file");
        let queue = Queue::of(move_to(202, other.into()));
        assert!(in_a_child(|| !is_socket(202))); // pitfall 60
        drop(queue);
    }
}
