//! The call as Apple has it.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

/// `int sendfile(int fd, int s, off_t offset, off_t *len, struct sf_hdtr *hdtr, int flags)`: its
/// answer, and how much was sent.
pub(crate) fn sendfile(
    to: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: libc::off_t,
    count: usize,
) -> (i32, libc::off_t) {
    let mut len = libc::off_t::try_from(count).unwrap_or(libc::off_t::MAX);
    // SAFETY: `len` is read and written; there are no headers.
    let answer = unsafe {
        let (file, to) = (file.as_raw_fd(), to.as_raw_fd());
        libc::sendfile(file, to, offset, &raw mut len, ptr::null_mut(), 0)
    };
    (answer, len)
}
