//! A timer in the kernel that can be waited for. The loop needs none: its next deadline is the
//! timeout of its wait. It is here to be read side by side with other
//! kernels' timers (`docs/KERNEL_EVENTS.md`), and for programs that wait with something else.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;
use std::time::Duration;

use crate::{Error, Result, pipe};

/// `int timerfd_create(int clockid, int flags)`: a timer on `CLOCK_MONOTONIC` that is not set,
/// non-blocking and close-on-exec.
///
/// * strace: `timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC|TFD_NONBLOCK) = 3`
/// * `EMFILE`, `ENFILE`, `ENOMEM`: handed up.
/// * Manual page: timerfd_create(2).
pub fn timerfd_create() -> Result<OwnedFd> {
    let flags = libc::TFD_CLOEXEC | libc::TFD_NONBLOCK;
    // SAFETY: takes no pointers.
    let answer = unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, flags) };
    let fd = Error::check("timerfd_create", answer)?;
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// `int timerfd_settime(int fd, int flags, const struct itimerspec *new_value, struct itimerspec
/// *old_value)`: fires `after` so long, and then each `period`, or not again if that is zero.
///
/// To the kernel, an `after` of zero means "never"; here it is as soon as can be, a nanosecond.
///
/// * strace: `timerfd_settime(3, 0, {it_interval={tv_sec=0, tv_nsec=0}, it_value={tv_sec=0,
///   tv_nsec=1000000}}, NULL) = 0`
/// * No error is expected.
/// * Manual page: timerfd_settime(2).
pub fn timerfd_settime(timer: BorrowedFd<'_>, after: Duration, period: Duration) -> Result<()> {
    let value = libc::itimerspec {
        it_interval: timespec(period),
        it_value: timespec(after.max(Duration::from_nanos(1))),
    };
    // SAFETY: `value` is valid for the length of the call; what was set before is not wanted.
    let answer =
        unsafe { libc::timerfd_settime(timer.as_raw_fd(), 0, &raw const value, ptr::null_mut()) };
    Error::check_on("timerfd_settime", timer, answer).map(drop)
}

/// `ssize_t read(int fd, void *buf, size_t count)` of eight bytes: how often it has fired since
/// this was last asked.
///
/// * strace: `read(3, "\1\0\0\0\0\0\0\0", 8) = 8`
/// * `EAGAIN`: not yet.
/// * Manual page: timerfd_create(2).
pub fn fired(timer: BorrowedFd<'_>) -> Result<u64> {
    let mut bytes = [0; 8];
    pipe::read(timer, &mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

fn timespec(time: Duration) -> libc::timespec {
    // SAFETY: two numbers, and padding on some machines: zero is valid for all.
    let mut spec: libc::timespec = unsafe { std::mem::zeroed() };
    // The longest that every machine's seconds have room for is 68 years.
    spec.tv_sec = i32::try_from(time.as_secs()).unwrap_or(i32::MAX) as _;
    spec.tv_nsec = time.subsec_nanos() as _;
    spec
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;
    use crate::poll::{PollFd, poll};
    use crate::poller::Interest;

    fn waits(timer: &OwnedFd) -> u64 {
        let patience = Some(Duration::from_secs(20));
        let ready = poll(&mut [PollFd::new(timer.as_fd(), Interest::READ)], patience);
        assert_eq!(ready, Ok(1), "it does not fire");
        fired(timer.as_fd()).expect("it has")
    }

    #[test]
    fn pitfall_36_a_timer_that_is_due_already_fires() {
        let timer = timerfd_create().expect("a timer");
        timerfd_settime(timer.as_fd(), Duration::ZERO, Duration::ZERO).expect("set");
        assert_eq!(waits(&timer), 1); // pitfall 36
        assert!(fired(timer.as_fd()).is_err_and(Error::is_would_block));
    }

    #[test]
    fn a_timer_with_a_period_fires_again() {
        let timer = timerfd_create().expect("a timer");
        let millisecond = Duration::from_millis(1);
        timerfd_settime(timer.as_fd(), millisecond, millisecond).expect("set");
        let mut times = 0;
        while times < 3 {
            times += waits(&timer);
        }
    }

    #[test]
    fn the_furthest_deadline_is_no_error() {
        let timer = timerfd_create().expect("a timer");
        timerfd_settime(timer.as_fd(), Duration::MAX, Duration::ZERO).expect("set");
        assert!(fired(timer.as_fd()).is_err_and(Error::is_would_block));
    }
}
