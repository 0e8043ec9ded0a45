//! A task that ends with whoever waits for it.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::LoopError;
use crate::task::body::Spawn;
use crate::task::join::{self, JoinError, JoinHandle};

/// A task's handle that aborts it when dropped, and goes on with its panic.
pub(crate) struct Owned<T: 'static>(JoinHandle<T>);

#[track_caller]
pub(crate) fn spawn<Kind, S: Spawn<Kind>>(task: S) -> Owned<S::Output> {
    Owned(join::spawn(task))
}

impl<T: 'static> Future for Owned<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.0).poll(cx).map(|result| match result {
            Ok(value) => value,
            Err(JoinError::Panicked(panic)) => panic.resume(),
            // Nobody else has the handle: its loop was dropped while we are polled by another.
            Err(_) => panic!("{}", LoopError::LoopGone),
        })
    }
}

impl<T: 'static> Drop for Owned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
