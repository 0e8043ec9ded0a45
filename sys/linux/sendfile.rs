//! A file that is sent without being read.

use std::os::fd::{AsRawFd, BorrowedFd};

use crate::{Error, Result};

/// `ssize_t sendfile(int out_fd, int in_fd, off_t *offset, size_t count)`: writes what a file has
/// from `offset` on; its own position stays where it is. Returns how much: 0 is the end of the
/// file.
///
/// * strace: `sendfile(5, 4, [0] => [12], 131072) = 12`
/// * `EAGAIN`: the stream is full. `EINVAL`: not from this file or not to this descriptor: read and
///   write instead. `EPIPE`: the reader is gone, and SIGPIPE: there is no flag against it. `EINTR`:
///   call again.
/// * Manual page: sendfile(2).
pub fn sendfile(
    to: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: u64,
    count: usize,
) -> Result<usize> {
    let overflow = Error::new("sendfile", libc::EOVERFLOW).on(to.as_raw_fd());
    let mut offset = libc::off_t::try_from(offset).map_err(|_| overflow)?;
    // SAFETY: `offset` is read and written.
    let answer =
        unsafe { libc::sendfile(to.as_raw_fd(), file.as_raw_fd(), &raw mut offset, count) };
    Error::check_len("sendfile", to, answer)
}
