//! Which processors a thread may run on.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use crate::{Error, Result};

/// 0 stands for the calling thread, not for the process.
const THIS_THREAD: Pid = Pid::from_raw(0);

/// `int sched_getaffinity(pid_t pid, size_t cpusetsize, cpu_set_t *mask)` of pid 0: the
/// processors that the calling thread may run on, in ascending order.
///
/// * strace: `sched_getaffinity(0, 128, [0 1]) = 16`
/// * `EINVAL`: the machine has more processors than the mask has room for (1024).
/// * `ENOSYS`: not on Linux, without asking.
/// * Manual page: sched_setaffinity(2).
pub fn allowed() -> Result<Vec<usize>> {
    let set =
        sched_getaffinity(THIS_THREAD).map_err(|e| Error::new("sched_getaffinity", e as i32))?;
    Ok((0..CpuSet::count()).filter(|cpu| set.is_set(*cpu) == Ok(true)).collect())
}

/// `int sched_setaffinity(pid_t pid, size_t cpusetsize, const cpu_set_t *mask)` of pid 0: keeps
/// the calling thread, and those that it starts from now on, on one processor.
///
/// * strace: `sched_setaffinity(0, 128, [1]) = 0`
/// * `EINVAL`: there is no such processor, or the thread's cgroup must not use it.
/// * `ENOSYS`: not on Linux, without asking.
/// * Manual page: sched_setaffinity(2).
pub fn pin(cpu: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu)
        .and_then(|()| sched_setaffinity(THIS_THREAD, &set))
        .map_err(|e| Error::new("sched_setaffinity", e as i32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_stays_where_it_is_pinned() {
        std::thread::spawn(|| {
            for cpu in allowed().expect("Linux tells") {
                pin(cpu).expect("it is allowed");
                // Narrower than before, so `allowed` was asked once only.
                assert_eq!(allowed(), Ok(vec![cpu]));
            }
            assert!(pin(usize::MAX).is_err());
        })
        .join()
        .expect("no panic");
    }
}
