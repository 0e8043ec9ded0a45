//! The receiving end of a channel, with a limit or without.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::sync::mpsc::channel::Channel;
use crate::sync::mpsc::error::TryRecvError;

/// Receives what is sent into a channel. Dropping it closes the channel and drops what has not
/// been received.
pub struct Receiver<T> {
    channel: Rc<Channel<T>>,
}

impl<T> Receiver<T> {
    pub(crate) fn new(channel: Rc<Channel<T>>) -> Receiver<T> {
        Receiver { channel }
    }

    /// Receives the next value; `None` when nothing is left and nobody can send any more.
    ///
    /// Cancel-safe: dropped before it is done, it has received nothing.
    #[inline]
    pub fn recv(&mut self) -> Recv<'_, T> {
        Recv { channel: &self.channel, waits: false }
    }

    /// Receives what is there, up to `limit` values at once, and appends it to `buffer`; if nothing
    /// is there, waits for the first. How many that were is the answer: 0 when nothing is left and
    /// nobody can send any more, or if `limit` is 0.
    ///
    /// Cancel-safe: dropped before it is done, it has received nothing.
    ///
    /// ```
    /// # eagain::run(async {
    /// let (sender, mut receiver) = eagain::sync::mpsc::unbounded();
    /// for n in 0..5 {
    ///     sender.send(n).unwrap();
    /// }
    /// drop(sender);
    /// let mut batch = Vec::new();
    /// assert_eq!(receiver.recv_many(&mut batch, 3).await, 3);
    /// assert_eq!(receiver.recv_many(&mut batch, 3).await, 2);
    /// assert_eq!(receiver.recv_many(&mut batch, 3).await, 0);
    /// assert_eq!(batch, [0, 1, 2, 3, 4]);
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        if limit == 0 {
            return 0;
        }
        let Some(first) = self.recv().await else { return 0 };
        let before = buffer.len();
        buffer.push(first);
        let more = std::iter::from_fn(|| self.try_recv().ok());
        buffer.extend(more.take(limit - 1));
        buffer.len() - before
    }

    /// Polls for the next value, as [`recv`](Receiver::recv) does: for futures written by hand.
    /// The waker of the last call is the one that is woken; it is kept until the receiver is
    /// dropped.
    #[inline]
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.channel.poll_recv(cx)
    }

    /// Receives the next value if there is one now.
    ///
    /// # Errors
    /// [`TryRecvError`]: there is nothing, for now or for ever.
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.channel.try_recv()
    }

    /// Lets nobody send any more; senders that wait get their values back. What has been sent
    /// can still be received.
    pub fn close(&mut self) {
        self.channel.close();
    }

    /// Whether nobody can send any more, since it was closed or the last sender is gone.
    pub fn is_closed(&self) -> bool {
        self.channel.is_over()
    }

    /// How many values are there to be received.
    pub fn len(&self) -> usize {
        self.channel.len()
    }

    /// Whether nothing is there to be received.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.channel.close();
        self.channel.discard();
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// What [`Receiver::recv`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Recv<'a, T> {
    channel: &'a Channel<T>,
    waits: bool,
}

impl<T> Future for Recv<'_, T> {
    type Output = Option<T>;

    #[inline(always)] // worth a sixth of a round trip between two tasks
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let poll = self.channel.poll_recv(cx);
        self.waits = poll.is_pending();
        poll
    }
}

impl<T> Drop for Recv<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.waits {
            self.channel.stop_waiting();
        }
    }
}

impl<T> fmt::Debug for Recv<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recv").finish_non_exhaustive()
    }
}
