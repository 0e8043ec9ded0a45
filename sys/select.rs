//! `select`: the oldest way of waiting, with a bit for each descriptor.
//!
//! Three sets of bits, as wide as the highest number watched, are handed to the kernel and
//! overwritten by it, so the caller builds them anew each time. A set ends at `FD_SETSIZE`
//! (1024): a descriptor with a higher number does not fit, and writing its bit would be
//! writing past the end.
//!
//! Here is the call; [`Poller`], which is all that the loop above knows of, is in `poller`.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::ptr;
use std::time::Duration;

use crate::{Error, Result};

mod poller;

pub use self::poller::{Bell, Events, Poller};

/// One more than the highest number that fits: mostly 1024.
pub const FD_SETSIZE: usize = libc::FD_SETSIZE;

/// What refuses a number that does not.
pub(crate) const FD_SET: &str = "FD_SET";

/// A set of descriptors with numbers below `FD_SETSIZE`.
#[derive(Clone, Copy)]
pub struct FdSet {
    set: libc::fd_set,
    /// One more than the highest number in it.
    end: i32,
}

impl FdSet {
    /// An empty set.
    pub fn new() -> FdSet {
        let mut set = MaybeUninit::uninit();
        // SAFETY: FD_ZERO writes the whole set.
        unsafe { libc::FD_ZERO(set.as_mut_ptr()) };
        // SAFETY: and so it is initialised.
        FdSet { set: unsafe { set.assume_init() }, end: 0 }
    }

    /// Puts `fd` in; `EINVAL` if its number is `FD_SETSIZE` or more.
    pub fn insert(&mut self, fd: BorrowedFd<'_>) -> Result<()> {
        self.insert_number(fd.as_raw_fd())
    }

    /// Whether the number of `fd` is below `FD_SETSIZE`: else `EINVAL`.
    pub fn has_room_for(fd: BorrowedFd<'_>) -> Result<()> {
        FdSet::has_room_for_number(fd.as_raw_fd())
    }

    fn has_room_for_number(n: RawFd) -> Result<()> {
        if usize::try_from(n).is_ok_and(|n| n < FD_SETSIZE) {
            Ok(())
        } else {
            Err(Error::new(FD_SET, libc::EINVAL).on(n))
        }
    }

    /// [`insert`](FdSet::insert) by number: whoever watches many keeps no borrows.
    pub(crate) fn insert_number(&mut self, n: RawFd) -> Result<()> {
        FdSet::has_room_for_number(n)?;
        // SAFETY: the number is within the set.
        unsafe { libc::FD_SET(n, &raw mut self.set) };
        self.end = self.end.max(n + 1);
        Ok(())
    }

    /// Whether `fd` is in it.
    pub fn contains(&self, fd: BorrowedFd<'_>) -> bool {
        self.contains_number(fd.as_raw_fd())
    }

    pub(crate) fn contains_number(&self, n: RawFd) -> bool {
        // SAFETY: the number is within the set.
        FdSet::has_room_for_number(n).is_ok() && unsafe { libc::FD_ISSET(n, &raw const self.set) }
    }
}

impl Default for FdSet {
    fn default() -> FdSet {
        FdSet::new()
    }
}

/// `int select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds, struct timeval
/// *timeout)`: sleeps until one of the descriptors is ready, leaves only the ready ones in the
/// sets, and answers how many those are. `None` is for ever; a timeout is rounded up to
/// microseconds.
///
/// * strace: `select(4, [3], NULL, NULL, NULL) = 1 (in [3])`, or `pselect6` where the C library
///   is built on that
/// * `EBADF`: a descriptor in a set is closed; `EINTR`: a signal handler ran; handed up.
/// * Manual page: select(2).
pub fn select(read: &mut FdSet, write: &mut FdSet, timeout: Option<Duration>) -> Result<usize> {
    let mut time = timeout.map(|t| {
        let micros = t.as_nanos().div_ceil(1000);
        libc::timeval {
            // Three years fit everywhere; nobody waits longer in one call.
            tv_sec: (micros / 1_000_000).min(100_000_000) as _,
            tv_usec: (micros % 1_000_000) as _,
        }
    });
    let time = time.as_mut().map_or(ptr::null_mut(), ptr::from_mut);
    // SAFETY: the sets are valid and no descriptor in them is `nfds` or above; `time` is null
    // or valid.
    let answer = unsafe {
        libc::select(
            read.end.max(write.end),
            &raw mut read.set,
            &raw mut write.set,
            ptr::null_mut(),
            time,
        )
    };
    Error::check("select", answer).map(|n| n as usize)
}
