//! Futures polled by hand, with wakers that tell what became of them.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A waker that counts how often it was woken, and how many clones of it are about.
pub(crate) struct Probe {
    woken: Arc<Woken>,
    waker: Waker,
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Probe {
    pub(crate) fn new() -> Probe {
        let woken = Arc::<Woken>::default();
        Probe { waker: Waker::from(woken.clone()), woken }
    }

    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    pub(crate) fn poll<F: Future + Unpin>(&self, future: &mut F) -> Poll<F::Output> {
        Pin::new(future).poll(&mut Context::from_waker(&self.waker))
    }

    /// How often it was woken.
    pub(crate) fn wakes(&self) -> usize {
        self.woken.0.load(Ordering::Relaxed)
    }

    /// How many clones somebody keeps.
    pub(crate) fn kept(&self) -> usize {
        Arc::strong_count(&self.woken) - 2
    }
}

type Call = Rc<dyn Fn()>;

thread_local! {
    /// What such a waker does. A waker must be `Send`, this need not be.
    static CALL: RefCell<Option<Call>> = const { RefCell::new(None) };
}

/// A waker that calls something when it is woken and when its last clone is dropped.
pub(crate) fn calling(call: impl Fn() + 'static) -> Waker {
    CALL.set(Some(Rc::new(call)));
    Waker::from(Arc::new(Calls))
}

struct Calls;

impl Calls {
    fn call() {
        let call = CALL.with_borrow(|call| call.clone());
        call.expect("a waker of this test")();
    }
}

impl Wake for Calls {
    fn wake(self: Arc<Self>) {
        Calls::call();
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        Calls::call();
    }
}

/// Polls with a waker that nobody but the future's other side holds afterwards.
pub(crate) fn poll_and_leave<F: Future + Unpin>(future: &mut F, waker: Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}
