//! Control messages: what travels beside the bytes of a message, as cmsg(3) lays it out.

use std::{mem, ptr, slice};

/// A message header that tells of nothing yet.
pub(crate) fn empty_header() -> libc::msghdr {
    // SAFETY: it holds numbers and pointers, and all of them may be zero.
    unsafe { mem::zeroed() }
}

/// How much room a control message with so many bytes of data takes.
pub(crate) fn space(data: usize) -> usize {
    // SAFETY: computes a number.
    let space = unsafe { libc::CMSG_SPACE(data as libc::c_uint) };
    space as usize
}

/// Writes one control message to the beginning of `room`, which has to hold it, and tells how
/// much of the room it takes.
pub(crate) fn put(room: &mut [u64], level: i32, kind: i32, data: &[u8]) -> usize {
    let used = space(data.len());
    assert!(used <= size_of_val(room), "{used} bytes of control messages");
    let mut header = empty_header();
    header.msg_control = room.as_mut_ptr().cast();
    header.msg_controllen = used as _;
    // SAFETY: the header tells of room for a control message.
    let first = unsafe { libc::CMSG_FIRSTHDR(&raw const header) };
    // SAFETY: computes a number.
    let len = unsafe { libc::CMSG_LEN(data.len() as libc::c_uint) };
    // SAFETY: `first` is the beginning of `room`, which is aligned for it and initialised.
    let message = unsafe { &mut *first };
    message.cmsg_len = len as _;
    message.cmsg_level = level;
    message.cmsg_type = kind;
    // SAFETY: there is room for `data` behind the control message's header.
    let at = unsafe { libc::CMSG_DATA(first) };
    // SAFETY: likewise, and the two do not overlap.
    unsafe { ptr::copy_nonoverlapping(data.as_ptr(), at, data.len()) };
    used
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_found() {
        let mut room = [0; 8];
        let used = put(&mut room, 1, 2, b"hello");
        let mut found = vec![];
        each(&room, used, |level, kind, data| found.push((level, kind, data.to_vec())));
        assert_eq!(found, [(1, 2, b"hello".to_vec())]);
    }

    #[test]
    fn a_message_that_was_cut_off_is_not_read_beyond() {
        let mut room = [0; 8];
        let used = put(&mut room, 1, 2, &[7; 16]);
        let mut found = vec![];
        each(&room, used - 8, |_, _, data| found.extend_from_slice(data));
        assert_eq!(found, [7; 8]);
    }
}
