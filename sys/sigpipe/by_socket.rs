//! No SIGPIPE from a socket whose peer is gone: said once, when it is made, since `send` has no
//! flag for it.

use std::os::fd::{AsRawFd, BorrowedFd};

use crate::{Error, Result};

/// What every `send` and its kin have among their flags.
pub(crate) const FLAG: libc::c_int = 0;

/// `int setsockopt(int sockfd, SOL_SOCKET, SO_NOSIGPIPE, const int *on, socklen_t len)`
///
/// * `EINVAL`: of an accepted connection that the peer has reset already; the calls on it will
///   tell, so that is none.
/// * Manual page: setsockopt(2).
pub(crate) fn never_from(socket: BorrowedFd<'_>) -> Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: the option is an int, and `on` is one.
    let answer = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_NOSIGPIPE,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    match Error::check_on("setsockopt", socket, answer) {
        Err(e) if e.errno() == libc::EINVAL => Ok(()),
        answer => answer.map(drop),
    }
}
