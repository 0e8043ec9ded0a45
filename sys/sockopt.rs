//! Options of sockets beyond those that every program sets; each function is one `setsockopt` or
//! `getsockopt`. What kernels call by different names, or only some of them have, is in [`tcp`].
//!
//! [`tcp`]: crate::tcp

use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use libc::{c_int, socklen_t};
use nix::sys::socket::{self, sockopt};

use crate::{Error, Result};

/// Sets an option that is an int.
pub(crate) fn set_int(fd: BorrowedFd<'_>, level: c_int, name: c_int, value: c_int) -> Result<()> {
    let (value, len) = (&raw const value, size_of::<c_int>() as socklen_t);
    // SAFETY: the option is an int, and `value` points to one.
    let answer = unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, value.cast(), len) };
    Error::check_on("setsockopt", fd, answer).map(drop)
}

/// Gets an option that is an int.
pub(crate) fn int(fd: BorrowedFd<'_>, level: c_int, name: c_int) -> Result<c_int> {
    let (mut value, mut len): (c_int, _) = (0, size_of::<c_int>() as socklen_t);
    let (to, room) = ((&raw mut value).cast(), &raw mut len);
    // SAFETY: the option is an int, and there is room for one.
    let answer = unsafe { libc::getsockopt(fd.as_raw_fd(), level, name, to, room) };
    Error::check_on("getsockopt", fd, answer).map(|_| value)
}

/// So many units, rounded up: at least one, since zero turns most of these options off.
pub(crate) fn in_units(time: Duration, unit: Duration) -> c_int {
    let units = time.as_nanos().div_ceil(unit.as_nanos());
    c_int::try_from(units).unwrap_or(c_int::MAX).max(1)
}

fn get<O: socket::GetSockOpt>(fd: BorrowedFd<'_>, option: O) -> Result<O::Val> {
    socket::getsockopt(&fd, option).map_err(|e| Error::from_nix("getsockopt", fd, e))
}

/// `IPV6_V6ONLY`: whether a socket bound to `[::]` leaves IPv4 to others. Only before `bind`.
///
/// * strace: `setsockopt(3, SOL_IPV6, IPV6_V6ONLY, [1], 4) = 0`
/// * `EINVAL`: it is bound already, or this system (OpenBSD) knows only yes. `ENOPROTOOPT`: not an
///   IPv6 socket.
/// * Manual page: ipv6(7).
pub fn set_only_v6(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    set_int(fd, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, on.into())
}

/// Whether `IPV6_V6ONLY` is set.
///
/// * strace: `getsockopt(3, SOL_IPV6, IPV6_V6ONLY, [1], [4]) = 0`
/// * Manual page: ipv6(7).
pub fn only_v6(fd: BorrowedFd<'_>) -> Result<bool> {
    Ok(int(fd, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY)? != 0)
}

/// `SO_SNDBUF`, as the kernel counts it: with its own overhead, so twice what was set on Linux.
///
/// * strace: `getsockopt(3, SOL_SOCKET, SO_SNDBUF, [16384], [4]) = 0`
/// * Manual page: socket(7).
pub fn send_buffer(fd: BorrowedFd<'_>) -> Result<usize> {
    get(fd, sockopt::SndBuf)
}

/// `SO_RCVBUF`, as the kernel counts it: with its own overhead, so twice what was set on Linux.
///
/// * strace: `getsockopt(3, SOL_SOCKET, SO_RCVBUF, [131072], [4]) = 0`
/// * Manual page: socket(7).
pub fn receive_buffer(fd: BorrowedFd<'_>) -> Result<usize> {
    get(fd, sockopt::RcvBuf)
}

/// `SO_LINGER`: `None` if `close` does not wait.
///
/// * strace: `getsockopt(3, SOL_SOCKET, SO_LINGER, {l_onoff=0, l_linger=0}, [8]) = 0`
/// * Manual page: socket(7).
pub fn linger(fd: BorrowedFd<'_>) -> Result<Option<Duration>> {
    let linger = get(fd, sockopt::Linger)?;
    let seconds = u64::try_from(linger.l_linger).unwrap_or(0);
    Ok((linger.l_onoff != 0).then(|| Duration::from_secs(seconds)))
}

/// `SO_KEEPALIVE`: asks a silent peer from time to time whether it is still there. How often is
/// told to [`tcp`](crate::tcp), or the system's choice.
///
/// * strace: `setsockopt(3, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0`
/// * Manual page: socket(7).
pub fn set_keepalive(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    set_int(fd, libc::SOL_SOCKET, libc::SO_KEEPALIVE, on.into())
}

/// Whether `SO_KEEPALIVE` is set.
///
/// * strace: `getsockopt(3, SOL_SOCKET, SO_KEEPALIVE, [1], [4]) = 0`
/// * Manual page: socket(7).
pub fn keepalive(fd: BorrowedFd<'_>) -> Result<bool> {
    Ok(int(fd, libc::SOL_SOCKET, libc::SO_KEEPALIVE)? != 0)
}

/// `SO_OOBINLINE`: an urgent byte comes in its place among the others, not beside them.
///
/// * strace: `setsockopt(3, SOL_SOCKET, SO_OOBINLINE, [1], 4) = 0`
/// * Manual page: socket(7), tcp(7).
pub fn set_urgent_inline(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    set_int(fd, libc::SOL_SOCKET, libc::SO_OOBINLINE, on.into())
}

/// Which options a socket of a family has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Also that of an IPv6 socket whose peer is an IPv4 address.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    fn hops(self) -> (c_int, c_int) {
        match self {
            Family::V4 => (libc::IPPROTO_IP, libc::IP_TTL),
            Family::V6 => (libc::IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS),
        }
    }

    fn class(self) -> (c_int, c_int) {
        match self {
            Family::V4 => (libc::IPPROTO_IP, libc::IP_TOS),
            Family::V6 => (libc::IPPROTO_IPV6, libc::IPV6_TCLASS),
        }
    }
}

/// `IP_TTL`, `IPV6_UNICAST_HOPS`: how many routers a packet may pass.
///
/// * strace: `setsockopt(3, SOL_IP, IP_TTL, [64], 4) = 0`
/// * `EINVAL`: not from 1 to 255.
/// * Manual page: ip(7), ipv6(7).
pub fn set_hops(fd: BorrowedFd<'_>, family: Family, hops: u32) -> Result<()> {
    let (level, name) = family.hops();
    set_int(fd, level, name, c_int::try_from(hops).unwrap_or(c_int::MAX))
}

/// How many routers a packet may pass.
///
/// * strace: `getsockopt(3, SOL_IP, IP_TTL, [64], [4]) = 0`
/// * Manual page: ip(7), ipv6(7).
pub fn hops(fd: BorrowedFd<'_>, family: Family) -> Result<u32> {
    let (level, name) = family.hops();
    Ok(u32::try_from(int(fd, level, name)?).unwrap_or(0))
}

/// `IP_TOS`, `IPV6_TCLASS`: the byte that tells routers what kind of traffic it is (DSCP, and ECN,
/// which on TCP is the kernel's own).
///
/// * strace: `setsockopt(3, SOL_IP, IP_TOS, [16], 4) = 0`
/// * Manual page: ip(7), ipv6(7).
pub fn set_traffic_class(fd: BorrowedFd<'_>, family: Family, class: u8) -> Result<()> {
    let (level, name) = family.class();
    set_int(fd, level, name, class.into())
}

/// What kind of traffic it is.
///
/// * strace: `getsockopt(3, SOL_IP, IP_TOS, [16], [4]) = 0`
/// * Manual page: ip(7), ipv6(7).
pub fn traffic_class(fd: BorrowedFd<'_>, family: Family) -> Result<u8> {
    let (level, name) = family.class();
    Ok(int(fd, level, name)? as u8)
}
