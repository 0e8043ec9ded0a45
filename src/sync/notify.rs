//! Telling a task that something has happened, without saying what.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::event_loop::budget;
use crate::sync::line::Place;
use crate::sync::waiters::Waiters;

/// A bell. [`notify_one`](Notify::notify_one) wakes the one that waits longest, or else lets the
/// next one pass that comes; [`notify_waiters`](Notify::notify_waiters) wakes all who wait.
///
/// ```
/// # let mut event_loop = eagain::EventLoop::new()?;
/// use std::cell::Cell;
/// use std::rc::Rc;
/// use eagain::sync::Notify;
///
/// let (filled, stock) = (Rc::new(Notify::new()), Rc::new(Cell::new(0)));
/// let (filled2, stock2) = (filled.clone(), stock.clone());
/// event_loop.spawn(async move {
///     while stock2.get() == 0 {
///         filled2.notified().await;
///     }
///     stock2.set(stock2.get() - 1);
/// });
/// event_loop.spawn(async move {
///     stock.set(1);
///     filled.notify_one();
/// });
/// event_loop.run()?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Notify {
    /// Somebody was to be told, and nobody was there.
    permit: Cell<bool>,
    /// How often all were told.
    rounds: Cell<u64>,
    waiters: Waiters<Told>,
}

/// Who was told what a waiter was told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It alone: if it goes without having heard it, another one has to be told.
    One,
    All,
}

impl Notify {
    /// A bell that has not been rung.
    pub const fn new() -> Notify {
        Notify { permit: Cell::new(false), rounds: Cell::new(0), waiters: Waiters::new() }
    }

    /// Wakes the one that waits longest. If nobody waits, the next one to come does not wait; of
    /// several calls before it comes, it makes one.
    pub fn notify_one(&self) {
        if !self.waiters.call_first(|_| Some(Told::One)) {
            self.permit.set(true);
        }
    }

    /// Wakes all whose [`notified`](Notify::notified) was called before. Who comes later waits.
    pub fn notify_waiters(&self) {
        self.rounds.set(self.rounds.get().wrapping_add(1));
        self.waiters.call_all(Told::All);
    }

    /// Waits to be notified. What [`notify_waiters`](Notify::notify_waiters) does is heard from
    /// the moment of this call on, also if it is awaited later; what
    /// [`notify_one`](Notify::notify_one) does, from the first poll on, or from
    /// [`enable`](Notified::enable).
    ///
    /// Cancel-safe in that no notification is lost: one that was for this future alone goes to
    /// the next. The place in the line is lost.
    pub fn notified(&self) -> Notified<'_> {
        Notified { notify: self, stage: Stage::Before { rounds: self.rounds.get() } }
    }
}

impl Default for Notify {
    fn default() -> Notify {
        Notify::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify").field("waiting", &self.waiters.len()).finish_non_exhaustive()
    }
}

/// What [`Notify::notified`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Notified<'a> {
    notify: &'a Notify,
    stage: Stage,
}

enum Stage {
    /// It does not stand in line yet. So often all had been told when it was made.
    Before {
        rounds: u64,
    },
    Waiting(Option<Place>),
    Done,
}

impl Notified<'_> {
    /// Stands in line already, to be woken when it is polled. True if it has been notified.
    pub fn enable(&mut self) -> bool {
        if self.passes() {
            return true;
        }
        if let Stage::Before { .. } = self.stage {
            self.stage = Stage::Waiting(Some(self.notify.waiters.join(Told::One)));
        }
        match &self.stage {
            Stage::Waiting(Some(place)) => self.notify.waiters.is_called(place),
            _ => false,
        }
    }

    /// Whether it need not wait at all, or has done so.
    fn passes(&mut self) -> bool {
        match self.stage {
            Stage::Before { rounds }
                if rounds != self.notify.rounds.get() || self.notify.permit.replace(false) =>
            {
                self.stage = Stage::Done;
                true
            }
            Stage::Before { .. } | Stage::Waiting(_) => false,
            Stage::Done => true,
        }
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if budget::is_spent() {
            return this.give_way(cx);
        }
        budget::within(cx, |cx| this.poll_told(cx))
    }
}

impl Notified<'_> {
    fn poll_told(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.passes() {
            return Poll::Ready(());
        }
        if let Stage::Before { .. } = self.stage {
            self.stage = Stage::Waiting(None);
        }
        if let Stage::Waiting(place) = &mut self.stage {
            if self.notify.waiters.poll(place, Told::One, cx.waker()).is_pending() {
                return Poll::Pending;
            }
            self.stage = Stage::Done;
        }
        Poll::Ready(())
    }

    /// The task has to give way. What it could hear now lies there for it, or for the next one if
    /// it does not come back.
    #[cold]
    fn give_way(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let notify = self.notify;
        match self.stage {
            Stage::Before { rounds } if rounds == notify.rounds.get() => {
                self.stage = Stage::Waiting(Some(notify.waiters.join(Told::One)));
                if notify.permit.replace(false) {
                    notify.notify_one(); // nobody else stands in line, or it had the permit
                }
            }
            _ => {}
        }
        budget::give_way(cx)
    }
}

impl Drop for Notified<'_> {
    fn drop(&mut self) {
        if let Stage::Waiting(Some(place)) = std::mem::replace(&mut self.stage, Stage::Done) {
            // pitfall 54: what it alone was told and has not heard is for the next one.
            if self.notify.waiters.leave(place) == Some(Told::One) {
                self.notify.notify_one();
            }
        }
    }
}

impl fmt::Debug for Notified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notified").finish_non_exhaustive()
    }
}
