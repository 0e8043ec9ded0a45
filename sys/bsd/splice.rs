//! Bytes that move from one descriptor to another within the kernel: Linux alone has that for any
//! two.

use std::os::fd::BorrowedFd;

use crate::{Error, Result};

/// Linux's `splice`.
///
/// * `ENOSYS`, without asking.
pub fn splice(_from: BorrowedFd<'_>, _to: BorrowedFd<'_>, _len: usize) -> Result<usize> {
    Err(Error::new("splice", libc::ENOSYS))
}
