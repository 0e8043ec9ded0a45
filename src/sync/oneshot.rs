//! A channel for one value.
//!
//! ```
//! # let mut event_loop = eagain::EventLoop::new()?;
//! let (sender, receiver) = eagain::sync::oneshot::channel();
//! event_loop.spawn(async move { sender.send("an answer") });
//! let answer = event_loop.spawn(receiver);
//! event_loop.run()?;
//! assert_eq!(answer.take().unwrap()?, Ok("an answer"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use thiserror::Error;

use crate::sync::waker_slot::WakerSlot;

/// A channel for one value: the receiver is the future of it.
///
/// One allocation.
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Rc::new(Shared {
        value: Cell::new(None),
        sender_is_gone: Cell::new(false),
        closed: Cell::new(false),
        receiver: WakerSlot::new(),
        sender: WakerSlot::new(),
    });
    (Sender { shared: shared.clone() }, Receiver { shared })
}

struct Shared<T> {
    value: Cell<Option<T>>,
    sender_is_gone: Cell<bool>,
    /// The receiver is gone, or wants nothing.
    closed: Cell<bool>,
    receiver: WakerSlot,
    sender: WakerSlot,
}

/// Sends the value. Dropped unused, it tells the receiver that there will be none.
#[must_use = "dropping it tells the receiver that there will be no value"]
pub struct Sender<T> {
    shared: Rc<Shared<T>>,
}

impl<T> Sender<T> {
    /// Sends the value. It never waits.
    ///
    /// # Errors
    /// The value comes back if the receiver is gone or was closed.
    #[inline]
    pub fn send(self, value: T) -> Result<(), T> {
        if self.shared.closed.get() {
            return Err(value);
        }
        self.shared.value.set(Some(value));
        Ok(()) // dropping the sender wakes the receiver
    }

    /// Whether the receiver is gone or was closed: nobody wants the value.
    pub fn is_closed(&self) -> bool {
        self.shared.closed.get()
    }

    /// Waits until nobody wants the value any more, to give up work that is not needed.
    ///
    /// Cancel-safe.
    pub fn closed(&mut self) -> Closed<'_, T> {
        Closed { shared: &self.shared, waits: false }
    }
}

impl<T> Drop for Sender<T> {
    #[inline]
    fn drop(&mut self) {
        self.shared.sender_is_gone.set(true);
        self.shared.receiver.wake_last();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("is_closed", &self.is_closed()).finish_non_exhaustive()
    }
}

/// What [`Sender::closed`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Closed<'a, T> {
    shared: &'a Shared<T>,
    waits: bool,
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.shared.closed.get() {
            return Poll::Ready(());
        }
        self.shared.sender.wait(cx.waker());
        self.waits = true;
        Poll::Pending
    }
}

impl<T> Drop for Closed<'_, T> {
    fn drop(&mut self) {
        if self.waits {
            self.shared.sender.clear();
        }
    }
}

impl<T> fmt::Debug for Closed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed").finish_non_exhaustive()
    }
}

/// The future of the value. Once it was ready, there is nothing more: polled again it says
/// [`RecvError`].
///
/// Cancel-safe: behind a `&mut`, it can be awaited again. Dropping it drops a value that was
/// sent and not received.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Receiver<T> {
    shared: Rc<Shared<T>>,
}

/// There is no value and there will be none: the sender was dropped, or the value was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("there is no value: its sender was dropped without one, or it was received before")]
pub struct RecvError;

/// Why there is no value now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TryRecvError {
    /// It was not sent yet.
    #[error("no value was sent yet")]
    Empty,
    /// The sender was dropped, or the value was received.
    #[error("there is no value: its sender was dropped without one, or it was received before")]
    Closed,
}

impl<T> Receiver<T> {
    /// Takes the value if it is there now.
    ///
    /// # Errors
    /// [`TryRecvError`]: it was not sent yet, or never will be.
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        match self.shared.value.take() {
            Some(value) => Ok(value),
            None if self.is_over() => Err(TryRecvError::Closed),
            None => Err(TryRecvError::Empty),
        }
    }

    /// Wants no value any more; the sender is told. One that was sent before can still be taken.
    pub fn close(&mut self) {
        self.shared.closed.set(true);
        self.shared.sender.wake_last();
    }

    #[inline]
    fn is_over(&self) -> bool {
        self.shared.sender_is_gone.get() || self.shared.closed.get()
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.try_recv() {
            Ok(value) => Poll::Ready(Ok(value)),
            Err(TryRecvError::Closed) => Poll::Ready(Err(RecvError)),
            Err(TryRecvError::Empty) => {
                self.shared.receiver.wait(cx.waker());
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Receiver<T> {
    #[inline]
    fn drop(&mut self) {
        let shared = &*self.shared;
        if shared.sender_is_gone.get() {
            return; // and has taken our waker along; a value goes with the rest
        }
        shared.closed.set(true);
        shared.sender.wake_last();
        shared.receiver.clear();
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
