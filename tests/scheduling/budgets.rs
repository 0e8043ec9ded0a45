//! How much a task may do before others have their turn.

use std::cell::Cell;
use std::fs::File;
use std::rc::Rc;
use std::time::Duration;

use eagain::{Builder, Context, Generator, Source, Step};

use crate::new_loop;
use crate::tasks::{returned, task};

/// A source on which every read finds something.
fn endless() -> Source {
    Source::new(File::open("/dev/zero").expect("zeros")).expect("a source")
}

/// Reads from all of these in turn until all say that it is time to wait; hands back how many
/// reads each of its resumes had, after `resumes` of them.
fn reader(sources: Vec<Source>, resumes: usize) -> impl Generator<Return = Vec<usize>> {
    let mut reads = Vec::new();
    task(move |cx: &mut Context<'_>| {
        if reads.len() == resumes {
            return Step::Return(std::mem::take(&mut reads));
        }
        let mut n = 0;
        loop {
            let mut blocked = 0;
            for source in &sources {
                match source.try_read(&mut [0; 8]).expect("a read") {
                    Some(_) => n += 1,
                    None => blocked += 1,
                }
            }
            if blocked == sources.len() {
                break;
            }
        }
        reads.push(n);
        Step::Yield(cx.readable(&sources[0]).expect("a wait"))
    })
}

#[test]
fn pitfall_43_a_task_on_an_endless_source_gives_way() {
    let mut event_loop = Builder::new().budget(7).build().expect("a loop");
    let one = event_loop.spawn(reader(vec![endless()], 10));
    let two = event_loop.spawn(reader(vec![endless()], 10));
    event_loop.run().expect("a run");
    // Each has what is due to it in each turn, whatever the other one did.
    assert_eq!(returned(&one), [7; 10]);
    assert_eq!(returned(&two), [7; 10]);
    assert_eq!(event_loop.counts().turns, 11);
}

#[test]
fn pitfall_43_two_sources_of_a_task_share_its_budget() {
    let mut event_loop = Builder::new().budget(7).build().expect("a loop");
    let reader = event_loop.spawn(reader(vec![endless(), endless()], 10));
    event_loop.run().expect("a run");
    assert_eq!(returned(&reader), [7; 10]);
}

/// Resumes all of its children whenever it is resumed, as a join does.
struct Join<G>(Vec<G>);

impl<G: Generator<Return = ()>> Generator for Join<G> {
    type Return = ();

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<()> {
        let mut last = None;
        self.0.retain_mut(|child| match child.resume(cx) {
            Step::Yield(wait) => {
                last = Some(wait);
                true
            }
            Step::Return(()) => false,
        });
        last.map_or(Step::Return(()), Step::Yield)
    }
}

#[test]
fn pitfall_43_joins_within_joins_do_not_multiply_the_budget() {
    let mut event_loop = new_loop();
    let reads = Rc::new(Cell::new(0));
    let join = || {
        let leaf = || {
            let (source, reads) = (endless(), reads.clone());
            task(move |cx: &mut Context<'_>| {
                while source.try_read(&mut [0; 8]).expect("a read").is_some() {
                    reads.set(reads.get() + 1);
                }
                Step::Yield(cx.readable(&source).expect("a wait"))
            })
        };
        Join((0..8).map(|_| leaf()).collect())
    };
    let joins = event_loop.spawn(Join((0..8).map(|_| join()).collect()));
    for turn in 1..=10 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        // pitfall 43: the default budget, which is one for the whole task.
        assert_eq!(reads.get(), 128 * turn);
    }
    joins.abort();
}

#[test]
fn pitfall_43_a_budget_of_nothing_is_a_budget_of_one() {
    let mut event_loop = Builder::new().budget(0).build().expect("a loop");
    let reader = event_loop.spawn(reader(vec![endless()], 10));
    event_loop.run().expect("a run");
    assert_eq!(returned(&reader), [1; 10]);
}

#[test]
fn outside_of_tasks_there_is_no_budget() {
    let mut event_loop = Builder::new().budget(1).build().expect("a loop");
    event_loop.spawn(reader(vec![endless()], 3)).detach();
    event_loop.run().expect("a run");
    let source = endless();
    for _ in 0..1000 {
        assert_eq!(source.try_read(&mut [0; 8]).expect("a read"), Some(8));
    }
}
