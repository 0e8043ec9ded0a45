//! Batches as Linux takes them: in one call.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use crate::{Error, Result};

/// A message, and its length once it was received or sent.
pub(crate) type Header = libc::mmsghdr;

/// # Safety
/// Each header tells of memory that may be written.
pub(crate) unsafe fn receive(
    fd: BorrowedFd<'_>,
    headers: &mut [Header],
) -> Result<(usize, Option<Error>)> {
    let (at, len) = (headers.as_mut_ptr(), headers.len() as _);
    // SAFETY: there are `len` headers, and the caller vouches for them.
    let answer = unsafe { libc::recvmmsg(fd.as_raw_fd(), at, len, 0, ptr::null_mut()) };
    // An error behind the first message is kept by the kernel for the next call.
    Ok((Error::check_on("recvmmsg", fd, answer)? as usize, None))
}

/// # Safety
/// Each header tells of memory that may be read.
pub(crate) unsafe fn send(fd: BorrowedFd<'_>, headers: &mut [Header]) -> Result<usize> {
    let (at, len) = (headers.as_mut_ptr(), headers.len() as libc::c_uint);
    // By its number: musl's function makes a `sendmsg` for each, since its headers have gaps that the
    // kernel reads. Ours began as zeroes.
    // SAFETY: there are `len` headers, and the caller vouches for them.
    let answer = unsafe { libc::syscall(libc::SYS_sendmmsg, fd.as_raw_fd(), at, len, 0u32) };
    let sent = Error::check_on("sendmmsg", fd, answer as i32)?;
    Ok(sent as usize)
}
