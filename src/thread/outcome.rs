//! What comes of something that another thread does: put in once, taken out once.
//!
//! This file stands alone: `tests/loom` runs it through every order that threads can take.

use std::mem;
use std::task::{Context, Poll, Waker};

use super::primitives::{Condvar, Mutex, MutexGuard, PoisonError};

pub(super) struct Outcome<T> {
    slot: Mutex<Slot<T>>,
    filled: Condvar,
}

enum Slot<T> {
    /// Nothing yet; who wants to know.
    Empty(Option<Waker>),
    Full(T),
    Taken,
}

impl<T> Outcome<T> {
    pub(super) fn new() -> Outcome<T> {
        Outcome { slot: Mutex::new(Slot::Empty(None)), filled: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first result stands.
    pub(super) fn put(&self, result: T) {
        let mut slot = self.lock();
        let Slot::Empty(waker) = &mut *slot else {
            drop(slot);
            return drop(result); // with nothing locked
        };
        let waker = waker.take();
        *slot = Slot::Full(result);
        drop(slot);
        self.filled.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn is_full(&self) -> bool {
        !matches!(&*self.lock(), Slot::Empty(_))
    }

    /// # Panics
    /// If it was taken before.
    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<T> {
        match &mut *self.lock() {
            Slot::Empty(Some(waker)) if waker.will_wake(cx.waker()) => return Poll::Pending,
            Slot::Empty(_) => {}
            full => return Poll::Ready(take(full)),
        }
        // May be anybody's wakers: they are cloned and dropped with nothing locked.
        let waker = cx.waker().clone();
        let mut slot = self.lock();
        let (polled, unused) = match &mut *slot {
            Slot::Empty(kept) => (Poll::Pending, kept.replace(waker)),
            full => (Poll::Ready(take(full)), Some(waker)),
        };
        drop(slot);
        drop(unused);
        polled
    }

    /// Nobody polls any more.
    pub(super) fn forget_waker(&self) {
        let waker = match &mut *self.lock() {
            Slot::Empty(waker) => waker.take(),
            _ => None,
        };
        drop(waker); // with nothing locked
    }

    /// Blocks the thread until there is a result.
    pub(super) fn wait(&self) -> T {
        let mut slot = self.lock();
        while matches!(&*slot, Slot::Empty(_)) {
            slot = self.filled.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
        take(&mut slot)
    }
}

fn take<T>(slot: &mut Slot<T>) -> T {
    match mem::replace(slot, Slot::Taken) {
        Slot::Full(result) => result,
        _ => panic!("a future was polled after it had returned"),
    }
}
