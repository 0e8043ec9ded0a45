//! Control messages: what travels beside the bytes of a message, as cmsg(3) lays it out.

use std::{mem, ptr, slice};

/// A message header that tells of nothing yet.
pub(crate) fn empty_header() -> libc::msghdr {
    // SAFETY: it holds numbers and pointers, and all of them may be zero.
    unsafe { mem::zeroed() }
}

/// Calls `take` with the level, the type and the data of each control message in the first `len`
/// bytes of `room`.
pub(crate) fn each(room: &[u64], len: usize, mut take: impl FnMut(i32, i32, &[u8])) {
    let len = len.min(size_of_val(room));
    let end = room.as_ptr() as usize + len;
    let mut header = empty_header();
    header.msg_control = room.as_ptr().cast_mut().cast();
    header.msg_controllen = len as _;
    // SAFETY: the header tells of `len` bytes that are there.
    let mut next = unsafe { libc::CMSG_FIRSTHDR(&raw const header) };
    while !next.is_null() {
        // SAFETY: a control message's header lies within the room, and aligned.
        let message = unsafe { ptr::read(next) };
        // SAFETY: computes where the data is.
        let data = unsafe { libc::CMSG_DATA(next) };
        let before = data as usize - next as usize;
        // The last one may claim more than was delivered (macOS, when it did not fit).
        let told = (message.cmsg_len as usize).saturating_sub(before);
        let there = end.saturating_sub(data as usize);
        // SAFETY: so many bytes lie between `data` and the end of the room.
        let bytes = unsafe { slice::from_raw_parts(data, told.min(there)) };
        take(message.cmsg_level, message.cmsg_type, bytes);
        if (message.cmsg_len as usize) < size_of::<libc::cmsghdr>() {
            return; // nonsense: it would be found again and again
        }
        // SAFETY: `next` is a control message in what the header tells of.
        next = unsafe { libc::CMSG_NXTHDR(&raw const header, next) };
    }
}
