//! No SIGPIPE from a socket whose peer is gone: said at each call.

use std::os::fd::BorrowedFd;

use crate::Result;

/// What every `send` and its kin have among their flags. Manual page: send(2).
pub(crate) const FLAG: libc::c_int = libc::MSG_NOSIGNAL;

/// Nothing is to be done to a new socket.
#[inline]
pub(crate) fn never_from(_socket: BorrowedFd<'_>) -> Result<()> {
    Ok(())
}
