//! Options of TCP that kernels call by different names, or only some of them have. The pages of
//! Linux's file say what they mean.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use libc::{ENOPROTOOPT, IPPROTO_TCP, c_int};

use super::keepalive::{COUNT, IDLE, INTERVAL, UNIT};
use crate::sockopt::{in_units, int, set_int};
use crate::{Error, Result};

/// There is no such option, without asking.
fn none<T>(call: &'static str, fd: BorrowedFd<'_>) -> Result<T> {
    Err(Error::new(call, ENOPROTOOPT).on(fd.as_raw_fd()))
}

fn set(fd: BorrowedFd<'_>, name: Option<c_int>, value: c_int) -> Result<()> {
    match name {
        Some(name) => set_int(fd, IPPROTO_TCP, name, value),
        None => none("setsockopt", fd),
    }
}

fn get(fd: BorrowedFd<'_>, name: Option<c_int>) -> Result<u32> {
    match name {
        Some(name) => Ok(u32::try_from(int(fd, IPPROTO_TCP, name)?).unwrap_or(0)),
        None => none("getsockopt", fd),
    }
}

/// `TCP_KEEPIDLE`, on Apple's systems `TCP_KEEPALIVE`: how long a peer may be silent before it is
/// asked for the first time.
pub fn set_keepalive_idle(fd: BorrowedFd<'_>, idle: Duration) -> Result<()> {
    set(fd, IDLE, in_units(idle, UNIT))
}

/// How long a peer may be silent.
pub fn keepalive_idle(fd: BorrowedFd<'_>) -> Result<Duration> {
    Ok(UNIT * get(fd, IDLE)?)
}

/// `TCP_KEEPINTVL`: how long to wait for an answer before it is asked again.
pub fn set_keepalive_interval(fd: BorrowedFd<'_>, interval: Duration) -> Result<()> {
    set(fd, INTERVAL, in_units(interval, UNIT))
}

/// How long it may take to answer.
pub fn keepalive_interval(fd: BorrowedFd<'_>) -> Result<Duration> {
    Ok(UNIT * get(fd, INTERVAL)?)
}

/// `TCP_KEEPCNT`: how often it is asked in vain before the connection is broken off.
pub fn set_keepalive_count(fd: BorrowedFd<'_>, count: u32) -> Result<()> {
    set(fd, COUNT, c_int::try_from(count).unwrap_or(c_int::MAX))
}

/// How often it is asked in vain.
pub fn keepalive_count(fd: BorrowedFd<'_>) -> Result<u32> {
    get(fd, COUNT)
}

/// Linux's `TCP_QUICKACK`.
pub fn set_quickack(fd: BorrowedFd<'_>, _on: bool) -> Result<()> {
    none("setsockopt", fd)
}

/// Linux's `TCP_QUICKACK`.
pub fn quickack(fd: BorrowedFd<'_>) -> Result<bool> {
    none("getsockopt", fd)
}

/// Linux's `TCP_USER_TIMEOUT`.
pub fn set_user_timeout(fd: BorrowedFd<'_>, _limit: Option<Duration>) -> Result<()> {
    none("setsockopt", fd)
}

/// Linux's `TCP_USER_TIMEOUT`.
pub fn user_timeout(fd: BorrowedFd<'_>) -> Result<Option<Duration>> {
    none("getsockopt", fd)
}
