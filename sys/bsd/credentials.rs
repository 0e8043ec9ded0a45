//! Who is at the other end of a Unix socket, as the C library of every BSD tells it.

use std::os::fd::{AsRawFd, BorrowedFd};

use crate::unix::credentials::Credentials;
use crate::{Error, Result};

pub(crate) fn of_peer(fd: BorrowedFd<'_>) -> Result<Credentials> {
    let (mut uid, mut gid) = (0, 0);
    // SAFETY: both numbers may be written.
    let answer = unsafe { libc::getpeereid(fd.as_raw_fd(), &raw mut uid, &raw mut gid) };
    Error::check_on("getpeereid", fd, answer)?;
    Ok(Credentials::new(uid, gid, None))
}

pub(crate) fn set_pass(fd: BorrowedFd<'_>, _: bool) -> Result<()> {
    Err(Error::new("setsockopt", libc::EOPNOTSUPP).on(fd.as_raw_fd()))
}

pub(crate) fn read(_: i32, _: i32, _: &[u8]) -> Option<Credentials> {
    None
}
