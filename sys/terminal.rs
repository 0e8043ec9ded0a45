//! Terminals.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty;
use nix::sys::termios::{self, SetArg};

use crate::{Error, Result};

/// `int openpty(int *amaster, int *aslave, ...)`: makes a terminal in software. The first is the
/// side of whoever plays the user (a terminal emulator, sshd, a test), the second is what a program
/// on it sees as its terminal. Both are blocking, and close-on-exec, though not atomically.
///
/// The C library opens `/dev/ptmx`, asks for its number, unlocks it and opens the other side; two
/// `fcntl` follow.
///
/// * strace: `openat(AT_FDCWD, "/dev/ptmx", O_RDWR) = 3`, `ioctl(3, TIOCGPTN, [0]) = 0`,
///   `ioctl(3, TIOCSPTLCK, [0]) = 0`, `openat(AT_FDCWD, "/dev/pts/0", O_RDWR|O_NOCTTY) = 4`
/// * `EMFILE`, `ENFILE`, `ENOSPC` (too many terminals): handed up.
/// * Manual page: openpty(3), pty(7).
pub fn openpty() -> Result<(OwnedFd, OwnedFd)> {
    let pair = pty::openpty(None, None).map_err(|e| Error::new("openpty", e as i32))?;
    for fd in [pair.master.as_fd(), pair.slave.as_fd()] {
        fcntl(fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))
            .map_err(|e| Error::from_nix("fcntl", fd, e))?;
    }
    Ok((pair.master, pair.slave))
}

/// `int tcsetattr(int fd, TCSANOW, const struct termios *termios)` with the flags of cfmakeraw(3):
/// every byte is handed on as it comes, none is echoed, none is a signal.
///
/// Asks for the attributes first, so this makes two calls.
///
/// * strace: `ioctl(3, TCGETS, {...}) = 0`, `ioctl(3, TCSETS, {...}) = 0`
/// * `ENOTTY`: no terminal. A process in the background is stopped by `SIGTTOU`.
/// * Manual page: termios(3).
pub fn make_raw(terminal: BorrowedFd<'_>) -> Result<()> {
    let mut attributes =
        termios::tcgetattr(terminal).map_err(|e| Error::from_nix("tcgetattr", terminal, e))?;
    termios::cfmakeraw(&mut attributes);
    termios::tcsetattr(terminal, SetArg::TCSANOW, &attributes)
        .map_err(|e| Error::from_nix("tcsetattr", terminal, e))
}
