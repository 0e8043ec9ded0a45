//! A task that polls a future when it is told to, and outlives it: it tells who wakes it.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use eagain::{EventLoop, JoinHandle, State};

pub(crate) type Waiting = Pin<Box<dyn Future<Output = ()>>>;

/// What a future is polled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum With {
    /// The waker of the task itself.
    Own,
    /// One between the two, as `FuturesUnordered` has it.
    Foreign,
}

/// A waker between a future and a task: counts, and wakes the task.
#[derive(Default)]
pub(crate) struct Stranger {
    woken: AtomicUsize,
    task: Mutex<Option<Waker>>,
}

impl Wake for Stranger {
    fn wake(self: Arc<Self>) {
        self.woken.fetch_add(1, Ordering::Relaxed);
        let task = self.task.lock().expect("nobody panicked").clone();
        task.expect("it was polled").wake();
    }
}

impl Stranger {
    /// Polls with it in a task that is polled with `cx`.
    pub(crate) fn poll<F: Future + ?Sized>(
        self: &Arc<Self>,
        future: Pin<&mut F>,
        cx: &Context<'_>,
    ) -> Poll<F::Output> {
        *self.task.lock().expect("nobody panicked") = Some(cx.waker().clone());
        future.poll(&mut Context::from_waker(&Waker::from(self.clone())))
    }

    pub(crate) fn woken(&self) -> usize {
        self.woken.load(Ordering::Relaxed)
    }

    /// How many clones of the waker somebody keeps.
    pub(crate) fn kept(self: &Arc<Self>) -> usize {
        Arc::strong_count(self) - 1
    }
}

struct Shared {
    future: RefCell<Option<Waiting>>,
    with: With,
    stranger: Arc<Stranger>,
    /// The next resume is to poll; and to drop then what is not ready.
    polls_next: Cell<bool>,
    drops_next: Cell<bool>,
    resumes: Cell<usize>,
    is_done: Cell<bool>,
}

pub(crate) struct Witness {
    shared: Rc<Shared>,
    task: JoinHandle<()>,
}

impl Witness {
    pub(crate) fn spawn(event_loop: &EventLoop, with: With, future: Waiting) -> Witness {
        let shared = Rc::new(Shared {
            future: RefCell::new(Some(future)),
            with,
            stranger: Arc::default(),
            polls_next: Cell::new(false),
            drops_next: Cell::new(false),
            resumes: Cell::new(0),
            is_done: Cell::new(false),
        });
        let its = shared.clone();
        let task = event_loop.spawn(poll_fn(move |cx| {
            its.resumed(cx);
            Poll::Pending
        }));
        Witness { shared, task }
    }

    /// Lets the task poll as soon as it is resumed, and drop the future then if it says so.
    pub(crate) fn poll_when_resumed(&self, and_drop: bool) {
        self.shared.polls_next.set(true);
        self.shared.drops_next.set(and_drop);
    }

    pub(crate) fn has_polled(&self) -> bool {
        !self.shared.polls_next.get()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.shared.is_done.get()
    }

    pub(crate) fn is_ready(&self, event_loop: &EventLoop) -> bool {
        event_loop.tasks().iter().any(|t| t.id == self.task.id() && t.state == State::Ready)
    }

    pub(crate) fn take_future(&self) -> Option<Waiting> {
        self.shared.future.take()
    }

    pub(crate) fn abort(&self) {
        self.task.abort();
        drop(self.take_future()); // which the task would have owned
    }

    /// How often anybody woke it, be it through the stranger.
    pub(crate) fn wakes(&self) -> (usize, usize) {
        (self.shared.resumes.get(), self.shared.stranger.woken())
    }

    pub(crate) fn kept(&self) -> usize {
        self.shared.stranger.kept()
    }
}

impl Shared {
    fn resumed(&self, cx: &mut Context<'_>) {
        self.resumes.set(self.resumes.get() + 1);
        if !self.polls_next.replace(false) {
            return;
        }
        let Some(mut future) = self.future.take() else { return };
        let poll = match self.with {
            With::Own => future.as_mut().poll(cx),
            With::Foreign => self.stranger.poll(future.as_mut(), cx),
        };
        self.is_done.set(poll.is_ready());
        if poll.is_pending() && !self.drops_next.get() {
            self.future.replace(Some(future));
        }
    }
}
