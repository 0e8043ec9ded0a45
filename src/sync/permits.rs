//! A count of permits and the line of those who wait for them: what a semaphore, a bounded
//! channel and a pool have in common.
//!
//! The line is served strictly in order: while somebody waits, nobody else gets a permit, also
//! if the first one wants more than there are and the newcomer would be content with less.

use std::cell::Cell;
use std::task::{Context, Poll};

use crate::event_loop::budget;
use crate::sync::line::Place;
use crate::sync::waiters::Waiters;

pub(crate) struct Permits {
    available: Cell<usize>,
    closed: Cell<bool>,
    waiters: Waiters<Result<usize, Closed>>,
}

/// There will be no permits any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closed;

/// Why there is no permit now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Closed,
    /// There are too few, or somebody waits for them.
    Taken,
}

impl Permits {
    pub(crate) const fn new(permits: usize) -> Permits {
        Permits { available: Cell::new(permits), closed: Cell::new(false), waiters: Waiters::new() }
    }

    #[inline]
    pub(crate) fn available(&self) -> usize {
        self.available.get()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiters.len()
    }

    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    #[inline]
    pub(crate) fn try_take(&self, permits: usize) -> Result<(), Refusal> {
        if self.closed.get() {
            return Err(Refusal::Closed);
        }
        let left = self.available.get().checked_sub(permits);
        match left {
            Some(left) if self.waiters.is_empty() || permits == 0 => {
                self.available.set(left);
                Ok(())
            }
            _ => Err(Refusal::Taken),
        }
    }

    /// Gives permits back, or adds them.
    ///
    /// # Panics
    /// If there are more than a `usize` counts.
    #[inline]
    pub(crate) fn release(&self, permits: usize) {
        let available = self.available.get().checked_add(permits).expect("too many permits");
        self.available.set(available);
        if !self.waiters.is_empty() {
            self.serve();
        }
    }

    /// Calls those whose turn it is.
    #[inline(never)]
    fn serve(&self) {
        while self.waiters.call_first(|wanted| match wanted {
            Ok(wanted) => {
                self.available.set(self.available.get().checked_sub(wanted)?);
                Some(Ok(wanted))
            }
            Err(Closed) => None, // is in no line
        }) {}
    }

    /// Takes up to as many as there are away for good.
    pub(crate) fn reduce(&self, permits: usize) -> usize {
        let reduced = permits.min(self.available.get());
        self.available.set(self.available.get() - reduced);
        reduced
    }

    /// Those who wait get nothing, nor does anybody later.
    pub(crate) fn close(&self) {
        if !self.closed.replace(true) {
            self.waiters.call_all(Err(Closed));
        }
    }

    fn give_up(&self, place: Place) {
        match self.waiters.leave(place) {
            // pitfall 54: it was called and dropped before it came; the next one is called.
            Some(Ok(granted)) => self.release(granted),
            Some(Err(Closed)) => {}
            // It may have stood before others who want less.
            None => self.serve(),
        }
    }
}

/// Whose permits are waited for.
pub(crate) trait Gate {
    fn permits(&self) -> &Permits;
}

/// One wait for permits. Dropping it gives up the place in the line, or passes on what was
/// granted and not taken.
pub(crate) struct Turn<G: Gate> {
    gate: G,
    permits: usize,
    place: Option<Place>,
}

impl<G: Gate> Turn<G> {
    #[inline]
    pub(crate) fn new(gate: G, permits: usize) -> Turn<G> {
        Turn { gate, permits, place: None }
    }

    #[inline]
    pub(crate) fn gate(&self) -> &G {
        &self.gate
    }

    /// How many permits it is about.
    pub(crate) fn permits(&self) -> usize {
        self.permits
    }

    /// Once it is ready, the permits are the caller's.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Closed>> {
        if budget::is_spent() {
            return self.give_way(cx);
        }
        if self.place.is_none() {
            match self.gate.permits().try_take(self.permits) {
                Ok(()) => {
                    budget::spend();
                    return Poll::Ready(Ok(()));
                }
                Err(Refusal::Closed) => return Poll::Ready(Err(Closed)),
                Err(Refusal::Taken) => {}
            }
        }
        self.stand(cx)
    }

    /// The task has to give way. It has come all the same: nobody who comes meanwhile overtakes it.
    #[cold]
    fn give_way(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Closed>> {
        let permits = self.gate.permits();
        if self.place.is_none() && self.permits > 0 && !permits.is_closed() {
            self.place = Some(permits.waiters.join(Ok(self.permits)));
            permits.serve();
        }
        budget::give_way(cx)
    }

    #[inline(never)]
    fn stand(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Closed>> {
        let waiters = &self.gate.permits().waiters;
        waiters.poll(&mut self.place, Ok(self.permits), cx.waker()).map(|answer| answer.map(drop))
    }
}

impl<G: Gate> Drop for Turn<G> {
    #[inline]
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            self.gate.permits().give_up(place);
        }
    }
}
