//! The sending end of a channel without a limit.

use std::fmt;
use std::rc::Rc;

use crate::sync::mpsc::channel::Channel;
use crate::sync::mpsc::closed::Closed;
use crate::sync::mpsc::error::SendError;

/// Sends into a channel without a limit. Clone it for more senders; when the last one is
/// dropped, the receiver gets what is left, then `None`.
pub struct UnboundedSender<T> {
    channel: Rc<Channel<T>>,
}

impl<T> UnboundedSender<T> {
    pub(crate) fn new(channel: Rc<Channel<T>>) -> UnboundedSender<T> {
        UnboundedSender { channel }
    }

    /// Sends a value. It never waits: whoever sends faster than the receiver takes fills the
    /// memory.
    ///
    /// # Errors
    /// [`SendError`]: the receiver is gone or has closed the channel.
    #[inline]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.channel.push(value).map_err(SendError)
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
    pub fn same_channel(&self, other: &UnboundedSender<T>) -> bool {
        Rc::ptr_eq(&self.channel, &other.channel)
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> UnboundedSender<T> {
        self.channel.add_sender();
        UnboundedSender { channel: self.channel.clone() }
    }
}

impl<T> Drop for UnboundedSender<T> {
    fn drop(&mut self) {
        self.channel.remove_sender();
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnboundedSender").finish_non_exhaustive()
    }
}
