//! A future against the clock.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::time::sleep::{Sleep, sleep, sleep_until};

/// Awaits a future for so long, from now, and drops it then.
///
/// The future is polled first: what is there when the time is up still counts. In the other
/// case the future is gone when this returns. With `Duration::ZERO` it is polled twice, now and in
/// the next turn, since no timer fires earlier (see [`sleep`]).
///
/// As cancel-safe as the future is; the timer is taken back. System calls: none of its own.
///
/// # Errors
/// [`Elapsed`]: the time is up. `?` makes it an `io::Error` of the kind `TimedOut` where that is
/// wanted.
///
/// # Panics
/// As [`sleep`](crate::time::sleep).
///
/// ```
/// use std::time::Duration;
/// use eagain::time::timeout;
///
/// # eagain::run(async {
/// assert_eq!(timeout(Duration::from_secs(1), async { 42 }).await, Ok(42));
/// let never = std::future::pending::<()>();
/// assert!(timeout(Duration::from_millis(1), never).await.is_err());
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn timeout<F: IntoFuture>(
    limit: Duration,
    future: F,
) -> impl Future<Output = Result<F::Output, Elapsed>> {
    before(sleep(limit), future.into_future())
}

/// Awaits a future until this instant, and drops it then. As [`timeout`]: for several futures that
/// have one limit together.
///
/// As cancel-safe as the future is. System calls: none of its own.
///
/// ```
/// use std::time::Duration;
/// use eagain::time::{now, sleep, timeout_at};
///
/// # eagain::run(async {
/// let end = now() + Duration::from_millis(2);
/// let first = timeout_at(end, sleep(Duration::from_micros(1))).await;
/// let rest = timeout_at(end, sleep(Duration::from_secs(3600))).await;
/// assert_eq!((first.is_ok(), rest.is_ok()), (true, false));
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn timeout_at<F: IntoFuture>(
    deadline: Instant,
    future: F,
) -> impl Future<Output = Result<F::Output, Elapsed>> {
    before(sleep_until(deadline), future.into_future())
}

async fn before<F: Future>(mut end: Sleep, future: F) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        if let Poll::Ready(value) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(value));
        }
        Pin::new(&mut end).poll(cx).map(|()| Err(Elapsed(())))
    })
    .await
}

/// The time was up before the future was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("not done in time")]
pub struct Elapsed(());

impl From<Elapsed> for io::Error {
    fn from(e: Elapsed) -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, e)
    }
}
