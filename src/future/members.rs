//! Any number of futures of one type: a few are polled all, more of them get a waker each.

use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::future::children::Children;
use crate::future::fair::first_of;

/// So many futures are polled one and all: that costs less than a waker for each.
const FEW: usize = 16;

pub(crate) enum Members<F> {
    /// Those that are not done yet, at their places.
    Few(Vec<Option<Pin<Box<F>>>>),
    Many(Children<F>),
}

impl<F: Future> Members<F> {
    pub(crate) fn new<I: IntoIterator<Item: IntoFuture<IntoFuture = F>>>(futures: I) -> Members<F> {
        let futures = futures.into_iter().map(|future| Box::pin(future.into_future()));
        let futures: Vec<_> = futures.map(Some).collect();
        if futures.len() <= FEW {
            return Members::Few(futures);
        }
        let mut children = Children::new();
        for future in futures.into_iter().flatten() {
            children.insert(future);
        }
        Members::Many(children)
    }

    /// How many are not done.
    pub(crate) fn len(&self) -> usize {
        match self {
            Members::Few(futures) => futures.iter().flatten().count(),
            Members::Many(children) => children.len(),
        }
    }

    /// Polls those that may have something to do, and tells what came of them and of which, until
    /// the answer settles the matter. Ready when none is left.
    pub(crate) fn poll_each<B>(
        &mut self,
        cx: &mut Context<'_>,
        mut tell: impl FnMut(usize, F::Output) -> ControlFlow<B>,
    ) -> Poll<ControlFlow<B>> {
        let futures = match self {
            Members::Few(futures) => futures,
            // None is added later, so the places stand for the futures.
            Members::Many(children) => {
                return children.poll_each(cx, |key, output| tell(key.place as usize, output));
            }
        };
        let mut all_done = Poll::Ready(ControlFlow::Continue(()));
        let first = first_of(futures.len());
        for at in (first..futures.len()).chain(0..first) {
            let Some(future) = &mut futures[at] else { continue };
            let Poll::Ready(output) = future.as_mut().poll(cx) else {
                all_done = Poll::Pending;
                continue;
            };
            futures[at] = None;
            if let ControlFlow::Break(settled) = tell(at, output) {
                return Poll::Ready(ControlFlow::Break(settled));
            }
        }
        all_done
    }

    /// Drops them all.
    pub(crate) fn clear(&mut self) {
        *self = Members::Few(Vec::new());
    }
}
