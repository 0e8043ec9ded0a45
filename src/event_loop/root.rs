//! The future that the loop was asked to run: it lies where its caller put it, and may borrow
//! from there. So no table can own it; a task without a body stands for it.

use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::event_loop::budget;
use crate::event_loop::core::Core;
use crate::event_loop::task::{JOINABLE, Task};
use crate::task::body::{End, State};
use crate::task::generator::{Place, Wait};

pub(crate) struct Root<'a, F: Future> {
    core: &'a Rc<Core>,
    task: Rc<Task>,
    future: Pin<&'a mut F>,
    output: Option<F::Output>,
}

impl<'a, F: Future> Root<'a, F> {
    pub(crate) fn new(core: &'a Rc<Core>, future: Pin<&'a mut F>, at: Place) -> Root<'a, F> {
        let task = core.scheduler.spawn(|body| *body = None, at, core.turn.get());
        task.mark(JOINABLE, false);
        Root { core, task, future, output: None }
    }

    /// Polls it, if its turn has come. True if it is done.
    pub(crate) fn advance<const OBSERVED: bool>(&mut self) -> bool {
        if self.core.root_is_due.replace(false) {
            budget::refill(self.core.budget);
            let Root { core, task, future, output } = self;
            let poll = |waker: &_| future.as_mut().poll(&mut Context::from_waker(waker));
            let resume = || core.with_waker(task, poll);
            match if OBSERVED { core.watched(task, resume) } else { resume() } {
                Poll::Ready(value) => {
                    *output = Some(value);
                    core.end::<false>(task, End::Returned);
                }
                Poll::Pending if core.yielded.replace(false) => {
                    core.park::<OBSERVED>(task, Wait::next_turn());
                }
                Poll::Pending => core.park::<OBSERVED>(task, Wait::woken()),
            }
        }
        self.output.is_some()
    }

    pub(crate) fn take(&mut self) -> Option<F::Output> {
        self.output.take()
    }
}

impl<F: Future> Drop for Root<'_, F> {
    /// It panicked, or its loop was stopped: nobody stands for it any more.
    fn drop(&mut self) {
        self.core.root_is_due.set(false);
        self.core.watch.rest();
        if self.output.is_none() && self.task.state() != State::Finished {
            self.core.end::<false>(&self.task, End::Cancelled);
        }
    }
}

/// Runs a future, and with it whatever it spawns, on a new event loop; ends with it. Tasks that
/// have not finished by then are dropped: await those that matter.
///
/// The future need not be `'static`: it may borrow from the caller. A panic in it is the
/// caller's.
///
/// System calls: those of [`EventLoop::new`](crate::EventLoop::new) and of the loop.
///
/// # Errors
/// As [`EventLoop::block_on`](crate::EventLoop::block_on).
///
/// ```
/// let mut words = vec!["hello"];
/// eagain::run(async {
///     eagain::yield_now().await;
///     words.push("world");
/// })?;
/// assert_eq!(words, ["hello", "world"]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn run<F: Future>(future: F) -> std::io::Result<F::Output> {
    crate::event_loop::EventLoop::new()?.block_on_at(future, Location::caller())
}
