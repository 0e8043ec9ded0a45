//! What a task is made of: one of two ways to write it, and what came of it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;
use std::{fmt, task};

use crate::task::context::Context;
use crate::task::generator::{Generator, Step};

/// A task, by who wrote its state machine, or what is left of it.
pub(crate) enum Body {
    /// A person did.
    Generator(Box<dyn AnyGenerator>),
    /// The compiler did.
    Future(Pin<Box<dyn AnyFuture>>),
    /// It returned this.
    Returned(Box<dyn Any>),
    /// It panicked with this.
    Panicked(Box<dyn Any + Send>),
    /// It was aborted.
    Cancelled,
}

/// A generator whose return value is delivered to the loop, so that all of them have one type.
pub(crate) trait AnyGenerator {
    fn resume_any(&mut self, cx: &mut Context<'_>) -> Step<()>;
    fn state_name(&self) -> &'static str;
}

impl<G: Generator<Return: 'static>> AnyGenerator for G {
    fn resume_any(&mut self, cx: &mut Context<'_>) -> Step<()> {
        self.resume(cx).map(|value| cx.deliver(value))
    }

    fn state_name(&self) -> &'static str {
        self.state()
    }
}

/// The same for a future.
pub(crate) trait AnyFuture {
    fn poll_any(self: Pin<&mut Self>, cx: &mut task::Context<'_>, of: &Context<'_>) -> Poll<()>;
}

impl<F: Future<Output: 'static>> AnyFuture for F {
    fn poll_any(self: Pin<&mut Self>, cx: &mut task::Context<'_>, of: &Context<'_>) -> Poll<()> {
        self.poll(cx).map(|value| of.deliver(value))
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
    use super::{Body, ByCompiler, ByHand};
    use crate::task::generator::Generator;

    #[expect(unnameable_types, reason = "keeps `Spawn` from being implemented elsewhere")]
    pub trait IntoBody<Kind> {
        #[expect(private_interfaces, reason = "called in this crate only")]
        fn into_body(self) -> Body;
    }

    impl<G: Generator<Return: 'static> + 'static> IntoBody<ByHand> for G {
        #[expect(private_interfaces, reason = "called in this crate only")]
        fn into_body(self) -> Body {
            Body::Generator(Box::new(self))
        }
    }

    impl<F: Future<Output: 'static> + 'static> IntoBody<ByCompiler> for F {
        #[expect(private_interfaces, reason = "called in this crate only")]
        fn into_body(self) -> Body {
            Body::Future(Box::pin(self))
        }
    }
}

/// How a task ended.
pub(crate) enum End {
    Returned,
    Panicked(Box<dyn Any + Send>),
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
    /// It has finished, and its result has not been taken yet.
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
