//! A file that is sent without being read, where the call tells apart how it went and how much it
//! sent.

use std::os::fd::{AsRawFd, BorrowedFd};

use crate::{Error, Result};

#[cfg_attr(apple, path = "apple.rs")]
#[cfg_attr(any(target_os = "dragonfly", target_os = "freebsd"), path = "freebsdlike.rs")]
mod call;

/// `sendfile`, whose signature is in `call`: writes to a stream socket what a file has from
/// `offset` on. Returns how much: 0 is the end of the file.
///
/// * `EAGAIN`: the socket is full; what it took before that is no error here. `ENOTSOCK`,
///   `EOPNOTSUPP`, `ENOTSUP`, `EINVAL`: not from this file or not to this descriptor: read and
///   write instead. `EPIPE`: the peer is gone. `EINTR`: call again.
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
    let overflow = Error::new("sendfile", libc::EOVERFLOW).on(to.as_raw_fd());
    let offset = libc::off_t::try_from(offset).map_err(|_| overflow)?;
    let (answer, sent) = call::sendfile(to, file, offset, count);
    match Error::check_on("sendfile", to, answer) {
        Err(e) if sent > 0 && (e.is_would_block() || e.is_interrupted()) => Ok(sent as usize),
        answer => answer.map(|_| sent as usize),
    }
}
