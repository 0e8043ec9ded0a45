//! The contract of a poller: how a loop learns which descriptors are ready.
//!
//! Every way of waiting is one file and the calls it is made of: the kernel's own
//! ([`native`](crate::native): [`epoll`](crate::epoll) on Linux, `kqueue` elsewhere), and
//! [`poll`](mod@crate::poll) and [`select`](mod@crate::select), which every Unix has. Each
//! supplies a type `Poller`, its `Events`, and a `Bell`, with exactly
//! these functions:
//!
//! * `new()` makes one.
//! * `add(fd, token, interest)` begins to watch. A descriptor is added once in its life;
//!   `EEXIST` says that it was. `EPERM` says that the kernel cannot poll it: it is always ready.
//! * `modify(fd, token, interest)` watches for more than before. A kernel that keeps one
//!   entry a direction adds what is missing. `ENOENT`: it was never added.
//! * `want(number, token, interest)` asks again for a direction that was reported, after a call
//!   has answered `EAGAIN`. An edge-triggered poller needs no such call and does nothing.
//! * `arm(fd, token, interest, known)` watches a descriptor that the loop does not own, for
//!   one report, level-checked: if it is ready already, it is reported. `known` says that it
//!   was armed before; the kernel may have forgotten it all the same.
//! * `delete(fd, token)` ends watching. A descriptor that was never duplicated may simply be
//!   closed, if the poller `forgets_closed()` ones: else it has to be deleted before. The token
//!   tells it from another one that has come to its number.
//! * `has_entry_per_direction()`: reading and writing of a descriptor are two entries, added and
//!   reported one by one, and neither tells who added it: there `add` and `arm` of what is watched
//!   already are not refused, nor are `modify` and `delete` of what is not, and whoever calls them
//!   has to know.
//! * `wait(events, timeout)` sleeps until something is ready and fills `events`. `None` is
//!   for ever. It returns with an empty batch after the timeout and after a signal: the
//!   caller keeps absolute deadlines and works the timeout out anew.
//! * `use_milliseconds()` does without finer timeouts, if there are any.
//! * `bell(token)` makes something that any thread may `ring` to end a wait. Who hears it
//!   `answer`s before looking for what it announced, and before the next wait.
//! * `as_fd()`: its own descriptor, readable while there are events, if the kernel has one for
//!   it; else the bell's.
//!
//! What holds for all of them:
//!
//! * **Edges.** After a report for a direction there may be no other until a call on that
//!   descriptor has answered `EAGAIN` (or come back short, where that means the same). A
//!   poller that is not edge-triggered disarms a direction when it reports it.
//! * **Spurious reports happen.** A report means "try again", nothing more.
//! * **Hang-ups and errors** are reported as both directions, whatever was asked for: only
//!   the next call on the descriptor tells what happened.
//! * **Tokens come back as they were given**, also for a descriptor that was closed after the
//!   batch was fetched. Whoever hands out tokens makes them recognisable (slot and generation).
//! * A token of `u64::MAX` is never handed out.
//! * **What there is no room for** in a batch comes with the next one, and everybody has a turn.
//!
//! A loop is made with one of them, by name ([`Backend`]): the [`Poller`] of this module.

mod backend;
mod chosen;
pub mod plain;
pub mod self_pipe;
pub(crate) mod watched;

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

pub use self::backend::{Backend, UnknownBackend};
pub use self::chosen::{Batch, Bell, Events, Poller};

/// What a caller wants to hear of: reading, writing or both.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interest(u8);

impl Interest {
    /// Data to read, a connection to accept, or the end of the stream.
    pub const READ: Interest = Interest(Readiness::READABLE.0);
    /// Room to write, or a connection established.
    pub const WRITE: Interest = Interest(Readiness::WRITABLE.0);
    /// Both.
    pub const BOTH: Interest = Interest(Interest::READ.0 | Interest::WRITE.0);

    /// Whether all of `other` is wanted.
    pub const fn contains(self, other: Interest) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Interest {
    type Output = Interest;
    fn bitor(self, other: Interest) -> Interest {
        Interest(self.0 | other.0)
    }
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Interest::READ => "read",
            Interest::WRITE => "write",
            _ => "read|write",
        })
    }
}

/// What is known of a descriptor: a set of the constants below.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Readiness(u8);

impl Readiness {
    /// Nothing.
    pub const NONE: Readiness = Readiness(0);
    /// A read is worth trying.
    pub const READABLE: Readiness = Readiness(1);
    /// A write is worth trying.
    pub const WRITABLE: Readiness = Readiness(2);
    /// The peer has sent its last byte, or the connection is gone. What it sent before may
    /// still be unread.
    pub const READ_CLOSED: Readiness = Readiness(4);
    /// Urgent data or another exceptional condition: reads may come back short.
    pub const PRIORITY: Readiness = Readiness(8);
    /// A short read says nothing: of the kinds of descriptors for which that is so, it is always
    /// in the set. A poller reports it whose kernel does not tell of urgent data.
    pub const SHORT_READS_MISLEAD: Readiness = Readiness(16);
    /// Everything that can be known: of a descriptor never asked about, all is worth trying.
    pub const UNKNOWN: Readiness = Readiness(1 | 2);

    /// Whether any of `other` is in the set.
    pub const fn intersects(self, other: Readiness) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether a direction of `interest` is in the set.
    pub const fn satisfies(self, interest: Interest) -> bool {
        self.0 & interest.0 != 0
    }

    /// Whether both directions of `interest` are in the set, or the one that it has.
    pub const fn covers(self, interest: Interest) -> bool {
        self.0 & interest.0 == interest.0
    }

    /// The set without `other`.
    pub const fn without(self, other: Readiness) -> Readiness {
        Readiness(self.0 & !other.0)
    }

    /// The directions of `interest` that are in the set, and nothing else.
    pub const fn of(self, interest: Interest) -> Readiness {
        Readiness(self.0 & interest.0)
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl From<Interest> for Readiness {
    fn from(interest: Interest) -> Readiness {
        Readiness(interest.0)
    }
}

impl BitOr for Readiness {
    type Output = Readiness;
    fn bitor(self, other: Readiness) -> Readiness {
        Readiness(self.0 | other.0)
    }
}

impl BitOrAssign for Readiness {
    fn bitor_assign(&mut self, other: Readiness) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (Readiness::READABLE, "readable"),
            (Readiness::WRITABLE, "writable"),
            (Readiness::READ_CLOSED, "read-closed"),
            (Readiness::PRIORITY, "priority"),
        ];
        let mut first = true;
        for (bit, name) in names {
            if self.intersects(bit) {
                write!(f, "{}{name}", if first { "" } else { "|" })?;
                first = false;
            }
        }
        if first { f.write_str("nothing") } else { Ok(()) }
    }
}

/// One report of a poller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What `add`, `modify` or `arm` was given.
    pub token: u64,
    /// What is worth trying now.
    pub readiness: Readiness,
}
