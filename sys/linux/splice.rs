//! Bytes that move from one descriptor to another within the kernel.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use crate::{Error, Result};

/// `ssize_t splice(int fd_in, off_t *off_in, int fd_out, off_t *off_out, size_t len, unsigned int
/// flags)` with `SPLICE_F_NONBLOCK`: moves up to `len` bytes; one of the two has to be a pipe. 0 is
/// the end.
///
/// * strace: `splice(5, NULL, 8, NULL, 65536, SPLICE_F_NONBLOCK) = 1448`
/// * `EAGAIN`: nothing to take there, or no room; it does not tell which. `EINVAL`: no pipe among
///   them, or a descriptor that cannot do it. `EPIPE`: the reader is gone, and SIGPIPE: there is no
///   flag against it. `EINTR`: call again. `ENOSYS`: not on Linux, without asking.
/// * Manual page: splice(2).
pub fn splice(from: BorrowedFd<'_>, to: BorrowedFd<'_>, len: usize) -> Result<usize> {
    // SAFETY: without offsets, it takes no pointers.
    let answer = unsafe {
        libc::splice(
            from.as_raw_fd(),
            ptr::null_mut(),
            to.as_raw_fd(),
            ptr::null_mut(),
            len,
            libc::SPLICE_F_NONBLOCK,
        )
    };
    Error::check_len("splice", from, answer)
}
