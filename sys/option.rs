//! Socket options that `nix` does not have on every system.

use std::os::fd::{AsRawFd, BorrowedFd};

use crate::{Error, Result};

/// `int setsockopt(int sockfd, int level, int optname, const void *optval, socklen_t optlen)` of an
/// option that is an `int`.
pub(crate) fn set_number(fd: BorrowedFd<'_>, level: i32, name: i32, value: i32) -> Result<()> {
    // SAFETY: a number is plain data.
    unsafe { set_value(fd, level, name, &value) }
}

/// The same of an option that is anything else.
///
/// # Safety
/// The value has no padding that the kernel would read uninitialised.
pub(crate) unsafe fn set_value<T: Copy>(
    fd: BorrowedFd<'_>,
    level: i32,
    name: i32,
    value: &T,
) -> Result<()> {
    let len = size_of::<T>() as libc::socklen_t;
    let at = (&raw const *value).cast();
    // SAFETY: `value` is valid for reading its size.
    let answer = unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, at, len) };
    Error::check_on("setsockopt", fd, answer).map(drop)
}
