//! Pipes that have a name: made in a directory, opened like files.

use std::os::fd::OwnedFd;
use std::path::Path;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd;

use crate::{Error, Result};

/// `int mkfifo(const char *pathname, mode_t mode)`: makes a named pipe, with the permissions of
/// `mode` that the process's mask leaves.
///
/// * strace: `mknodat(AT_FDCWD, "/run/it", S_IFIFO|0600) = 0`
/// * `EEXIST`: something of this name is there.
/// * Manual page: mkfifo(3), fifo(7).
pub fn mkfifo(path: &Path, mode: u32) -> Result<()> {
    // A mode has 16 bits on some kernels and 32 on others.
    let mode = Mode::from_bits_truncate(mode as _);
    unistd::mkfifo(path, mode).map_err(|e| Error::new("mkfifo", e as i32))
}

/// `int open(const char *pathname, O_RDONLY|O_NONBLOCK)`: opens what has this name for reading,
/// close-on-exec. A pipe is opened at once, whether anybody writes to it or not; until the first
/// writer comes a read answers 0.
///
/// * strace: `openat(AT_FDCWD, "/run/it", O_RDONLY|O_NOCTTY|O_NONBLOCK|O_CLOEXEC) = 3`
/// * `ENOENT`, `EACCES`: handed up.
/// * Manual page: open(2), fifo(7).
pub fn open_to_read(path: &Path) -> Result<OwnedFd> {
    open_for(path, OFlag::O_RDONLY)
}

/// `int open(const char *pathname, O_WRONLY|O_NONBLOCK)`: opens what has this name for writing,
/// close-on-exec.
///
/// * strace: `openat(AT_FDCWD, "/run/it", O_WRONLY|O_NOCTTY|O_NONBLOCK|O_CLOEXEC) = 3`
/// * `ENXIO`: nobody has the pipe open for reading (now; nothing tells when that changes). Handed
///   up, as `ENOENT` and `EACCES` are.
/// * Manual page: open(2), fifo(7).
pub fn open_to_write(path: &Path) -> Result<OwnedFd> {
    open_for(path, OFlag::O_WRONLY)
}

/// `int open(const char *pathname, O_RDWR|O_NONBLOCK)`: opens both ends of a pipe, close-on-exec.
/// Linux allows that, as most kernels do; POSIX leaves it open.
///
/// * strace: `openat(AT_FDCWD, "/run/it", O_RDWR|O_NOCTTY|O_NONBLOCK|O_CLOEXEC) = 3`
/// * `ENOENT`, `EACCES`: handed up.
/// * Manual page: open(2), fifo(7).
pub fn open_both(path: &Path) -> Result<OwnedFd> {
    open_for(path, OFlag::O_RDWR)
}

/// Should it be a terminal after all, it does not become the one that controls the process.
fn open_for(path: &Path, access: OFlag) -> Result<OwnedFd> {
    let flags = access | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC | OFlag::O_NOCTTY;
    open(path, flags, Mode::empty()).map_err(|e| Error::new("openat", e as i32))
}
