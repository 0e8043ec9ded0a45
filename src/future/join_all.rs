//! All of them, any number.

use std::fmt;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::future::members::Members;

/// Awaits any number of futures at once, and gives what they return, in the order they came in.
///
/// Each is boxed, and dropped as soon as it is done.
///
/// As cancel-safe as the futures are: dropping it drops them all. System calls: none of its own.
///
/// ```
/// # eagain::run(async {
/// let words = ["one", "two", "three"];
/// let lengths = eagain::future::join_all(words.iter().map(|word| async { word.len() })).await;
/// assert_eq!(lengths, [3, 3, 5]);
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn join_all<I: IntoIterator<Item: IntoFuture>>(
    futures: I,
) -> JoinAll<<I::Item as IntoFuture>::IntoFuture> {
    let members = Members::new(futures);
    let outputs = (0..members.len()).map(|_| None).collect();
    JoinAll { members, outputs }
}

/// What [`join_all`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct JoinAll<F: Future> {
    members: Members<F>,
    outputs: Vec<Option<F::Output>>,
}

/// The futures are pinned in boxes of their own.
impl<F: Future> Unpin for JoinAll<F> {}

impl<F: Future> Future for JoinAll<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let JoinAll { members, outputs } = &mut *self;
        let polled = members.poll_each(cx, |at, output| {
            outputs[at] = Some(output);
            ControlFlow::<()>::Continue(())
        });
        polled.map(|_| outputs.drain(..).flatten().collect())
    }
}

/// Awaits any number of futures at once, until all have returned `Ok` or one an error.
///
/// Gives the values in the order in which the futures came in, or the first error; the others
/// are gone when it is returned.
///
/// As cancel-safe as the futures are, and otherwise as [`join_all`].
///
/// ```
/// # eagain::run(async {
/// let parse = |word: &'static str| async move { word.parse::<u8>() };
/// assert_eq!(eagain::future::try_join_all(["1", "2"].map(parse)).await, Ok(vec![1, 2]));
/// assert!(eagain::future::try_join_all(["1", "two"].map(parse)).await.is_err());
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn try_join_all<T, E, I>(futures: I) -> TryJoinAll<<I::Item as IntoFuture>::IntoFuture, T>
where
    I: IntoIterator<Item: IntoFuture<Output = Result<T, E>>>,
{
    let members = Members::new(futures);
    let values = (0..members.len()).map(|_| None).collect();
    TryJoinAll { members, values }
}

/// What [`try_join_all`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct TryJoinAll<F, T> {
    members: Members<F>,
    values: Vec<Option<T>>,
}

/// The futures are pinned in boxes of their own.
impl<F, T> Unpin for TryJoinAll<F, T> {}

impl<T, E, F: Future<Output = Result<T, E>>> Future for TryJoinAll<F, T> {
    type Output = Result<Vec<T>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let TryJoinAll { members, values } = &mut *self;
        let polled = members.poll_each(cx, |at, result| match result {
            Ok(value) => {
                values[at] = Some(value);
                ControlFlow::Continue(())
            }
            Err(e) => ControlFlow::Break(e),
        });
        polled.map(|settled| match settled {
            ControlFlow::Continue(()) => Ok(values.drain(..).flatten().collect()),
            ControlFlow::Break(e) => {
                members.clear();
                Err(e)
            }
        })
    }
}

impl<F: Future> fmt::Debug for JoinAll<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinAll({} to go)", self.members.len())
    }
}

impl<F: Future, T> fmt::Debug for TryJoinAll<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TryJoinAll({} to go)", self.members.len())
    }
}
