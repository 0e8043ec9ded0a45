//! Options of TCP that kernels call by different names, or only some of them have.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use libc::{IPPROTO_TCP, c_int};

use crate::Result;
use crate::sockopt::{in_units, int, set_int};

const SECOND: Duration = Duration::from_secs(1);

fn seconds(n: c_int) -> Duration {
    Duration::from_secs(u64::try_from(n).unwrap_or(0))
}

/// `TCP_KEEPIDLE`: how long a peer may be silent before it is asked for the first time.
///
/// * strace: `setsockopt(3, SOL_TCP, TCP_KEEPIDLE, [60], 4) = 0`
/// * `EINVAL`: more than 32,767 s. `ENOPROTOOPT`: OpenBSD has it for the whole system only.
/// * Manual page: tcp(7).
pub fn set_keepalive_idle(fd: BorrowedFd<'_>, idle: Duration) -> Result<()> {
    set_int(fd, IPPROTO_TCP, libc::TCP_KEEPIDLE, in_units(idle, SECOND))
}

/// How long a peer may be silent.
///
/// * strace: `getsockopt(3, SOL_TCP, TCP_KEEPIDLE, [7200], [4]) = 0`
/// * Manual page: tcp(7).
pub fn keepalive_idle(fd: BorrowedFd<'_>) -> Result<Duration> {
    int(fd, IPPROTO_TCP, libc::TCP_KEEPIDLE).map(seconds)
}

/// `TCP_KEEPINTVL`: how long to wait for an answer before it is asked again.
///
/// * strace: `setsockopt(3, SOL_TCP, TCP_KEEPINTVL, [10], 4) = 0`
/// * Manual page: tcp(7). Errors: as [`set_keepalive_idle`].
pub fn set_keepalive_interval(fd: BorrowedFd<'_>, interval: Duration) -> Result<()> {
    set_int(fd, IPPROTO_TCP, libc::TCP_KEEPINTVL, in_units(interval, SECOND))
}

/// How long it may take to answer.
///
/// * strace: `getsockopt(3, SOL_TCP, TCP_KEEPINTVL, [75], [4]) = 0`
/// * Manual page: tcp(7).
pub fn keepalive_interval(fd: BorrowedFd<'_>) -> Result<Duration> {
    int(fd, IPPROTO_TCP, libc::TCP_KEEPINTVL).map(seconds)
}

/// `TCP_KEEPCNT`: how often it is asked in vain before the connection is broken off.
///
/// * strace: `setsockopt(3, SOL_TCP, TCP_KEEPCNT, [3], 4) = 0`
/// * Manual page: tcp(7). Errors: as [`set_keepalive_idle`]; at most 127 times.
pub fn set_keepalive_count(fd: BorrowedFd<'_>, count: u32) -> Result<()> {
    let count = c_int::try_from(count).unwrap_or(c_int::MAX);
    set_int(fd, IPPROTO_TCP, libc::TCP_KEEPCNT, count)
}

/// How often it is asked in vain.
///
/// * strace: `getsockopt(3, SOL_TCP, TCP_KEEPCNT, [9], [4]) = 0`
/// * Manual page: tcp(7).
pub fn keepalive_count(fd: BorrowedFd<'_>) -> Result<u32> {
    Ok(u32::try_from(int(fd, IPPROTO_TCP, libc::TCP_KEEPCNT)?).unwrap_or(0))
}

/// `TCP_QUICKACK`: acknowledges at once; the kernel may go back to its own ways at any time.
///
/// * strace: `setsockopt(3, SOL_TCP, TCP_QUICKACK, [1], 4) = 0`
/// * `ENOPROTOOPT`: not on Linux, without asking.
/// * Manual page: tcp(7).
pub fn set_quickack(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    set_int(fd, IPPROTO_TCP, libc::TCP_QUICKACK, on.into())
}

/// Whether it acknowledges at once now.
///
/// * strace: `getsockopt(3, SOL_TCP, TCP_QUICKACK, [1], [4]) = 0`
/// * Manual page: tcp(7). Errors: as [`set_quickack`].
pub fn quickack(fd: BorrowedFd<'_>) -> Result<bool> {
    Ok(int(fd, IPPROTO_TCP, libc::TCP_QUICKACK)? != 0)
}

/// `TCP_USER_TIMEOUT`: how long what was sent may stay unacknowledged before the connection is
/// broken off with `ETIMEDOUT`. `None`: as long as the system tries.
///
/// * strace: `setsockopt(3, SOL_TCP, TCP_USER_TIMEOUT, [30000], 4) = 0`
/// * `ENOPROTOOPT`: not on Linux, without asking.
/// * Manual page: tcp(7).
pub fn set_user_timeout(fd: BorrowedFd<'_>, limit: Option<Duration>) -> Result<()> {
    let millis = limit.map_or(0, |limit| in_units(limit, Duration::from_millis(1)));
    set_int(fd, IPPROTO_TCP, libc::TCP_USER_TIMEOUT, millis)
}

/// How long what was sent may stay unacknowledged.
///
/// * strace: `getsockopt(3, SOL_TCP, TCP_USER_TIMEOUT, [0], [4]) = 0`
/// * Manual page: tcp(7). Errors: as [`set_user_timeout`].
pub fn user_timeout(fd: BorrowedFd<'_>) -> Result<Option<Duration>> {
    let millis = int(fd, IPPROTO_TCP, libc::TCP_USER_TIMEOUT)?;
    Ok(u64::try_from(millis).ok().filter(|millis| *millis > 0).map(Duration::from_millis))
}
