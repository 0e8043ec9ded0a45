//! What can go wrong with a channel. What was to be sent comes back with the error.

use std::fmt;

use thiserror::Error;

/// The receiver is gone or has closed the channel; here is what was to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Error)]
#[error("the channel is closed")]
pub struct SendError<T>(pub T);

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError(..)")
    }
}

/// Why something could not be sent at once; here it is.
#[derive(Clone, Copy, PartialEq, Eq, Error)]
pub enum TrySendError<T> {
    /// There is no room, or somebody waits for it.
    #[error("the channel is full")]
    Full(T),
    /// The receiver is gone or has closed the channel.
    #[error("the channel is closed")]
    Closed(T),
}

impl<T> TrySendError<T> {
    /// What was to be sent.
    pub fn into_inner(self) -> T {
        match self {
            TrySendError::Full(value) | TrySendError::Closed(value) => value,
        }
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => "Full(..)",
            TrySendError::Closed(_) => "Closed(..)",
        })
    }
}

/// Why nothing could be received at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TryRecvError {
    /// There is nothing now.
    #[error("the channel is empty")]
    Empty,
    /// There is nothing, and nobody who could send.
    #[error("the channel is empty and closed")]
    Disconnected,
}
