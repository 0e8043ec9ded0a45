//! Channels from many senders to one receiver.
//!
//! [`channel`] has a limit and makes its senders wait, first come, first served; [`unbounded`]
//! has none. What is sent is either received or handed back with the error; only what the
//! receiver leaves behind is dropped, with it.

mod bounded;
mod channel;
mod closed;
mod error;
mod receiver;
mod unbounded;

use std::rc::Rc;

pub use bounded::{Permit, Reserve, Sender, Sending};
pub use closed::Closed;
pub use error::{SendError, TryRecvError, TrySendError};
pub use receiver::{Receiver, Recv};
pub use unbounded::UnboundedSender;

use channel::Channel;

/// A channel that holds up to `capacity` values; who sends more, waits.
///
/// # Panics
/// If `capacity` is 0.
///
/// ```
/// use eagain::sync::mpsc;
///
/// let (sender, mut receiver) = mpsc::channel(1);
/// assert!(sender.try_send("one").is_ok());
/// assert_eq!(sender.try_send("two"), Err(mpsc::TrySendError::Full("two")));
/// assert_eq!(receiver.try_recv(), Ok("one"));
/// ```
#[track_caller]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(capacity > 0, "a channel needs room for one value at least");
    let channel = Rc::new(Channel::new(Some(capacity)));
    (Sender::new(channel.clone()), Receiver::new(channel))
}

/// A channel without a limit: sending never waits.
///
/// ```
/// # let mut event_loop = eagain::EventLoop::new()?;
/// let (sender, mut receiver) = eagain::sync::mpsc::unbounded();
/// sender.send(1)?;
/// sender.send(2)?;
/// drop(sender);
/// event_loop.spawn(async move {
///     assert_eq!(receiver.recv().await, Some(1));
///     assert_eq!(receiver.recv().await, Some(2));
///     assert_eq!(receiver.recv().await, None);
/// });
/// event_loop.run()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn unbounded<T>() -> (UnboundedSender<T>, Receiver<T>) {
    let channel = Rc::new(Channel::new(None));
    (UnboundedSender::new(channel.clone()), Receiver::new(channel))
}
