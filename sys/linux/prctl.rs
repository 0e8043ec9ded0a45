//! What the kernel lets a thread say about itself.

use std::time::Duration;

use crate::{Error, Result};

/// `int prctl(PR_GET_TIMERSLACK)`: how late the kernel may end a sleep of the calling thread, so
/// that it need not wake up twice for two sleeps that end about the same time.
///
/// A thread inherits it from the one that started it; 50 µs if nobody ever said anything else. It
/// holds for `epoll_wait`, `poll`, `select`, `nanosleep` and futexes; what runs under a real-time
/// policy is always woken at once. Of a sleep that lasts long, `epoll_wait` may in any case miss
/// the end by a thousandth of it (no more than 100 ms).
///
/// * strace: `prctl(PR_GET_TIMERSLACK) = 50000`
/// * No error is expected but that of a seccomp filter (`EPERM`, `ENOSYS`); handed up.
/// * Manual page: PR_GET_TIMERSLACK(2const), prctl(2).
pub fn get_timerslack() -> Result<Duration> {
    // SAFETY: takes no pointers.
    let answer = unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) };
    Error::check("prctl", answer).map(|nanos| Duration::from_nanos(nanos as u64))
}

/// `int prctl(PR_SET_TIMERSLACK, unsigned long nanos)`: sets what [`get_timerslack`] tells.
///
/// Zero would mean "what the thread began with", so the least is a nanosecond; the most is what
/// the other call can answer, two seconds.
///
/// * strace: `prctl(PR_SET_TIMERSLACK, 200000) = 0`
/// * No error is expected but that of a seccomp filter (`EPERM`, `ENOSYS`); handed up.
/// * Manual page: PR_SET_TIMERSLACK(2const), prctl(2).
pub fn set_timerslack(slack: Duration) -> Result<()> {
    let nanos = slack.as_nanos().clamp(1, i32::MAX as u128) as libc::c_ulong;
    // SAFETY: takes no pointers.
    let answer = unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, nanos) };
    Error::check("prctl", answer).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_what_is_told() {
        for (asked, told) in [
            (Duration::ZERO, Duration::from_nanos(1)),
            (Duration::from_micros(200), Duration::from_micros(200)),
            (Duration::MAX, Duration::from_nanos(i32::MAX as u64)),
        ] {
            set_timerslack(asked).expect("a call that cannot fail");
            assert_eq!(get_timerslack(), Ok(told));
        }
    }
}
