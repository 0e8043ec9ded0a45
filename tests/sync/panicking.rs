//! A waker that panics is its owner's misfortune, not that of those who wait behind it.

use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use eagain::sync::{CancellationToken, Notify, Semaphore};

use crate::polled::Probe;

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a bad waker");
    }
}

/// The first of two waits has a waker that panics: the second is woken.
fn second_is_woken<F: Future>(wait: impl Fn() -> F, wake: impl FnOnce()) {
    let (mut first, mut second) = (Box::pin(wait()), Box::pin(wait()));
    let bad = Waker::from(Arc::new(Panics));
    assert!(first.as_mut().poll(&mut Context::from_waker(&bad)).is_pending());
    let probe = Probe::new();
    assert!(probe.poll(&mut second).is_pending());
    wake();
    assert_eq!(probe.wakes(), 1);
    assert!(probe.poll(&mut second).is_ready());
}

#[test]
fn a_waker_that_panics_does_not_keep_others_from_being_notified() {
    let notify = Notify::new();
    second_is_woken(|| notify.notified(), || notify.notify_waiters());
}

#[test]
fn a_waker_that_panics_does_not_keep_others_from_being_cancelled() {
    let token = CancellationToken::new();
    second_is_woken(|| token.cancelled(), || token.cancel());
}

#[test]
fn a_waker_that_panics_does_not_keep_others_from_their_permits() {
    let semaphore = Semaphore::new(0);
    second_is_woken(|| semaphore.acquire(), || semaphore.add_permits(2));
    let semaphore = Semaphore::new(0);
    second_is_woken(|| semaphore.acquire(), || semaphore.close());
}
