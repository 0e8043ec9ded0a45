//! What the kernel lets a thread say about itself: nothing here. Sleeps end when they are due,
//! as far as the clock's ticks allow.

use std::time::Duration;

use crate::{Error, Result};

/// How late the kernel may end a sleep of the calling thread: not told.
///
/// * `ENOSYS`, without asking the kernel.
pub fn get_timerslack() -> Result<Duration> {
    Err(Error::new("prctl", libc::ENOSYS))
}

/// Sets what [`get_timerslack`] tells: not done.
///
/// * `ENOSYS`, without asking the kernel.
pub fn set_timerslack(_slack: Duration) -> Result<()> {
    Err(Error::new("prctl", libc::ENOSYS))
}
