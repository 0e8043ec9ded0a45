//! Pipes that keep what was written apart: no kernel of this family has them.

use std::os::fd::OwnedFd;

use crate::{Error, Result};

/// Linux's `pipe2` with `O_DIRECT`.
///
/// * `ENOSYS`, without asking.
pub fn pipe2_direct() -> Result<(OwnedFd, OwnedFd)> {
    Err(Error::new("pipe2", libc::ENOSYS))
}
