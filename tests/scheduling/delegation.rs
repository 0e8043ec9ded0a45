//! A generator within a generator.

use std::io;

use eagain::{Cause, Context, Generator, Step, Wait, yield_from};

use crate::new_loop;
use crate::tasks::{returned, task};

/// Yields so often, and returns what it was given.
struct Naps<T>(u32, Option<T>);

impl<T> Generator for Naps<T> {
    type Return = T;

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<T> {
        assert_eq!(cx.cause(), Cause::Turn);
        if self.0 == 0 {
            return Step::Return(self.1.take().expect("not called again after it returned"));
        }
        self.0 -= 1;
        Step::Yield(Wait::next_turn())
    }
}

#[test]
fn yield_from_passes_on_waits_and_gives_the_value() {
    let mut event_loop = new_loop();
    let mut child = Naps(3, Some("value"));
    let mut grandchild = Naps(2, Some(7));
    let mut first = None;
    let task = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        if first.is_none() {
            first = Some(yield_from!(child, cx));
        }
        let second = yield_from!(grandchild, cx);
        Step::Return((first, second))
    }));
    event_loop.run().expect("a run");
    assert_eq!(returned(&task), (Some("value"), 7));
    // A child that returns lets its parent go on at once.
    assert_eq!(event_loop.counts().resumes, 1 + 3 + 2);
}

/// Works in a function that uses `?`.
struct Tries(Naps<io::Result<u32>>);

impl Tries {
    fn advance(&mut self, cx: &mut Context<'_>) -> io::Result<Step<u32>> {
        let value = yield_from!(self.0, cx)?;
        Ok(Step::Return(value + 1))
    }
}

impl Generator for Tries {
    type Return = io::Result<u32>;

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<io::Result<u32>> {
        Step::from_result(self.advance(cx))
    }
}

#[test]
fn yield_from_works_in_functions_that_return_results() {
    let mut event_loop = new_loop();
    let well = event_loop.spawn(Tries(Naps(2, Some(Ok(1)))));
    let badly = event_loop.spawn(Tries(Naps(1, Some(Err(io::ErrorKind::TimedOut.into())))));
    event_loop.run().expect("a run");
    assert_eq!(returned(&well).expect("a value"), 2);
    assert_eq!(returned(&badly).expect_err("an error").kind(), io::ErrorKind::TimedOut);
    assert_eq!(event_loop.counts().resumes, 5);
}
