//! Multicast: one datagram for all who have joined a group.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::BorrowedFd;

use super::{as_std, from_std};
use crate::option::{set_number, set_value};
use crate::{Error, Result};

/// `IP_ADD_MEMBERSHIP`: takes what is sent to `group` on the interface with this address;
/// 0.0.0.0 lets the system choose one.
///
/// * strace: `setsockopt(3, SOL_IP, IP_ADD_MEMBERSHIP, {imr_multiaddr=inet_addr("224.0.0.251"),
///   imr_interface=inet_addr("0.0.0.0")}, 8) = 0`
/// * `EADDRINUSE`: joined already. `ENODEV`: no interface for it. `EINVAL`: no multicast address.
/// * Manual page: ip(7).
pub fn join_v4(fd: BorrowedFd<'_>, group: Ipv4Addr, interface: Ipv4Addr) -> Result<()> {
    let answer = as_std(fd).join_multicast_v4(&group, &interface);
    answer.map_err(|e| from_std("setsockopt", fd, &e))
}

/// `IP_DROP_MEMBERSHIP`: undoes [`join_v4`].
///
/// * strace: `setsockopt(3, SOL_IP, IP_DROP_MEMBERSHIP, {imr_multiaddr=inet_addr("224.0.0.251"),
///   imr_interface=inet_addr("0.0.0.0")}, 8) = 0`
/// * `EADDRNOTAVAIL`: it was not joined.
/// * Manual page: ip(7).
pub fn leave_v4(fd: BorrowedFd<'_>, group: Ipv4Addr, interface: Ipv4Addr) -> Result<()> {
    let answer = as_std(fd).leave_multicast_v4(&group, &interface);
    answer.map_err(|e| from_std("setsockopt", fd, &e))
}

/// `IPV6_ADD_MEMBERSHIP`, elsewhere `IPV6_JOIN_GROUP`: takes what is sent to `group` on the
/// interface of this number; 0 lets the system choose one.
///
/// * strace: `setsockopt(3, SOL_IPV6, IPV6_ADD_MEMBERSHIP, {inet_pton(AF_INET6, "ff02::fb",
///   &ipv6mr_multiaddr), ipv6mr_interface=0}, 20) = 0`
/// * `EADDRINUSE`: joined already. `ENODEV`: no such interface. `EINVAL`: no multicast address.
/// * Manual page: ipv6(7).
pub fn join_v6(fd: BorrowedFd<'_>, group: Ipv6Addr, interface: u32) -> Result<()> {
    let answer = as_std(fd).join_multicast_v6(&group, interface);
    answer.map_err(|e| from_std("setsockopt", fd, &e))
}

/// `IPV6_DROP_MEMBERSHIP`, elsewhere `IPV6_LEAVE_GROUP`: undoes [`join_v6`].
///
/// * strace: `setsockopt(3, SOL_IPV6, IPV6_DROP_MEMBERSHIP, {inet_pton(AF_INET6, "ff02::fb",
///   &ipv6mr_multiaddr), ipv6mr_interface=0}, 20) = 0`
/// * `EADDRNOTAVAIL`: it was not joined.
/// * Manual page: ipv6(7).
pub fn leave_v6(fd: BorrowedFd<'_>, group: Ipv6Addr, interface: u32) -> Result<()> {
    let answer = as_std(fd).leave_multicast_v6(&group, interface);
    answer.map_err(|e| from_std("setsockopt", fd, &e))
}

/// `IP_MULTICAST_LOOP` or `IPV6_MULTICAST_LOOP`: whether members on this machine get what this
/// socket sends. It is on at first.
///
/// * strace: `setsockopt(3, SOL_IP, IP_MULTICAST_LOOP, [0], 4) = 0`
/// * Manual page: ip(7), ipv6(7).
pub fn set_loop(fd: BorrowedFd<'_>, is_v6: bool, on: bool) -> Result<()> {
    let std = as_std(fd);
    let answer = if is_v6 { std.set_multicast_loop_v6(on) } else { std.set_multicast_loop_v4(on) };
    answer.map_err(|e| from_std("setsockopt", fd, &e))
}

/// `IP_MULTICAST_TTL` or `IPV6_MULTICAST_HOPS`: how many routers a datagram to a group may pass. It
/// is 1 at first, so that it stays in the local network; with 0 it stays in the machine.
///
/// * strace: `setsockopt(3, SOL_IP, IP_MULTICAST_TTL, [4], 4) = 0`
/// * Manual page: ip(7), ipv6(7).
pub fn set_ttl(fd: BorrowedFd<'_>, is_v6: bool, ttl: u8) -> Result<()> {
    if is_v6 {
        return set_number(fd, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_HOPS, ttl.into());
    }
    let answer = as_std(fd).set_multicast_ttl_v4(ttl.into());
    answer.map_err(|e| from_std("setsockopt", fd, &e))
}

/// `IP_MULTICAST_IF`: sends to groups by the interface with this address; 0.0.0.0 lets the system
/// choose again.
///
/// * strace: `setsockopt(3, SOL_IP, IP_MULTICAST_IF, [16777343], 4) = 0`
/// * `EADDRNOTAVAIL`: no interface has this address.
/// * Manual page: ip(7).
pub fn set_interface_v4(fd: BorrowedFd<'_>, interface: Ipv4Addr) -> Result<()> {
    let address = interface.octets();
    // SAFETY: four bytes, as `struct in_addr` is.
    unsafe { set_value(fd, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, &address) }
}

/// `IPV6_MULTICAST_IF`: sends to groups by the interface of this number; 0 lets the system choose
/// again.
///
/// * strace: `setsockopt(3, SOL_IPV6, IPV6_MULTICAST_IF, [1], 4) = 0`
/// * `ENODEV`: there is no such interface.
/// * Manual page: ipv6(7).
pub fn set_interface_v6(fd: BorrowedFd<'_>, interface: u32) -> Result<()> {
    let number = i32::try_from(interface).map_err(|_| {
        Error::new("setsockopt", libc::ENODEV).on(std::os::fd::AsRawFd::as_raw_fd(&fd))
    })?;
    set_number(fd, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_IF, number)
}
