//! What `join!`, `try_join!` and `select!` expand to. Not for use by hand.
//!
//! Each branch is a future pinned on the caller's stack and a closure that is told what came of
//! it. The closure keeps the value, and says whether that settles the matter for all branches.

use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::future::fair::first_of;

/// A branch, whatever its future is. `B` is what ends all of them at once.
pub trait Branch<B> {
    /// Polls it, unless it is done. Pending as long as it is not.
    fn advance(&mut self, cx: &mut Context<'_>) -> Poll<ControlFlow<B>>;
}

/// A future, until it is done, and who is told the outcome.
#[derive(Debug)]
pub struct Told<'a, F, T> {
    future: Pin<&'a mut Option<F>>,
    tell: T,
}

impl<'a, B, F: Future, T: FnMut(F::Output) -> ControlFlow<B>> Told<'a, F, T> {
    /// `None` is a branch that was done from the beginning.
    pub fn new(future: Pin<&'a mut Option<F>>, tell: T) -> Told<'a, F, T> {
        Told { future, tell }
    }
}

impl<B, F: Future, T: FnMut(F::Output) -> ControlFlow<B>> Branch<B> for Told<'_, F, T> {
    fn advance(&mut self, cx: &mut Context<'_>) -> Poll<ControlFlow<B>> {
        let Some(future) = self.future.as_mut().as_pin_mut() else {
            return Poll::Ready(ControlFlow::Continue(()));
        };
        let Poll::Ready(value) = future.poll(cx) else { return Poll::Pending };
        self.future.set(None); // what it holds is free before the others are done
        Poll::Ready((self.tell)(value))
    }
}

/// Who is polled first.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// It rotates.
    Fair,
    /// As they are written.
    Biased,
}

/// Polls all branches, until one of them settles the matter. Ready when none is left.
pub fn advance_all<B>(
    branches: &mut [&mut dyn Branch<B>],
    order: Order,
    cx: &mut Context<'_>,
) -> Poll<ControlFlow<B>> {
    let first = match order {
        Order::Fair => first_of(branches.len()),
        Order::Biased => 0,
    };
    let mut all_done = Poll::Ready(ControlFlow::Continue(()));
    let (later, sooner) = branches.split_at_mut(first);
    for branch in sooner.iter_mut().chain(later) {
        match branch.advance(cx) {
            Poll::Ready(ControlFlow::Continue(())) => {}
            Poll::Ready(settled) => return Poll::Ready(settled),
            Poll::Pending => all_done = Poll::Pending,
        }
    }
    all_done
}

/// What a branch of `join!` has kept.
///
/// # Panics
/// Never: all branches are done by then.
pub fn kept<T>(output: Option<T>) -> T {
    output.expect("every branch is done")
}

/// No branch of a `select!` is left, and it has no `else`.
///
/// # Panics
/// Always.
#[cold]
#[track_caller]
pub fn none_left() -> ! {
    panic!("no branch of this select! is left: add an `else` branch, or keep one enabled");
}
