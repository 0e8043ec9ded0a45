//! A file that is sent without being read: NetBSD and OpenBSD have no such call.

use std::os::fd::BorrowedFd;

use crate::{Error, Result};

/// The others' `sendfile`.
///
/// * `ENOSYS`, without asking.
pub fn sendfile(
    _to: BorrowedFd<'_>,
    _file: BorrowedFd<'_>,
    _offset: u64,
    _count: usize,
) -> Result<usize> {
    Err(Error::new("sendfile", libc::ENOSYS))
}
