//! What a descriptor refers to, opened once more.
//!
//! A flag such as `O_NONBLOCK` belongs to the *open file description*, which a program shares with
//! whoever gave it a descriptor: a shell that finds its terminal switched to non-blocking fails.
//! Opening the same pipe or terminal anew makes a description of one's own.

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use crate::{Result, fifo};

/// `int open("/proc/self/fd/N", int flags)`: opens what `fd` refers to, for reading or for writing,
/// non-blocking and close-on-exec, and not as the terminal that controls the process. For pipes and
/// terminals: a file would begin at its beginning, and a device may do something when it is opened.
///
/// * strace: `openat(AT_FDCWD, "/proc/self/fd/0", O_RDONLY|O_NOCTTY|O_NONBLOCK|O_CLOEXEC) = 4`
/// * `ENXIO`: a socket, or the writing end of a pipe whose reader is gone. `EACCES`: another
///   user's terminal. `ENOENT`: no `/proc` here. In each case only the descriptor that there is can
///   be used.
/// * Manual page: open(2), proc_pid_fd(5).
pub fn reopen(fd: BorrowedFd<'_>, to_write: bool) -> Result<OwnedFd> {
    let path = PathBuf::from(format!("/proc/self/fd/{}", fd.as_raw_fd()));
    if to_write { fifo::open_to_write(&path) } else { fifo::open_to_read(&path) }
}
