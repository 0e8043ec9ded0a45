//! The first one.

use std::fmt;
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use crate::future::branch::{Order, Told, advance_all};
use crate::future::members::Members;

/// Awaits two futures at once, and gives what the first one returns; the other is dropped.
///
/// When both are done together, it is either of them, equally often. The loser is gone when this
/// returns. More of them, of different types: [`select!`](crate::select).
///
/// As cancel-safe as the futures are. System calls: none of its own.
///
/// ```
/// # eagain::run(async {
/// let first = eagain::future::race(std::future::pending(), async { "second" }).await;
/// assert_eq!(first, "second");
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn race<T>(one: impl IntoFuture<Output = T>, other: impl IntoFuture<Output = T>) -> T {
    let (one, other) = (pin!(Some(one.into_future())), pin!(Some(other.into_future())));
    let mut one = Told::new(one, ControlFlow::Break);
    let mut other = Told::new(other, ControlFlow::Break);
    poll_fn(|cx| match advance_all(&mut [&mut one, &mut other], Order::Fair, cx) {
        Poll::Ready(ControlFlow::Break(value)) => Poll::Ready(value),
        _ => Poll::Pending,
    })
    .await
}

/// Awaits any number of futures at once, and gives what the first one returns; the others are
/// gone then. As [`race`]; each future is boxed.
///
/// As cancel-safe as the futures are. System calls: none of its own.
///
/// # Panics
/// If there is no future: nothing would ever come.
///
/// ```
/// # eagain::run(async {
/// let nap = |millis| async move {
///     eagain::time::sleep(std::time::Duration::from_millis(millis)).await;
///     millis
/// };
/// assert_eq!(eagain::future::race_all([60_000, 1, 30_000].map(nap)).await, 1);
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn race_all<I: IntoIterator<Item: IntoFuture>>(
    futures: I,
) -> RaceAll<<I::Item as IntoFuture>::IntoFuture> {
    let members = Members::new(futures);
    assert!(members.len() > 0, "a race of no futures has no end");
    RaceAll { members }
}

/// What [`race_all`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct RaceAll<F> {
    members: Members<F>,
}

/// The futures are pinned in boxes of their own.
impl<F> Unpin for RaceAll<F> {}

impl<F: Future> Future for RaceAll<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.members.poll_each(cx, |_, output| ControlFlow::Break(output)) {
            Poll::Ready(ControlFlow::Break(output)) => {
                self.members.clear();
                Poll::Ready(output)
            }
            _ => Poll::Pending,
        }
    }
}

impl<F: Future> fmt::Debug for RaceAll<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RaceAll({} run)", self.members.len())
    }
}
