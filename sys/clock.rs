//! What time it is, and how much of it this process has used.

use std::time::{Duration, Instant};

/// `int clock_gettime(CLOCK_MONOTONIC, struct timespec *tp)`: the clock that all deadlines are
/// on. It stands still while the machine is suspended.
///
/// * strace: nothing; the vDSO answers without a system call.
/// * Manual page: clock_gettime(2), vdso(7).
#[inline]
pub fn now() -> Instant {
    Instant::now()
}

/// The same as a number: since a moment that is the machine's affair. May be asked in a signal
/// handler.
///
/// * strace: nothing; the vDSO answers without a system call.
/// * Manual page: clock_gettime(2), signal-safety(7).
#[inline]
pub fn monotonic() -> Duration {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is valid for writing. The call cannot fail: the clock exists everywhere.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut t) };
    Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
}

/// `int clock_gettime(CLOCK_THREAD_CPUTIME_ID, struct timespec *tp)`: the processor time that
/// the calling thread has used, in user and in kernel mode.
///
/// * strace: `clock_gettime(CLOCK_THREAD_CPUTIME_ID, {tv_sec=0, tv_nsec=1524042}) = 0`
/// * Manual page: clock_gettime(2).
pub fn thread_cpu_time() -> Duration {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is valid for writing. The call cannot fail: the clock exists everywhere.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut t) };
    Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
}
