//! What a descriptor refers to, opened once more.
//!
//! A flag such as `O_NONBLOCK` belongs to the *open file description*, which a program shares with
//! whoever gave it a descriptor: a shell that finds its terminal switched to non-blocking fails.
//! Opening the same terminal anew makes a description of one's own.

use std::os::fd::{BorrowedFd, OwnedFd};

use nix::unistd::ttyname;

use crate::{Error, Result, fifo};

/// `int open(const char *pathname, int flags)` of the name that ttyname(3) answers, which asks the
/// kernel itself: opens the terminal that `fd` refers to, for reading or for writing, non-blocking
/// and close-on-exec, and not as the one that controls the process. (`/dev/fd/N` would be a
/// duplicate here, and nothing new.)
///
/// * `ENOTTY`: no terminal. `EACCES`: another user's. In each case only the descriptor that there
///   is can be used.
/// * Manual page: open(2), ttyname(3).
pub fn reopen(fd: BorrowedFd<'_>, to_write: bool) -> Result<OwnedFd> {
    let path = ttyname(fd).map_err(|e| Error::from_nix("ttyname", fd, e))?;
    if to_write { fifo::open_to_write(&path) } else { fifo::open_to_read(&path) }
}
