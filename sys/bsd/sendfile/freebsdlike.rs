//! The call as FreeBSD and DragonFly have it.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

/// `int sendfile(int fd, int s, off_t offset, size_t nbytes, struct sf_hdtr *hdtr, off_t *sbytes,
/// int flags)`: its answer, and how much was sent.
pub(crate) fn sendfile(
    to: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: libc::off_t,
    count: usize,
) -> (i32, libc::off_t) {
    let mut sent = 0;
    // SAFETY: `sent` is written; there are no headers.
    let answer = unsafe {
        let (file, to) = (file.as_raw_fd(), to.as_raw_fd());
        libc::sendfile(file, to, offset, count, ptr::null_mut(), &raw mut sent, 0)
    };
    (answer, sent)
}
