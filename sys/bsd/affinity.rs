//! Which processors a thread may run on: left to the scheduler. Some of the family have a call
//! for it, each another one.

use crate::{Error, Result};

/// The processors that the calling thread may run on: not told.
///
/// * `ENOSYS`, without asking the kernel.
pub fn allowed() -> Result<Vec<usize>> {
    Err(Error::new("sched_getaffinity", libc::ENOSYS))
}

/// Keeps the calling thread on one processor: not done.
///
/// * `ENOSYS`, without asking the kernel.
pub fn pin(_cpu: usize) -> Result<()> {
    Err(Error::new("sched_setaffinity", libc::ENOSYS))
}
