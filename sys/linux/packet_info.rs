//! The header of an IPv4 packet, as Linux tells of it.

use std::net::Ipv4Addr;
use std::os::fd::BorrowedFd;

use crate::Result;
use crate::option::set_number;
use crate::udp::packet_info::{PacketInfo, number};

pub(crate) fn read(info: &mut PacketInfo, kind: i32, data: &[u8]) {
    match kind {
        // The interface, the address of ours that it came to, and the one in its header.
        libc::IP_PKTINFO if data.len() >= 12 => {
            info.interface = number(data);
            let to = <[u8; 4]>::try_from(&data[8..12]).map(Ipv4Addr::from);
            info.to = to.map(Into::into).ok();
        }
        libc::IP_TOS => info.tos = data.first().copied(),
        _ => {}
    }
}

pub(crate) fn set_packet_info(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    set_number(fd, libc::IPPROTO_IP, libc::IP_PKTINFO, on.into())
}

pub(crate) fn set_receive_tos(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    set_number(fd, libc::IPPROTO_IP, libc::IP_RECVTOS, on.into())
}
