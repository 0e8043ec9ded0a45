//! A file that is sent without being read: the call as Apple has it.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use crate::{Error, Result};

/// `int sendfile(int fd, int s, off_t offset, off_t *len, struct sf_hdtr *hdtr, int flags)`: writes
/// to a stream socket what a file has from `offset` on. Returns how much: 0 is the end of the file.
///
/// * `EAGAIN`: the socket is full; what it took before that is no error here. `ENOTSOCK`,
///   `ENOTSUP`, `EINVAL`: not from this file or not to this descriptor: read and write instead.
///   `EPIPE`: the peer is gone. `EINTR`: call again.
/// * Manual page: sendfile(2).
pub fn sendfile(
    to: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: u64,
    count: usize,
) -> Result<usize> {
    if count == 0 {
        return Ok(0); // which would be: to the end
    }
    let overflow = |_| Error::new("sendfile", libc::EOVERFLOW).on(to.as_raw_fd());
    let offset = libc::off_t::try_from(offset).map_err(overflow)?;
    let mut len = libc::off_t::try_from(count).map_err(overflow)?;
    // SAFETY: `len` is read and written; there are no headers.
    let answer = unsafe {
        let (file, to) = (file.as_raw_fd(), to.as_raw_fd());
        libc::sendfile(file, to, offset, &raw mut len, ptr::null_mut(), 0)
    };
    match Error::check_on("sendfile", to, answer) {
        Err(e) if len > 0 && (e.is_would_block() || e.is_interrupted()) => Ok(len as usize),
        answer => answer.map(|_| len as usize),
    }
}
