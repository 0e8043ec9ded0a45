//! The sending end of a channel with a limit, which makes its senders wait.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::sync::mpsc::channel::Channel;
use crate::sync::mpsc::closed::Closed;
use crate::sync::mpsc::error::{SendError, TrySendError};
use crate::sync::permits::{Refusal, Turn};

/// Sends into a channel with a limit. Clone it for more senders; when the last one is dropped,
/// the receiver gets what is left, then `None`.
pub struct Sender<T> {
    channel: Rc<Channel<T>>,
}

impl<T> Sender<T> {
    pub(crate) fn new(channel: Rc<Channel<T>>) -> Sender<T> {
        Sender { channel }
    }

    /// Sends a value, as soon as there is room. Senders are served in the order in which they
    /// came.
    ///
    /// Cancel-safe in that nothing is lost but what was to be sent: dropped before it is done, it
    /// has not sent, and its place goes to the next. To keep the value, see
    /// [`reserve`](Sender::reserve).
    ///
    /// # Errors
    /// [`SendError`]: the receiver is gone or has closed the channel.
    ///
    /// ```
    /// # let mut event_loop = eagain::EventLoop::new()?;
    /// let (sender, mut receiver) = eagain::sync::mpsc::channel(1);
    /// event_loop.spawn(async move {
    ///     for n in 0..10 {
    ///         sender.send(n).await.expect("somebody receives");
    ///     }
    /// });
    /// let sum = event_loop.spawn(async move {
    ///     let mut sum = 0;
    ///     while let Some(n) = receiver.recv().await {
    ///         sum += n;
    ///     }
    ///     sum
    /// });
    /// event_loop.run()?;
    /// assert_eq!(sum.take().unwrap()?, 45);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn send(&self, value: T) -> Sending<'_, T> {
        Sending { turn: Turn::new(&self.channel, 1), value: Some(value) }
    }

    /// Sends a value if there is room now and nobody waits for it.
    ///
    /// # Errors
    /// [`TrySendError`]: there is no room, or nobody to receive.
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        match self.channel.room().permits.try_take(1) {
            Ok(()) => self.channel.push(value).map_err(TrySendError::Closed),
            Err(Refusal::Closed) => Err(TrySendError::Closed(value)),
            Err(Refusal::Taken) => Err(TrySendError::Full(value)),
        }
    }

    /// Waits for room and keeps it, for a value that is to be made only then.
    ///
    /// Cancel-safe: dropped before it is done, it leaves its place to the next.
    ///
    /// # Errors
    /// [`SendError`]: the receiver is gone or has closed the channel.
    ///
    /// ```
    /// # let mut event_loop = eagain::EventLoop::new()?;
    /// # let (sender, mut receiver) = eagain::sync::mpsc::channel(1);
    /// # event_loop.spawn(async move {
    /// let permit = sender.reserve().await?;
    /// permit.send("made when it could be sent")?;
    /// # assert_eq!(receiver.recv().await, Some("made when it could be sent"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # });
    /// # event_loop.run()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn reserve(&self) -> Reserve<'_, T> {
        Reserve { turn: Turn::new(&self.channel, 1) }
    }

    /// Keeps room if there is some now and nobody waits for it.
    ///
    /// # Errors
    /// [`TrySendError`]: there is no room, or nobody to receive.
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        match self.channel.room().permits.try_take(1) {
            Ok(()) => Ok(Permit { channel: Some(&self.channel) }),
            Err(Refusal::Closed) => Err(TrySendError::Closed(())),
            Err(Refusal::Taken) => Err(TrySendError::Full(())),
        }
    }

    /// How many values could be sent now.
    pub fn capacity(&self) -> usize {
        self.channel.room().permits.available()
    }

    /// How many values the channel holds at most.
    pub fn max_capacity(&self) -> usize {
        self.channel.room().capacity
    }

    /// Whether the receiver is gone or has closed the channel.
    pub fn is_closed(&self) -> bool {
        self.channel.is_closed()
    }

    /// Waits until the receiver is gone or has closed the channel.
    ///
    /// Cancel-safe.
    pub fn closed(&self) -> Closed<'_, T> {
        Closed::new(&self.channel)
    }

    /// Whether both send into one channel.
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        Rc::ptr_eq(&self.channel, &other.channel)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Sender<T> {
        self.channel.add_sender();
        Sender { channel: self.channel.clone() }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.channel.remove_sender();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}

/// What [`Sender::send`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Sending<'a, T> {
    turn: Turn<&'a Channel<T>>,
    value: Option<T>,
}

/// The value is never borrowed from itself.
impl<T> Unpin for Sending<'_, T> {}

impl<T> Future for Sending<'_, T> {
    type Output = Result<(), SendError<T>>;

    /// # Panics
    /// If it is polled again after it was ready.
    #[inline(always)] // worth a sixth of a round trip between two tasks
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        assert!(this.value.is_some(), "a future that was ready is polled again");
        let Poll::Ready(turn) = this.turn.poll(cx) else { return Poll::Pending };
        let Some(value) = this.value.take() else { unreachable!("it was there") };
        Poll::Ready(match turn {
            Ok(()) => this.turn.gate().push(value).map_err(SendError),
            Err(_) => Err(SendError(value)),
        })
    }
}

impl<T> fmt::Debug for Sending<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}

/// What [`Sender::reserve`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Reserve<'a, T> {
    turn: Turn<&'a Channel<T>>,
}

impl<'a, T> Future for Reserve<'a, T> {
    type Output = Result<Permit<'a, T>, SendError<()>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let turn = self.turn.poll(cx);
        turn.map(|turn| match turn {
            Ok(()) => Ok(Permit { channel: Some(self.turn.gate()) }),
            Err(_) => Err(SendError(())),
        })
    }
}

impl<T> fmt::Debug for Reserve<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reserve").finish_non_exhaustive()
    }
}

/// Room for one value. Dropped unused, it goes to the next sender.
#[must_use = "dropping it gives the room away unused"]
pub struct Permit<'a, T> {
    channel: Option<&'a Channel<T>>,
}

impl<T> Permit<'_, T> {
    /// Sends a value into the room that was kept.
    ///
    /// # Errors
    /// [`SendError`]: the channel was closed meanwhile.
    pub fn send(mut self, value: T) -> Result<(), SendError<T>> {
        match self.channel.take() {
            Some(channel) => channel.push(value).map_err(SendError),
            None => Err(SendError(value)), // only `send` takes it
        }
    }
}

impl<T> Drop for Permit<'_, T> {
    fn drop(&mut self) {
        if let Some(channel) = self.channel {
            channel.room().permits.release(1);
        }
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}
