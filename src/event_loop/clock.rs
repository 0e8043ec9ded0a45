//! What time it is on a loop: that of the world, or a time of its own that passes when nobody
//! runs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

use eagain_sys::clock;

use crate::event_loop::moment::Moment;

/// Which clock a loop goes by, see [`Builder::clock`](crate::Builder::clock).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clock {
    /// The system's monotonic clock.
    #[default]
    Real,
    /// One that stands still while tasks run, and jumps to the next deadline when nobody can: for
    /// tests. See the [module `time`](crate::time#a-virtual-clock).
    Virtual,
}

/// A clock that somebody moves.
pub(crate) struct VirtualClock {
    now: Cell<Moment>,
    /// How many hold time still.
    holds: Cell<usize>,
}

thread_local! {
    /// That of the loop that runs on this thread, unless its clock is the real one.
    static CURRENT: RefCell<Option<Rc<VirtualClock>>> = const { RefCell::new(None) };
}

/// What time it is for the loop that runs on this thread; in the world, if none does.
#[inline]
pub(crate) fn now() -> Instant {
    let unreal = CURRENT.try_with(|clock| clock.borrow().as_ref().map(|clock| clock.instant()));
    unreal.ok().flatten().unwrap_or_else(clock::now)
}

/// Lets the thread go by a clock, or by the real one. To be told whenever another loop gets hold
/// of the thread.
pub(crate) fn go_by(clock: Option<&Rc<VirtualClock>>) {
    let before = CURRENT.try_with(|current| current.replace(clock.cloned()));
    drop(before);
}

impl VirtualClock {
    pub(crate) fn new(begin: Moment) -> VirtualClock {
        VirtualClock { now: Cell::new(begin), holds: Cell::new(0) }
    }

    pub(crate) fn now(&self) -> Moment {
        self.now.get()
    }

    pub(crate) fn instant(&self) -> Instant {
        // It is never set to the moment that has no instant.
        self.now.get().instant().unwrap_or_else(clock::now)
    }

    /// Moves it, but never back.
    pub(crate) fn set(&self, now: Moment) {
        self.now.set(now.max(self.now.get()).min(Moment::LAST));
    }

    pub(crate) fn is_held(&self) -> bool {
        self.holds.get() > 0
    }
}

/// Holds a virtual clock still; a real one does not care.
pub(crate) struct Held(Option<Rc<VirtualClock>>);

impl Held {
    pub(crate) fn new(clock: Option<Rc<VirtualClock>>) -> Held {
        if let Some(clock) = &clock {
            clock.holds.set(clock.holds.get() + 1);
        }
        Held(clock)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(clock) = &self.0 {
            clock.holds.set(clock.holds.get() - 1);
        }
    }
}
