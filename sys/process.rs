//! Other processes.

use crate::{Error, Result};

/// `int kill(pid_t pid, int sig)`: sends a signal to a process. One that has ended, and was not
/// waited for yet, is still there, and does not mind.
///
/// What `kill` makes of 0 and of negative numbers, groups of processes and everybody, is refused
/// here.
///
/// * strace: `kill(4711, SIGTERM) = 0`
/// * `ESRCH`: there is no such process. `EPERM`: it belongs to somebody else. `EINVAL`: there is no
///   such signal.
/// * Manual page: kill(2).
pub fn kill(pid: u32, signal: i32) -> Result<()> {
    let Some(pid) = i32::try_from(pid).ok().filter(|pid| *pid > 0) else {
        return Err(Error::new("kill", libc::ESRCH));
    };
    // SAFETY: takes no pointers.
    Error::check("kill", unsafe { libc::kill(pid, signal) }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::kill;

    #[test]
    fn nobody_but_one_process_is_meant() {
        for pid in [0, u32::MAX, 1 << 31] {
            assert_eq!(kill(pid, 0).map_err(crate::Error::errno), Err(libc::ESRCH));
        }
        assert_eq!(kill(std::process::id(), 0), Ok(()));
    }
}
