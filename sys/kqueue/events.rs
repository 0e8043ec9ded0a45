//! What a wait brought, and what it means for who waits.

use std::fmt;

use super::{EV_EOF, EV_ERROR, EVFILT_WRITE, Knote};
use crate::poller::{Event, Readiness};

/// Room for the events of one wait.
pub struct Events {
    list: Vec<Knote>,
    capacity: i32,
}

impl Events {
    /// Room for `capacity` events; at least one, since a wait for none returns at once.
    pub fn with_capacity(capacity: usize) -> Events {
        let capacity = capacity.clamp(1, 1 << 20);
        Events { list: Vec::with_capacity(capacity), capacity: capacity as i32 }
    }

    /// Where the kernel may write and how many, with what was there forgotten.
    #[inline]
    pub(super) fn room(&mut self) -> (*mut Knote, i32) {
        self.list.clear();
        (self.list.as_mut_ptr(), self.capacity)
    }

    /// The kernel has written.
    ///
    /// # Safety
    ///
    /// The first `len` events are there.
    #[inline]
    pub(super) unsafe fn set_len(&mut self, len: usize) {
        // SAFETY: as the caller says.
        unsafe { self.list.set_len(len) };
    }

    /// Events that the kernel does not tell of, but should.
    pub(super) fn extend(&mut self, made: impl Iterator<Item = Knote>) {
        self.list.extend(made);
    }

    /// How many there is room for.
    pub fn capacity(&self) -> usize {
        self.capacity as usize
    }

    /// How many events the last wait brought.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether the last wait brought none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether the last wait may have left some behind.
    pub fn is_full(&self) -> bool {
        self.list.len() >= self.capacity as usize
    }

    /// The events of the last wait. Reading and writing of one descriptor come as two.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.list.iter().map(|e| Event { token: e.token(), readiness: readiness(e) })
    }

    /// The same as the kernel told them, for who watches more than descriptors.
    pub fn knotes(&self) -> &[Knote] {
        &self.list
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What an event means. `EV_EOF` is a hint and no error: what was sent before it is still there
/// to be read, and its number of bytes in the event (fact 5: also after a reset).
#[inline]
fn readiness(event: &Knote) -> Readiness {
    let write = event.filter() == EVFILT_WRITE;
    // No kernel here tells of urgent data in a READ event, and a read stops at its mark: that it
    // came back short says nothing.
    let mut r = if write {
        Readiness::WRITABLE
    } else {
        Readiness::READABLE | Readiness::SHORT_READS_MISLEAD
    };
    if event.flags() & (EV_EOF | EV_ERROR) != 0 {
        r |= ended(event, write);
    }
    r
}

/// The end of a direction. Of reading it is the peer's last byte, and writing goes on. The end of
/// writing is worth a try in both: nobody may be there any more. With an `errno` the connection is
/// gone; the error is left in the socket, for the call that is tried (fact 5).
#[cold]
fn ended(event: &Knote, write: bool) -> Readiness {
    let gone = event.notes() != 0 || event.flags() & EV_ERROR != 0;
    match (gone, write) {
        (true, _) => Readiness::UNKNOWN | Readiness::READ_CLOSED,
        (false, true) => Readiness::READABLE,
        (false, false) => Readiness::READ_CLOSED,
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::os::fd::AsFd;

    use super::*;
    use crate::kqueue::{EV_CLEAR, NOTE_EXIT};
    use crate::poller::Interest;

    fn event(of: impl Fn(std::os::fd::BorrowedFd<'_>) -> Knote, flags: u32, notes: u32) -> Knote {
        let pipe = io::pipe().unwrap();
        of(pipe.0.as_fd()).event(EV_CLEAR | flags, notes, 7)
    }

    #[test]
    fn an_event_is_about_one_direction() {
        let read = readiness(&event(Knote::readable, 0, 0));
        assert!(read.satisfies(Interest::READ) && !read.satisfies(Interest::WRITE));
        assert!(!read.intersects(Readiness::READ_CLOSED));
        assert_eq!(readiness(&event(Knote::writable, 0, 0)), Readiness::WRITABLE);
    }

    #[test]
    fn pitfall_8_the_end_of_a_stream_is_a_hint_and_leaves_writing_alone() {
        let r = readiness(&event(Knote::readable, EV_EOF, 0));
        assert!(r.intersects(Readiness::READ_CLOSED) && r.satisfies(Interest::READ));
        assert!(!r.satisfies(Interest::WRITE));
    }

    #[test]
    fn pitfall_6_a_reset_or_a_reader_that_is_gone_is_worth_a_try_in_both_directions() {
        let reset = libc::ECONNRESET as u32;
        for e in [
            event(Knote::readable, EV_EOF, reset),
            event(Knote::writable, EV_EOF, reset),
            event(Knote::writable, EV_EOF, 0),
        ] {
            assert!(readiness(&e).covers(Interest::BOTH), "{e:?}");
        }
    }

    #[test]
    fn pitfall_3_a_short_read_proves_nothing_where_urgent_marks_are_not_told() {
        let r = readiness(&event(Knote::readable, 0, 0));
        assert!(r.intersects(Readiness::SHORT_READS_MISLEAD));
    }

    #[test]
    fn what_is_no_descriptor_is_something_to_read() {
        let child = Knote::process(1, NOTE_EXIT).event(EV_CLEAR, NOTE_EXIT, 7);
        assert!(readiness(&child).satisfies(Interest::READ));
    }

    #[test]
    fn pitfall_22_room_for_no_events_is_room_for_one() {
        assert_eq!(Events::with_capacity(0).room().1, 1);
    }
}
