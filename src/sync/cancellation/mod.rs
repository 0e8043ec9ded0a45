//! Asking tasks to stop.

mod tree;

use std::fmt;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::sync::line::Place;

use tree::Node;

/// Asks all who hold a clone of it to stop. Cancelling a token cancels its children, not its
/// parent; it cannot be taken back.
///
/// ```
/// # let mut event_loop = eagain::EventLoop::new()?;
/// use eagain::sync::CancellationToken;
///
/// let shutdown = CancellationToken::new();
/// let connection = shutdown.child_token();
/// let served = event_loop.spawn(async move {
///     connection.run_until_cancelled(std::future::pending::<()>()).await
/// });
/// event_loop.spawn(async move { shutdown.cancel() });
/// event_loop.run()?;
/// assert_eq!(served.take().unwrap()?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct CancellationToken {
    node: Rc<Node>,
}

impl CancellationToken {
    /// A token of its own, not cancelled.
    pub fn new() -> CancellationToken {
        CancellationToken { node: Node::root() }
    }

    /// A token that is cancelled with this one, or alone before. When its clones are dropped, it
    /// leaves nothing behind here.
    #[must_use = "a child token that is dropped does nothing"]
    pub fn child_token(&self) -> CancellationToken {
        CancellationToken { node: self.node.child() }
    }

    /// Cancels the token and all its children, then wakes those who wait.
    pub fn cancel(&self) {
        self.node.cancel();
    }

    /// Whether it was cancelled.
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        self.node.is_cancelled()
    }

    /// Waits until it is cancelled.
    ///
    /// Cancel-safe.
    pub fn cancelled(&self) -> Cancelled<'_> {
        Cancelled { node: &self.node, place: None }
    }

    /// Waits until it is cancelled, and owns the token meanwhile.
    ///
    /// Cancel-safe.
    pub async fn cancelled_owned(self) {
        self.cancelled().await;
    }

    /// Runs a future until it is done, or until the token is cancelled: then it is dropped where
    /// it waits, and the answer is `None`. If the token is cancelled already, the future is not
    /// polled at all.
    ///
    /// Cancel-safe if the future is.
    pub async fn run_until_cancelled<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut cancelled = self.cancelled();
        let mut future = pin!(future);
        std::future::poll_fn(|cx| {
            if Pin::new(&mut cancelled).poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            future.as_mut().poll(cx).map(Some)
        })
        .await
    }

    /// A guard that cancels the token when it is dropped: when its owner returns, fails, panics,
    /// or is cancelled itself.
    ///
    /// ```
    /// let token = eagain::sync::CancellationToken::new();
    /// let guard = token.clone().drop_guard();
    /// assert!(!token.is_cancelled());
    /// drop(guard);
    /// assert!(token.is_cancelled());
    /// ```
    pub fn drop_guard(self) -> DropGuard {
        DropGuard { token: Some(self) }
    }
}

impl Default for CancellationToken {
    fn default() -> CancellationToken {
        CancellationToken::new()
    }
}

impl fmt::Debug for CancellationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancellationToken").field("is_cancelled", &self.is_cancelled()).finish()
    }
}

/// What [`CancellationToken::cancelled`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Cancelled<'a> {
    node: &'a Node,
    place: Option<Place>,
}

impl Future for Cancelled<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if this.place.is_none() && this.node.is_cancelled() {
            return Poll::Ready(());
        }
        this.node.waiters.poll(&mut this.place, (), cx.waker())
    }
}

impl Drop for Cancelled<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            self.node.waiters.leave(place);
        }
    }
}

impl fmt::Debug for Cancelled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancelled").finish_non_exhaustive()
    }
}

/// Cancels a token when it is dropped. Made by [`CancellationToken::drop_guard`].
#[derive(Debug)]
#[must_use = "dropping it cancels the token at once"]
pub struct DropGuard {
    token: Option<CancellationToken>,
}

impl DropGuard {
    /// Gives the token back, uncancelled.
    pub fn disarm(mut self) -> CancellationToken {
        self.token.take().expect("a guard that is not dropped yet")
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        if let Some(token) = &self.token {
            token.cancel();
        }
    }
}
