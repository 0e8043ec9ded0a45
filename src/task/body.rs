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

    /// Drops what it is made of, and stays as room for another of its kind. False if that is not
    /// worth it.
    fn clear(self: Pin<&mut Self>) -> bool;

    /// Takes another of its kind out of an `Option`; false if it is of another kind.
    fn refill(self: Pin<&mut Self>, with: &mut dyn Any) -> bool;
}

/// What is larger gives its memory back.
pub(crate) const ROOM: usize = 1024;

/// A state machine that a person wrote.
pub(crate) struct Written<G>(Option<G>);

/// A generator is never borrowed from itself, so it may be moved between two steps.
impl<G> Unpin for Written<G> {}

impl<G: Generator<Return: 'static> + 'static> Resume for Written<G> {
    fn step(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Step<()> {
        match &mut self.get_mut().0 {
            Some(generator) => generator.resume(cx).map(|value| cx.deliver(value)),
            None => Step::Return(()), // one that has returned is never READY again
        }
    }

    fn state_name(&self) -> &'static str {
        self.0.as_ref().map_or("", Generator::state)
    }

    fn clear(mut self: Pin<&mut Self>) -> bool {
        self.0 = None;
        size_of::<G>() <= ROOM
    }

    fn refill(mut self: Pin<&mut Self>, with: &mut dyn Any) -> bool {
        refill(&mut self.0, with)
    }
}

/// A state machine that the compiler wrote, until it has returned.
impl<F: Future<Output: 'static> + 'static> Resume for Option<F> {
    fn step(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Step<()> {
        let Some(future) = self.as_pin_mut() else { return Step::Return(()) };
        match cx.poll(future) {
            Poll::Ready(value) => {
                cx.deliver(value);
                Step::Return(())
            }
            Poll::Pending => Step::Yield(cx.pending()),
        }
    }

    fn clear(mut self: Pin<&mut Self>) -> bool {
        self.set(None);
        size_of::<F>() <= ROOM
    }

    fn refill(mut self: Pin<&mut Self>, with: &mut dyn Any) -> bool {
        let Some(with) = with.downcast_mut::<Option<F>>() else { return false };
        self.set(with.take());
        true
    }
}

fn refill<T: 'static>(room: &mut Option<T>, with: &mut dyn Any) -> bool {
    let Some(with) = with.downcast_mut::<Option<T>>() else { return false };
    *room = with.take();
    true
}

/// What can be spawned: a generator or a future.
///
/// `Kind` is chosen by the compiler; it lets two families of types implement one trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a future nor a generator",
    label = "not a task",
    note = "a task is an `async` block, a call of an `async fn`, or a type that implements `Generator`",
    note = "a closure has to be called: `spawn(work())`, not `spawn(work)`"
)]
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
        /// Puts a task where its body belongs. If one of its kind was there before, its room
        /// serves again: that saves an allocation, most of what a spawn costs.
        #[expect(private_interfaces, reason = "called in this crate only")]
        fn put_into(self, place: &mut Option<Body>);
    }

    #[inline(always)]
    fn put<T: 'static>(made_of: T, place: &mut Option<Body>, new: impl FnOnce(Option<T>) -> Body) {
        let mut made_of = Some(made_of);
        let kept = place.as_mut().is_some_and(|room| room.as_mut().refill(&mut made_of));
        if !kept {
            *place = Some(new(made_of));
        }
    }

    impl<G: Generator<Return: 'static> + 'static> IntoBody<ByHand> for G {
        #[expect(private_interfaces, reason = "called in this crate only")]
        #[inline]
        fn put_into(self, place: &mut Option<Body>) {
            put(self, place, |generator| Box::pin(Written(generator)));
        }
    }

    impl<F: Future<Output: 'static> + 'static> IntoBody<ByCompiler> for F {
        #[expect(private_interfaces, reason = "called in this crate only")]
        #[inline]
        fn put_into(self, place: &mut Option<Body>) {
            put(self, place, |future| Box::pin(future));
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
    let Err(payload) = catch_unwind(AssertUnwindSafe(drop)) else { return };
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| std::mem::drop(payload))) {
        // A payload that panics when dropped is beyond help.
        std::mem::forget(again);
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
