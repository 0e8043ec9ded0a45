//! One connection to whichever of several addresses answers first: RFC 8305, "Happy Eyeballs".
//!
//! The addresses come in the order of RFC 6724. Families alternate, so that a broken one costs a
//! single attempt; the next attempt begins 250 ms after the last one, or at once when that failed;
//! the first connection wins, and the other attempts are dropped.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::net::connect_error::ConnectError;
use crate::time::{Sleep, sleep};

/// The "Connection Attempt Delay": section 8 of the RFC.
pub(super) const DELAY: Duration = Duration::from_millis(250);

/// The first of them, then one of the other family, and so on: section 4, with a "First Address
/// Family Count" of 1.
pub(super) fn interleaved(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v4 = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (mut first, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == first_is_v4);
    let mut order = VecDeque::with_capacity(first.len() + other.len());
    while !first.is_empty() || !other.is_empty() {
        order.extend(first.pop_front());
        order.extend(other.pop_front());
    }
    order
}

type Attempt<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + 'a>>;

struct Race<'a, T, F> {
    begin: F,
    /// Not tried yet.
    left: VecDeque<SocketAddr>,
    pending: Vec<(SocketAddr, Attempt<'a, T>)>,
    failed: Vec<(SocketAddr, io::Error)>,
    delay: Duration,
    /// Until the next attempt begins, if nothing happens before.
    next: Sleep,
}

/// Connects to the first of the addresses that answers, by attempts that `begin` makes.
///
/// # Errors
/// When all attempts have failed: with which error each.
pub(super) async fn first_of<'a, T, A: Future<Output = io::Result<T>> + 'a>(
    addresses: Vec<SocketAddr>,
    delay: Duration,
    begin: impl Fn(SocketAddr) -> A,
) -> Result<T, ConnectError> {
    let left = interleaved(addresses);
    let (pending, failed, next) = (Vec::new(), Vec::new(), sleep(Duration::ZERO));
    let begin = move |address| Box::pin(begin(address)) as Attempt<'a, T>;
    let mut race = Race { begin, left, pending, failed, delay, next };
    let won = poll_fn(|cx| race.poll(cx)).await;
    won.ok_or_else(|| ConnectError::new(race.failed))
}

impl<'a, T, F: Fn(SocketAddr) -> Attempt<'a, T>> Race<'a, T, F> {
    /// `None` if nobody is left who could win.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        loop {
            let failed = self.failed.len();
            if let Some(winner) = self.poll_attempts(cx) {
                return Poll::Ready(Some(winner));
            }
            let all_failed = self.pending.is_empty();
            if self.left.is_empty() {
                return if all_failed { Poll::Ready(None) } else { Poll::Pending };
            }
            let at_once = all_failed || self.failed.len() > failed;
            if !at_once && Pin::new(&mut self.next).poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.begin_next();
        }
    }

    fn poll_attempts(&mut self, cx: &mut Context<'_>) -> Option<T> {
        let mut at = 0;
        while let Some((address, attempt)) = self.pending.get_mut(at) {
            match attempt.as_mut().poll(cx) {
                Poll::Pending => at += 1,
                Poll::Ready(Ok(connection)) => return Some(connection),
                Poll::Ready(Err(e)) => {
                    self.failed.push((*address, e));
                    drop(self.pending.remove(at));
                }
            }
        }
        None
    }

    fn begin_next(&mut self) {
        if let Some(address) = self.left.pop_front() {
            self.pending.push((address, (self.begin)(address)));
            self.next = sleep(self.delay);
        }
    }
}
