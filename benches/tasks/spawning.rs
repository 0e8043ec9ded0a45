//! Tasks come and go.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use eagain::{Context, Generator, Step, run, spawn, yield_now};

use crate::{Outcome, Tasks, each};

/// How many tasks are spawned before others run.
const BATCH: usize = 1000;

/// Finishes at once.
struct Mayfly(Rc<Cell<usize>>);

impl Generator for Mayfly {
    type Return = ();

    fn resume(&mut self, _: &mut Context<'_>) -> Step<()> {
        self.0.set(self.0.get() + 1);
        Step::Return(())
    }
}

/// Spawns batch after batch from inside the loop, as a server does.
pub(crate) fn spawn_and_finish(n: usize, written: Tasks) -> Outcome {
    let finished = Rc::new(Cell::new(0));
    let count = finished.clone();
    let time = run(async move {
        let begin = Instant::now();
        let mut left = n;
        while left > 0 {
            let batch = left.min(BATCH);
            left -= batch;
            for _ in 0..batch {
                let count = count.clone();
                match written {
                    Tasks::Futures => spawn(async move { count.set(count.get() + 1) }).detach(),
                    Tasks::Generators => spawn(Mayfly(count)).detach(),
                }
            }
            yield_now().await;
        }
        while count.get() < n {
            yield_now().await;
        }
        begin.elapsed()
    })
    .expect("a run");
    assert_eq!(finished.get(), n, "tasks were lost");
    each(time, n)
}

/// Spawns one after the other, and waits for what each returns.
pub(crate) fn spawn_and_join(n: usize) -> Outcome {
    let (sum, time) = run(async move {
        let begin = Instant::now();
        let mut sum = 0;
        for i in 0..n {
            sum += spawn(async move { i }).await.expect("no panic");
        }
        (sum, begin.elapsed())
    })
    .expect("a run");
    assert_eq!(sum, n * (n - 1) / 2, "a task returned something else");
    each(time, n)
}
