//! The end of a child, as something to wait for.

use std::os::fd::{FromRawFd, OwnedFd};

use crate::fork::Guard;
use crate::{Error, Result, errno};

/// A descriptor that is readable once the process has ended: `pidfd_open`. `None` if this kernel
/// has none to give, so that `SIGCHLD` has to do. A child of `fork` gets it, so there is no guard.
pub fn watch(pid: u32) -> Result<Option<(OwnedFd, Option<Guard>)>> {
    match pidfd_open(pid) {
        // Linux before 5.3; a filter of system calls that is older than that; the child is gone.
        Err(e) if [libc::ENOSYS, errno::EPERM, libc::ESRCH].contains(&e.errno()) => Ok(None),
        answer => answer.map(|fd| Some((fd, None))),
    }
}

/// `int pidfd_open(pid_t pid, unsigned int flags)`: a descriptor that stands for a process,
/// close-on-exec; readable once it has ended. There is nothing to read: waitpid(2) tells how it
/// ended. The number of a child is no other process's until it was waited for.
///
/// * strace: `pidfd_open(4711, 0) = 5`
/// * `ESRCH`: there is no such process. `ENOSYS`: before Linux 5.3. `EMFILE`, `ENFILE`: handed up.
/// * Manual page: pidfd_open(2).
fn pidfd_open(pid: u32) -> Result<OwnedFd> {
    // SAFETY: takes no pointers.
    let answer = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0u32) };
    let fd = Error::check("pidfd_open", answer as i32)?;
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
