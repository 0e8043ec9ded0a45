//! The header of an IPv4 packet where each system has other names for what it tells: none of them
//! is asked.

use std::os::fd::{AsRawFd, BorrowedFd};

use crate::udp::packet_info::PacketInfo;
use crate::{Error, Result};

pub(crate) fn read(_: &mut PacketInfo, _: i32, _: &[u8]) {}

pub(crate) fn set_packet_info(fd: BorrowedFd<'_>, _: bool) -> Result<()> {
    Err(Error::new("setsockopt", libc::EOPNOTSUPP).on(fd.as_raw_fd()))
}

pub(crate) fn set_receive_tos(fd: BorrowedFd<'_>, _: bool) -> Result<()> {
    Err(Error::new("setsockopt", libc::EOPNOTSUPP).on(fd.as_raw_fd()))
}
