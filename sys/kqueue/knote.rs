//! A change to the list of what is watched, its receipt, an event: all three are a
//! `struct kevent`.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::{fmt, mem, ptr};

use super::{
    EV_ADD, EV_DELETE, EV_ERROR, EV_RECEIPT, EVFILT_PROC, EVFILT_READ, EVFILT_SIGNAL, EVFILT_TIMER,
    EVFILT_USER, EVFILT_VNODE, EVFILT_WRITE, NOTE_TRIGGER, abi,
};

// A token is slot and generation, and the kernel hands back a pointer's width of it.
const _: () = assert!(size_of::<usize>() == 8, "eagain's tokens need 64 bits in a kevent's udata");

/// One thing that is watched of one ident: `struct kevent`.
///
/// Made of what it is about ([`Knote::readable`] and its kin) and what is to be done
/// ([`Knote::add`], [`Knote::delete`], [`Knote::trigger`]); [`kevent_change`](super::kevent_change)
/// makes a receipt of it. Each change asks for that.
///
/// The kernels' structs differ in the width of their fields (fact 10): here, and nowhere else, they
/// are brought to one.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Knote(abi::kevent);

impl Knote {
    fn new(ident: usize, filter: i32) -> Knote {
        // SAFETY: numbers and a pointer, and whatever else a kernel has beside them: for all of
        // them zero is a value, and the one that means nothing.
        let mut raw: abi::kevent = unsafe { mem::zeroed() };
        raw.ident = ident;
        raw.filter = filter as _;
        Knote(raw)
    }

    fn of_descriptor(fd: BorrowedFd<'_>, filter: i32) -> Knote {
        Knote::new(fd.as_raw_fd() as usize, filter)
    }

    /// Whether `fd` can be read, or, of a listener, has a connection to accept.
    pub fn readable(fd: BorrowedFd<'_>) -> Knote {
        Knote::of_descriptor(fd, EVFILT_READ)
    }

    /// Whether `fd` can be written.
    pub fn writable(fd: BorrowedFd<'_>) -> Knote {
        Knote::of_descriptor(fd, EVFILT_WRITE)
    }

    /// What happens to the file or directory that `fd` is open on: some of the `NOTE_`s for
    /// `EVFILT_VNODE`.
    pub fn file(fd: BorrowedFd<'_>, notes: u32) -> Knote {
        Knote::of_descriptor(fd, EVFILT_VNODE).notes_set(notes)
    }

    /// Whether a signal was sent to this process. It is noticed beside the signal's disposition,
    /// and before it: also one that is ignored.
    pub fn signal(number: i32) -> Knote {
        Knote::new(number as usize, EVFILT_SIGNAL)
    }

    /// What a process does: `NOTE_EXIT`.
    pub fn process(pid: u32, notes: u32) -> Knote {
        Knote::new(pid as usize, EVFILT_PROC).notes_set(notes)
    }

    /// Whether time has passed, again and again unless `EV_ONESHOT` is added.
    pub fn timer(ident: usize, milliseconds: u32) -> Knote {
        let mut timer = Knote::new(ident, EVFILT_TIMER);
        timer.0.data = milliseconds as _;
        timer
    }

    /// Whether somebody [triggered](Knote::trigger) it.
    pub fn user(ident: usize) -> Knote {
        Knote::new(ident, EVFILT_USER)
    }

    fn notes_set(mut self, notes: u32) -> Knote {
        self.0.fflags = notes;
        self
    }

    fn changing(mut self, flags: u32) -> Knote {
        self.0.flags = (flags | EV_RECEIPT) as _;
        self
    }

    /// Is to be watched. Its events come with `token`. `flags` may be
    /// [`EV_CLEAR`](super::EV_CLEAR) or [`EV_ONESHOT`](super::EV_ONESHOT).
    #[must_use]
    pub fn add(self, flags: u32, token: u64) -> Knote {
        self.changing(EV_ADD | flags).with_token(token)
    }

    /// Is not to be watched any more.
    #[must_use]
    pub fn delete(self) -> Knote {
        self.changing(EV_DELETE)
    }

    /// Something of [`Knote::user`] that is watched is to be reported. The token is to be told
    /// again: each change overwrites it.
    #[must_use]
    pub fn trigger(self, token: u64) -> Knote {
        self.notes_set(NOTE_TRIGGER).changing(0).with_token(token)
    }

    fn with_token(mut self, token: u64) -> Knote {
        self.0.udata = ptr::without_provenance_mut(token as usize);
        self
    }

    /// Whether it is a change that adds.
    pub(super) fn is_add(&self) -> bool {
        self.flags() & EV_ADD != 0
    }

    /// An event as a kernel would tell it.
    pub(super) fn event(self, flags: u32, notes: u32, token: u64) -> Knote {
        let mut event = self.notes_set(notes).with_token(token);
        event.0.flags = flags as _;
        event
    }

    /// What came of a change: 0, or an `errno`.
    ///
    /// FreeBSD's page says it for all: `EV_ERROR` is set in a receipt, and its data are the
    /// error.
    pub fn receipt(&self) -> i32 {
        if self.flags() & EV_ERROR == 0 { 0 } else { self.data() as i32 }
    }

    /// What it is about: a descriptor, a signal, a process.
    pub fn ident(&self) -> usize {
        self.0.ident
    }

    /// What is watched: `EVFILT_READ` and its kin.
    #[inline]
    pub fn filter(&self) -> i32 {
        self.0.filter as _
    }

    /// `EV_EOF` and its kin.
    #[inline]
    pub fn flags(&self) -> u32 {
        self.0.flags as _
    }

    /// What happened, in the `NOTE_`s of the filter. Of a socket at its end, the `errno` of what
    /// ended it.
    #[inline]
    pub fn notes(&self) -> u32 {
        self.0.fflags
    }

    /// Bytes that can be read or written, connections to accept, how often a signal came, the
    /// status of a process that has ended.
    pub fn data(&self) -> i64 {
        self.0.data as _
    }

    /// The token that it was added with.
    #[inline]
    pub fn token(&self) -> u64 {
        self.0.udata.addr() as u64
    }
}

impl fmt::Debug for Knote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Knote")
            .field("ident", &self.ident())
            .field("filter", &self.filter())
            .field("flags", &format_args!("{:#x}", self.flags()))
            .field("notes", &format_args!("{:#x}", self.notes()))
            .field("data", &self.data())
            .field("token", &format_args!("{:#x}", self.token()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::os::fd::AsFd;

    use super::*;
    use crate::kqueue::{EV_CLEAR, kevent_change, kqueue};

    #[test]
    fn pitfall_68_what_goes_into_a_knote_comes_out_of_it() {
        let pipe = io::pipe().unwrap();
        let fd = pipe.0.as_fd();
        let token = u64::MAX - 1;
        let knote = Knote::readable(fd).add(EV_CLEAR, token);
        assert_eq!(knote.ident(), fd.as_raw_fd() as usize);
        assert_eq!(knote.filter(), EVFILT_READ);
        assert_eq!(knote.flags(), EV_ADD | EV_CLEAR | EV_RECEIPT);
        assert_eq!(knote.token(), token);
        assert_eq!(Knote::writable(fd).delete().filter(), EVFILT_WRITE);
        assert_eq!(Knote::timer(1, 20).data(), 20);
        assert_eq!(Knote::user(3).trigger(4).notes(), NOTE_TRIGGER);
    }

    #[test]
    fn each_change_has_a_receipt() {
        let (kqueue, pipe) = (kqueue().unwrap(), io::pipe().unwrap());
        let mut changes = [
            Knote::readable(pipe.0.as_fd()).add(EV_CLEAR, 1),
            Knote::writable(pipe.0.as_fd()).delete(),
            Knote::readable(pipe.0.as_fd()).delete(),
        ];
        kevent_change(kqueue.as_fd(), &mut changes).unwrap();
        assert_eq!(changes.map(|c| c.receipt()), [0, libc::ENOENT, 0]);
    }
}
