//! `select`: the oldest way of waiting, with a bit for each descriptor.
//!
//! Three sets of bits, as wide as the highest number watched, are handed to the kernel and
//! overwritten by it, so the caller builds them anew each time. A set ends at `FD_SETSIZE`
//! (1024): a descriptor with a higher number does not fit, and writing its bit would be
//! writing past the end.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::time::Duration;

use crate::{Error, Result};

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
        let n = fd.as_raw_fd();
        if n as usize >= libc::FD_SETSIZE {
            return Err(Error::new("FD_SET", libc::EINVAL).on(n));
        }
        // SAFETY: the number is within the set.
        unsafe { libc::FD_SET(n, &raw mut self.set) };
        self.end = self.end.max(n + 1);
        Ok(())
    }

    /// Whether `fd` is in it.
    pub fn contains(&self, fd: BorrowedFd<'_>) -> bool {
        let n = fd.as_raw_fd();
        // SAFETY: the number is within the set.
        (n as usize) < libc::FD_SETSIZE && unsafe { libc::FD_ISSET(n, &raw const self.set) }
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
            // 68 years fit everywhere; nobody waits longer in one call.
            tv_sec: i32::try_from(micros / 1_000_000).unwrap_or(i32::MAX).into(),
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
