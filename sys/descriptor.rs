//! What can be asked of any descriptor, and changed.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::stat::{SFlag, fstat};

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

/// `int ioctl(int fd, FIONBIO, const int *on)`: switches `O_NONBLOCK` without a look at the other
/// flags, in one call. It is what std makes for a socket; for what else a descriptor may be there is
/// [`set_nonblocking`].
///
/// * strace: `ioctl(3, FIONBIO, [1]) = 0`
/// * `ENOTTY`: a kind of descriptor that has no such request.
/// * Manual page: ioctl(2), ioctl_tty(2).
pub fn fionbio(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    let on = libc::c_int::from(on);
    // SAFETY: FIONBIO reads one int.
    let answer = unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONBIO, &raw const on) };
    Error::check_on("ioctl", fd, answer).map(drop)
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

/// `int fcntl(int fd, F_GETFD)`: whether there is a descriptor of this number.
///
/// * strace: `fcntl(9, F_GETFD) = -1 EBADF (Bad file descriptor)`
/// * Manual page: fcntl(2).
pub(crate) fn is_open(number: RawFd) -> bool {
    // SAFETY: takes no pointers, and changes nothing.
    unsafe { libc::fcntl(number, libc::F_GETFD) != -1 }
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

/// What a descriptor refers to, as far as it matters to who waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A pipe, with a name or without.
    Pipe,
    /// A terminal, as a program on it sees it.
    Terminal,
    /// A socket.
    Socket,
    /// A regular file, a directory or a disk: always ready, though the disk may take its time.
    File,
    /// A device that is none of these, an eventfd, what else there is.
    Other,
}

/// `int fstat(int fd, struct stat *statbuf)`: what `fd` refers to.
///
/// Of a device it is asked whether it is a terminal with a name (isatty(3), ttyname(3)), so this may
/// make a few more calls. The side of a terminal that plays the user (`/dev/ptmx` on Linux) has none of
/// its own, and is no terminal in this sense.
///
/// * strace: `fstat(0, {st_mode=S_IFCHR|0620, st_rdev=makedev(0x88, 0x1), ...}) = 0`,
///   `ioctl(0, TCGETS, {...}) = 0`
/// * `EBADF`: nothing is open there.
/// * Manual page: fstat(2), isatty(3).
pub fn kind(fd: BorrowedFd<'_>) -> Result<Kind> {
    let stat = fstat(fd).map_err(|e| Error::from_nix("fstat", fd, e))?;
    Ok(match SFlag::from_bits_truncate(stat.st_mode as _) & SFlag::S_IFMT {
        SFlag::S_IFIFO => Kind::Pipe,
        SFlag::S_IFSOCK => Kind::Socket,
        SFlag::S_IFREG | SFlag::S_IFDIR | SFlag::S_IFBLK => Kind::File,
        SFlag::S_IFCHR if is_terminal(fd) => Kind::Terminal,
        _ => Kind::Other,
    })
}

/// All masters have the same name, by which one would get a new terminal.
fn is_terminal(fd: BorrowedFd<'_>) -> bool {
    // SAFETY: takes no pointers.
    let is_one = unsafe { libc::isatty(fd.as_raw_fd()) } == 1;
    is_one && nix::unistd::ttyname(fd).is_ok_and(|name| !name.ends_with("ptmx"))
}

/// `int fcntl(int fd, F_DUPFD_CLOEXEC, 3)`: another descriptor for the same open file description,
/// close-on-exec. Flags and the position in a file are shared by both.
///
/// * strace: `fcntl(0, F_DUPFD_CLOEXEC, 3) = 4`
/// * `EMFILE`: handed up.
/// * Manual page: fcntl(2).
pub fn duplicate(fd: BorrowedFd<'_>) -> Result<OwnedFd> {
    let answer =
        fcntl(fd, FcntlArg::F_DUPFD_CLOEXEC(3)).map_err(|e| Error::from_nix("fcntl", fd, e))?;
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(answer) })
}
