//! Signals that are read instead of handled. The loop does without: what it costs is said at
//! [`block`]. It is here to be read side by side with other kernels' ways
//! (`docs/KERNEL_EVENTS.md`), and for programs that own all their threads.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::{io, ptr};

use crate::{Error, Result};

/// `int pthread_sigmask(int how, const sigset_t *set, sigset_t *oldset)`: the calling thread takes
/// none of these signals any more. They stay pending, and a [`signalfd`] reads them.
///
/// Threads and programs that this thread starts inherit the mask, the latter through `execve`: a
/// child that is not told otherwise cannot be asked to end. And a thread that does not block the
/// signal takes it from the descriptor.
///
/// * strace: `rt_sigprocmask(SIG_BLOCK, [TERM], NULL, 8) = 0`
/// * `EINVAL`: there is no such signal.
/// * Manual page: pthread_sigmask(3), sigprocmask(2).
pub fn block(signals: &[i32]) -> Result<()> {
    let set = set_of(signals)?;
    // SAFETY: `set` is valid for the length of the call; the mask of before is not wanted.
    match unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) } {
        0 => Ok(()),
        errno => Err(Error::new("rt_sigprocmask", errno)),
    }
}

/// `int signalfd(int fd, const sigset_t *mask, int flags)`: a descriptor that is readable while one
/// of these signals is pending, non-blocking and close-on-exec. To be [blocked](block) before.
///
/// Watched by epoll it tells of the signals of the process that called `epoll_ctl`, also to a child
/// that was forked and has both.
///
/// * strace: `signalfd4(-1, [TERM], 8, SFD_CLOEXEC|SFD_NONBLOCK) = 3`
/// * `EINVAL`: there is no such signal. `EMFILE`, `ENFILE`: handed up.
/// * Manual page: signalfd(2).
pub fn signalfd(signals: &[i32]) -> Result<OwnedFd> {
    let set = set_of(signals)?;
    let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
    // SAFETY: `set` is valid for the length of the call.
    let fd = Error::check("signalfd4", unsafe { libc::signalfd(-1, &raw const set, flags) })?;
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// `ssize_t read(int fd, void *buf, size_t count)` of one `struct signalfd_siginfo`: which signal
/// came. It is pending no longer.
///
/// * strace: `read(3, [{ssi_signo=SIGTERM, ssi_code=SI_USER, ssi_pid=4711, ...}], 128) = 128`
/// * `EAGAIN`: none is pending.
/// * Manual page: signalfd(2).
pub fn read(signals: BorrowedFd<'_>) -> Result<i32> {
    let mut info = MaybeUninit::<libc::signalfd_siginfo>::uninit();
    let size = size_of::<libc::signalfd_siginfo>();
    // SAFETY: `info` is valid for writing its size.
    let answer = unsafe { libc::read(signals.as_raw_fd(), info.as_mut_ptr().cast(), size) };
    Error::check_len("read", signals, answer)?;
    // SAFETY: the kernel hands out whole ones only.
    let info = unsafe { info.assume_init() };
    Ok(info.ssi_signo as i32)
}

fn set_of(signals: &[i32]) -> Result<libc::sigset_t> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: `set` is valid for writing.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: the call above cannot fail, and has filled it in.
    let mut set = unsafe { set.assume_init() };
    for signal in signals {
        // SAFETY: `set` is a set.
        if unsafe { libc::sigaddset(&raw mut set, *signal) } != 0 {
            let errno = io::Error::last_os_error().raw_os_error();
            return Err(Error::new("sigaddset", errno.unwrap_or(libc::EINVAL)));
        }
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn what_is_blocked_is_read() {
        // The mask is this thread's; `raise` sends to it alone.
        block(&[libc::SIGTTOU]).expect("a signal");
        let signals = signalfd(&[libc::SIGTTOU]).expect("a descriptor");
        assert!(read(signals.as_fd()).is_err_and(Error::is_would_block));
        // SAFETY: takes no pointers.
        assert_eq!(unsafe { libc::raise(libc::SIGTTOU) }, 0);
        assert_eq!(read(signals.as_fd()), Ok(libc::SIGTTOU));
        assert!(read(signals.as_fd()).is_err_and(Error::is_would_block));
    }

    #[test]
    fn what_is_no_signal_is_refused() {
        assert_eq!(block(&[1000]).map_err(Error::errno), Err(libc::EINVAL));
        assert_eq!(signalfd(&[0]).map(drop).map_err(Error::errno), Err(libc::EINVAL));
    }
}
