//! What a task is made of, by either of two ways to write it, and how it ended.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use crate::task::context::Context;
use crate::task::generator::{Generator, Step};

/// A state machine that somebody wrote, whoever it was.
pub(crate) type Body = Pin<Box<dyn Resume>>;

/// One step of either kind. What it returns in the end is delivered to the loop, so that all of
/// them have one type.
pub(crate) trait Resume {
    fn step(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Step<()>;
    /// What its author calls the state it is paused in.
    fn state_name(&self) -> &'static str {
        ""
    }
    /// Hands over what came of it, into an `Option` of that type.
    fn hand_over(self: Pin<&mut Self>, _place: &mut dyn Any) {}
}

/// A state machine that a person wrote.
pub(crate) struct Written<G>(G);

/// A generator is never borrowed from itself, so it may be moved between two steps.
impl<G> Unpin for Written<G> {}

impl<G: Generator<Return: 'static>> Resume for Written<G> {
    fn step(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Step<()> {
        self.get_mut().0.resume(cx).map(|value| cx.deliver(value))
    }

    fn state_name(&self) -> &'static str {
        self.0.state()
    }
}

/// A state machine that the compiler wrote.
impl<F: Future<Output: 'static>> Resume for F {
    fn step(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Step<()> {
        match cx.poll(self) {
            Poll::Ready(value) => {
                cx.deliver(value);
                Step::Return(())
            }
            Poll::Pending => Step::Yield(cx.pending()),
        }
    }
}

/// What came of a task stands where the task stood.
pub(crate) struct Delivered<T>(Option<T>);

impl<T: 'static> Delivered<T> {
    pub(crate) fn body(value: T) -> Body {
        Box::pin(Delivered(Some(value)))
    }
}

/// It only lies there to be taken.
impl<T> Unpin for Delivered<T> {}

impl<T: 'static> Resume for Delivered<T> {
    fn step(self: Pin<&mut Self>, _: &mut Context<'_>) -> Step<()> {
        Step::Return(()) // a task that finished is never READY again
    }

    fn hand_over(self: Pin<&mut Self>, place: &mut dyn Any) {
        if let Some(place) = place.downcast_mut::<Option<T>>() {
            *place = self.get_mut().0.take();
        }
    }
}

/// What can be spawned: a generator or a future.
///
/// `Kind` is chosen by the compiler; it lets two families of types implement one trait.
pub trait Spawn<Kind>: sealed::IntoBody<Kind> {
    /// What the task returns.
    type Output: 'static;
}

/// Marks what is spawned as a generator.
#[derive(Debug)]
pub enum ByHand {}

/// Marks what is spawned as a future.
#[derive(Debug)]
pub enum ByCompiler {}

impl<G: Generator<Return: 'static> + 'static> Spawn<ByHand> for G {
    type Output = G::Return;
}

impl<F: Future<Output: 'static> + 'static> Spawn<ByCompiler> for F {
    type Output = F::Output;
}

mod sealed {
    use super::{Body, ByCompiler, ByHand, Written};
    use crate::task::generator::Generator;

    #[expect(unnameable_types, reason = "keeps `Spawn` from being implemented elsewhere")]
    pub trait IntoBody<Kind> {
        #[expect(private_interfaces, reason = "called in this crate only")]
        fn into_body(self) -> Body;
    }

    impl<G: Generator<Return: 'static> + 'static> IntoBody<ByHand> for G {
        #[expect(private_interfaces, reason = "called in this crate only")]
        fn into_body(self) -> Body {
            Box::pin(Written(self))
        }
    }

    impl<F: Future<Output: 'static> + 'static> IntoBody<ByCompiler> for F {
        #[expect(private_interfaces, reason = "called in this crate only")]
        fn into_body(self) -> Body {
            Box::pin(self)
        }
    }
}

/// How a task ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Returned,
    Panicked,
    Cancelled,
}

/// Drops what a user wrote; a panic in there must not take the loop along. The panic hook has
/// reported it by then.
pub(crate) fn quietly(drop: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(drop)) {
        // A payload that panics when dropped is beyond help.
        std::mem::forget(panic);
    }
}

/// What a task does at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is in the queue of those to run.
    Ready,
    /// It runs; of all tasks of a loop, one at most does.
    Running,
    /// It waits for a source, a deadline, or somebody to wake it.
    Waiting,
    /// It has finished, and its handle is still held.
    Finished,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Ready => "READY",
            State::Running => "RUNNING",
            State::Waiting => "WAITING",
            State::Finished => "FINISHED",
        })
    }
}
