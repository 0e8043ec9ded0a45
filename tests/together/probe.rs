//! Futures that count what is done to them.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use eagain::EventLoop;
use eagain::time::Clock;

/// What happened to the futures that share it.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<Counts>);

#[derive(Default)]
struct Counts {
    made: Cell<u32>,
    dropped: Cell<u32>,
    polls: Cell<u32>,
    wakers: RefCell<Vec<Option<Waker>>>,
}

impl Log {
    /// A future that is ready when it has been polled so often; it wakes itself until then.
    pub(crate) fn after(&self, polls: u32) -> Probe {
        self.probe(Some(polls), true)
    }

    /// A future that is never ready.
    pub(crate) fn never(&self) -> Probe {
        self.probe(None, false)
    }

    /// What counts as a future that was made, and dropped when it is.
    pub(crate) fn guard(&self) -> Guard {
        self.0.made.set(self.0.made.get() + 1);
        Guard(self.clone())
    }

    fn probe(&self, ready_after: Option<u32>, wakes: bool) -> Probe {
        let number = self.0.made.get();
        self.0.wakers.borrow_mut().push(None);
        Probe { number, ready_after, wakes, polls: 0, ready: false, guard: self.guard() }
    }

    pub(crate) fn made(&self) -> u32 {
        self.0.made.get()
    }

    pub(crate) fn dropped(&self) -> u32 {
        self.0.dropped.get()
    }

    pub(crate) fn polls(&self) -> u32 {
        self.0.polls.get()
    }

    /// The waker that a probe was last polled with.
    pub(crate) fn waker(&self, number: usize) -> Waker {
        self.0.wakers.borrow()[number].clone().expect("it was polled")
    }
}

pub(crate) struct Guard(Log);

impl Drop for Guard {
    fn drop(&mut self) {
        let Guard(log) = self;
        log.0.dropped.set(log.0.dropped.get() + 1);
    }
}

pub(crate) struct Probe {
    number: u32,
    ready_after: Option<u32>,
    wakes: bool,
    polls: u32,
    ready: bool,
    guard: Guard,
}

impl Future for Probe {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        assert!(!self.ready, "polled again after it was done");
        self.polls += 1;
        let counts = self.guard.0.0.clone();
        counts.polls.set(counts.polls.get() + 1);
        counts.wakers.borrow_mut()[self.number as usize] = Some(cx.waker().clone());
        if self.ready_after == Some(self.polls) {
            self.ready = true;
            return Poll::Ready(());
        }
        if self.wakes {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

/// Polls a future so many times, drops it, and gives what it returned if it did.
pub(crate) async fn polled_at_most<F: Future>(times: u32, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut polls = 0;
    poll_fn(|cx| {
        if polls == times {
            return Poll::Ready(None);
        }
        polls += 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if polls == times => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// A loop whose time is its own: the machine may be as slow as it likes.
pub(crate) fn new_loop() -> EventLoop {
    EventLoop::builder().clock(Clock::Virtual).build().expect("a loop")
}

/// Runs a future to its end on a loop of its own, on which nothing may be left.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let mut event_loop = new_loop();
    let output = event_loop.block_on(future).expect("a run");
    let counts = event_loop.counts();
    assert_eq!((counts.tasks, counts.timers, counts.sources), (0, 0, 0), "something is left");
    output
}
