//! The waker of the only one who can wait.
//!
//! It is kept between two waits, so that waiting over and over clones it once: taking it out,
//! waking by reference and putting it back costs no count. It lies in a `Cell`, so nothing is
//! borrowed while somebody else's code runs, which may well come back here.

use std::cell::Cell;
use std::task::Waker;

pub(crate) struct WakerSlot {
    waker: Cell<Option<Waker>>,
    state: Cell<State>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody waits, and no waker shall be kept.
    Empty,
    /// Nobody waits, and the waker is kept for the next time.
    Idle,
    /// Somebody waits.
    Waiting,
}

impl WakerSlot {
    pub(crate) const fn new() -> WakerSlot {
        WakerSlot { waker: Cell::new(None), state: Cell::new(State::Empty) }
    }

    /// Waits with this waker.
    #[inline]
    pub(crate) fn wait(&self, waker: &Waker) {
        let kept = self.waker.take();
        if kept.as_ref().is_some_and(|kept| kept.will_wake(waker)) {
            self.waker.set(kept);
            self.state.set(State::Waiting);
        } else {
            self.replace(kept, waker);
        }
    }

    #[inline(never)]
    fn replace(&self, old: Option<Waker>, waker: &Waker) {
        let new = waker.clone();
        let older = self.waker.replace(Some(new));
        self.state.set(State::Waiting);
        drop((old, older)); // the slot is in order by now
    }

    /// Wakes the one who waits, if it does, and keeps its waker.
    #[inline]
    pub(crate) fn wake(&self) {
        if self.state.get() == State::Waiting {
            self.state.set(State::Idle);
            if let Some(waker) = self.waker.take() {
                waker.wake_by_ref();
                self.put_back(waker);
            }
        }
    }

    /// If the slot was used meanwhile, it has a newer one, or wants none.
    #[inline]
    fn put_back(&self, waker: Waker) {
        if self.state.get() == State::Idle {
            self.waker.set(Some(waker));
        }
    }

    /// Wakes the one who waits, if it does, for the last time.
    #[inline]
    pub(crate) fn wake_last(&self) {
        self.state.set(State::Empty);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Nobody waits any more; the waker goes.
    #[inline]
    pub(crate) fn clear(&self) {
        self.state.set(State::Empty);
        drop(self.waker.take());
    }
}
