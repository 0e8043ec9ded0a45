//! What can be asked of any descriptor, and changed.

use std::os::fd::{AsRawFd, BorrowedFd};

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};

use crate::{Error, Result};

/// `int fcntl(int fd, F_GETFL)`: whether calls on `fd` answer `EAGAIN` instead of sleeping.
///
/// * strace: `fcntl(3, F_GETFL) = 0x802 (flags O_RDWR|O_NONBLOCK)`
/// * Manual page: fcntl(2).
pub fn is_nonblocking(fd: BorrowedFd<'_>) -> Result<bool> {
    Ok(get_flags(fd)?.contains(OFlag::O_NONBLOCK))
}

/// `int fcntl(int fd, F_SETFL, int flags)`: switches `O_NONBLOCK`. The flag belongs to the
/// open file description: whoever else has a duplicate (a parent's terminal!) is switched too.
///
/// Asks for the flags first, so this makes two calls.
///
/// * strace: `fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)`, `fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0`
/// * Manual page: fcntl(2).
pub fn set_nonblocking(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    let mut flags = get_flags(fd)?;
    flags.set(OFlag::O_NONBLOCK, on);
    fcntl(fd, FcntlArg::F_SETFL(flags)).map_err(|e| Error::from_nix("fcntl", fd, e)).map(drop)
}

fn get_flags(fd: BorrowedFd<'_>) -> Result<OFlag> {
    let flags = fcntl(fd, FcntlArg::F_GETFL).map_err(|e| Error::from_nix("fcntl", fd, e))?;
    Ok(OFlag::from_bits_retain(flags))
}

/// `int fcntl(int fd, F_GETFD)`: whether `fd` is closed by `execve`.
///
/// * strace: `fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)`
/// * Manual page: fcntl(2).
pub fn is_close_on_exec(fd: BorrowedFd<'_>) -> Result<bool> {
    let flags = fcntl(fd, FcntlArg::F_GETFD).map_err(|e| Error::from_nix("fcntl", fd, e))?;
    Ok(FdFlag::from_bits_retain(flags).contains(FdFlag::FD_CLOEXEC))
}

/// `int ioctl(int fd, FIONREAD, int *n)`: how many bytes wait to be read.
///
/// * strace: `ioctl(3, FIONREAD, [12]) = 0`
/// * `EINVAL`: the kind of descriptor (a listener, say) has no such number.
/// * Manual page: tcp(7), "Ioctls".
pub fn unread(fd: BorrowedFd<'_>) -> Result<usize> {
    let mut n: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int.
    let answer = unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut n) };
    Error::check_on("ioctl", fd, answer)?;
    Ok(n as usize)
}
