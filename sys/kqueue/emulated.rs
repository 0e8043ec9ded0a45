//! What libkqueue declares in its `sys/event.h`, for tests on Linux. The layout is that of macOS,
//! the numbers are FreeBSD's.

use std::ffi::{c_int, c_void};

unsafe extern "C" {
    pub(super) fn kqueue() -> c_int;
    pub(super) fn kevent(
        kq: c_int,
        changelist: *const kevent,
        nchanges: c_int,
        eventlist: *mut kevent,
        nevents: c_int,
        timeout: *const libc::timespec,
    ) -> c_int;
}

/// `struct kevent`
#[allow(non_camel_case_types)] // as in C, where it shares its name with the call
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct kevent {
    pub(super) ident: usize,
    pub(super) filter: i16,
    pub(super) flags: u16,
    pub(super) fflags: u32,
    pub(super) data: isize,
    pub(super) udata: *mut c_void,
}

pub(super) const EVFILT_READ: i16 = -1;
pub(super) const EVFILT_WRITE: i16 = -2;
pub(super) const EVFILT_VNODE: i16 = -4;
pub(super) const EVFILT_PROC: i16 = -5;
pub(super) const EVFILT_SIGNAL: i16 = -6;
pub(super) const EVFILT_TIMER: i16 = -7;
pub(super) const EVFILT_USER: i16 = -11;

pub(super) const EV_ADD: u16 = 0x0001;
pub(super) const EV_DELETE: u16 = 0x0002;
pub(super) const EV_ONESHOT: u16 = 0x0010;
pub(super) const EV_CLEAR: u16 = 0x0020;
pub(super) const EV_RECEIPT: u16 = 0x0040;
pub(super) const EV_ERROR: u16 = 0x4000;
pub(super) const EV_EOF: u16 = 0x8000;

pub(super) const NOTE_TRIGGER: u32 = 0x0100_0000;
pub(super) const NOTE_EXIT: u32 = 0x8000_0000;
pub(super) const NOTE_DELETE: u32 = 0x0001;
pub(super) const NOTE_WRITE: u32 = 0x0002;
pub(super) const NOTE_EXTEND: u32 = 0x0004;
pub(super) const NOTE_ATTRIB: u32 = 0x0008;
pub(super) const NOTE_LINK: u32 = 0x0010;
pub(super) const NOTE_RENAME: u32 = 0x0020;
pub(super) const NOTE_REVOKE: u32 = 0x0040;

/// It is not told when a descriptor is closed, and keeps what was watched of it.
pub(super) const KNOTES_SURVIVE_CLOSE: bool = true;
