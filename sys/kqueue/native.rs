//! What the C library declares. Fields and constants differ in width between the kernels; they
//! are brought to one width in `kqueue.rs` and `knote.rs`, and nowhere else.

pub(super) use libc::{
    EV_ADD, EV_CLEAR, EV_DELETE, EV_EOF, EV_ERROR, EV_ONESHOT, EV_RECEIPT, EVFILT_PROC,
    EVFILT_READ, EVFILT_SIGNAL, EVFILT_TIMER, EVFILT_USER, EVFILT_VNODE, EVFILT_WRITE, NOTE_ATTRIB,
    NOTE_DELETE, NOTE_EXIT, NOTE_EXTEND, NOTE_LINK, NOTE_RENAME, NOTE_REVOKE, NOTE_TRIGGER,
    NOTE_WRITE, kevent, kqueue,
};

/// Closing a descriptor drops its knotes (fact 1).
pub(super) const KNOTES_SURVIVE_CLOSE: bool = false;
