//! Those who wait for one thing, in the order in which they came.
//!
//! Whoever is called keeps its place until it has taken note (or is dropped): what it was called
//! for lies there meanwhile, and is not lost with it.
//!
//! Wakers are anybody's code. They are cloned, woken and dropped only while nothing is borrowed, and
//! one that panics, of which the panic hook tells, does not keep the others from being woken.

use std::cell::{Cell, RefCell};
use std::task::{Poll, Waker};

use crate::sync::line::{Line, Place};
use crate::task::body::quietly;

/// A line of waiters. `A` is what each asks for, and what it is answered.
pub(crate) struct Waiters<A> {
    line: RefCell<Line<Waiter<A>>>,
    /// How many have not been called.
    waiting: Cell<usize>,
}

struct Waiter<A> {
    waker: Option<Waker>,
    note: A,
}

impl<A: Copy> Waiters<A> {
    pub(crate) const fn new() -> Waiters<A> {
        Waiters { line: RefCell::new(Line::new()), waiting: Cell::new(0) }
    }

    /// Whether nobody waits to be called.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.get() == 0
    }

    /// How many wait to be called.
    pub(crate) fn len(&self) -> usize {
        self.waiting.get()
    }

    /// Joins without a waker: to be polled later.
    pub(crate) fn join(&self, ask: A) -> Place {
        self.stand(Waiter { waker: None, note: ask })
    }

    /// Whether an answer lies there for the one in this place.
    pub(crate) fn is_called(&self, place: &Place) -> bool {
        !self.line.borrow().is_in_line(place)
    }

    /// Takes the answer if there is one; else waits for it, with this waker from now on.
    pub(crate) fn poll(&self, place: &mut Option<Place>, ask: A, waker: &Waker) -> Poll<A> {
        if !self.is_current(place.as_ref(), waker) {
            let clone = waker.clone();
            let old = self.keep(place, ask, clone);
            drop(old); // nothing is borrowed
        }
        match place.take_if(|place| self.is_called(place)) {
            Some(called) => Poll::Ready(self.line.borrow_mut().leave(called).note),
            None => Poll::Pending,
        }
    }

    /// Gives up. The answer comes back if there was one: it is for somebody else then.
    pub(crate) fn leave(&self, place: Place) -> Option<A> {
        let mut line = self.line.borrow_mut();
        let called = !line.is_in_line(&place);
        let Waiter { waker, note } = line.leave(place);
        drop(line);
        if !called {
            self.waiting.set(self.waiting.get() - 1);
        }
        drop(waker); // nothing is borrowed
        called.then_some(note)
    }

    /// Calls the first one if there is an answer to what it asks. False if nobody was called.
    pub(crate) fn call_first(&self, answer: impl FnOnce(A) -> Option<A>) -> bool {
        let mut line = self.line.borrow_mut();
        let Some(note) = line.first().and_then(|first| answer(first.note)) else { return false };
        let waker = line.call_first().and_then(|first| {
            first.note = note;
            first.waker.take()
        });
        drop(line);
        self.waiting.set(self.waiting.get() - 1);
        if let Some(waker) = waker {
            quietly(|| waker.wake());
        }
        true
    }

    /// Calls everybody who waits now, with the same answer.
    pub(crate) fn call_all(&self, answer: A) {
        wake_each(self.answer_all(answer));
    }

    /// The same, but for waking them, which is left to the caller.
    pub(crate) fn answer_all(&self, answer: A) -> Vec<Waker> {
        if self.is_empty() {
            return Vec::new();
        }
        self.waiting.set(0);
        let mut line = self.line.borrow_mut();
        let mut wakers = Vec::new();
        while let Some(first) = line.call_first() {
            first.note = answer;
            wakers.extend(first.waker.take());
        }
        wakers
    }

    /// Whether nothing has to be changed for this waker: it is known, or not needed any more.
    fn is_current(&self, place: Option<&Place>, waker: &Waker) -> bool {
        let Some(place) = place else { return false };
        let mut line = self.line.borrow_mut();
        let known = line.entry_mut(place).waker.as_ref().is_some_and(|w| w.will_wake(waker));
        known || !line.is_in_line(place)
    }

    /// Keeps the waker, and answers with one that is superfluous.
    fn keep(&self, place: &mut Option<Place>, ask: A, waker: Waker) -> Option<Waker> {
        let Some(place) = place else {
            *place = Some(self.stand(Waiter { waker: Some(waker), note: ask }));
            return None;
        };
        let mut line = self.line.borrow_mut();
        if line.is_in_line(place) {
            line.entry_mut(place).waker.replace(waker)
        } else {
            Some(waker)
        }
    }

    fn stand(&self, waiter: Waiter<A>) -> Place {
        self.waiting.set(self.waiting.get() + 1);
        self.line.borrow_mut().join(waiter)
    }
}

/// One that panics harms itself alone.
pub(crate) fn wake_each(wakers: Vec<Waker>) {
    for waker in wakers {
        quietly(|| waker.wake());
    }
}
