//! `join!` and `try_join!`.

use std::cell::Cell;
use std::future::{Ready, pending, ready};
use std::time::Duration;

use eagain::time::sleep;
use eagain::{join, try_join, yield_now};

use crate::probe::{Log, run};

#[test]
fn join_gives_a_tuple_in_the_order_in_which_it_is_written() {
    let out = run(async {
        let late = async {
            sleep(Duration::from_millis(2)).await;
            "late"
        };
        join!(late, async { 2 }, ready('c'),)
    });
    assert_eq!(out, ("late", 2, 'c'));
}

#[test]
fn join_takes_any_number_of_branches_and_borrows() {
    let count = Cell::new(0);
    let next = || async {
        yield_now().await;
        count.set(count.get() + 1);
        count.get()
    };
    let out = run(async {
        let () = join!();
        let (one,) = join!(next());
        let out = join!(
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            next()
        );
        one + out.0 + out.11
    });
    assert_eq!(count.get(), 13);
    assert!(out > 3);
}

#[test]
fn join_does_not_poll_a_branch_again_once_it_is_done() {
    let log = Log::default();
    run(async { join!(log.after(1), log.after(7), log.after(3), log.after(1)) }); // they check that
    assert_eq!(log.polls(), 12);
}

#[test]
fn join_drops_a_branch_when_it_is_done() {
    let (short, long) = (Log::default(), Log::default());
    run(async {
        let watch = async {
            long.after(3).await;
            assert_eq!(short.dropped(), 1, "its future lives on");
        };
        join!(short.after(1), watch);
    });
}

#[test]
fn join_takes_what_can_be_made_into_a_future_and_the_callers_question_mark() {
    struct Answer;
    impl IntoFuture for Answer {
        type Output = i32;
        type IntoFuture = Ready<i32>;
        fn into_future(self) -> Ready<i32> {
            ready(42)
        }
    }
    async fn sum(text: &str) -> Result<i32, std::num::ParseIntError> {
        let (a, b) = join!(Answer, ready(text.parse::<i32>()?));
        Ok(a + b)
    }
    assert_eq!(run(sum("8")), Ok(50));
    assert!(run(sum("eight")).is_err());
}

#[test]
fn a_branch_may_have_any_of_the_names_that_the_macros_use() {
    run(async {
        let (branch, output, future, value, result) = (1, 2, 3, 4, 5);
        let order = join!(ready(branch), ready(output), ready(future), ready(value), ready(result));
        assert_eq!(order, (1, 2, 3, 4, 5));
        let cx = try_join!(ready(Ok::<_, ()>(branch)), ready(Ok(output)));
        assert_eq!(cx, Ok((1, 2)));
    });
}

#[test]
fn try_join_ends_with_the_first_error_and_drops_the_others() {
    let log = Log::default();
    let out: Result<((), (), ()), &str> = run(async {
        let fails = async {
            log.after(3).await;
            Err("third")
        };
        let never = async {
            log.never().await;
            Ok(())
        };
        let later = async {
            log.after(1000).await;
            Err("late")
        };
        let out = try_join!(never, fails, later);
        assert_eq!(log.dropped(), 3, "the others live on");
        out
    });
    assert_eq!(out, Err("third"));
    assert!(log.polls() < 12);
}

#[test]
fn try_join_gives_all_values() {
    let out = run(async {
        let late = async {
            yield_now().await;
            Ok::<_, ()>("late")
        };
        try_join!(late, ready(Ok(2)), ready(Ok('c')))
    });
    assert_eq!(out, Ok(("late", 2, 'c')));
    assert_eq!(
        run(async { try_join!(ready(Err::<(), _>("no")), pending::<Result<(), _>>()) }),
        Err("no")
    );
}

/// pitfall 2: in one turn only one of the two can find its data, since they share a budget.
#[test]
fn pitfall_2_a_greedy_branch_of_a_join_does_not_starve_the_other() {
    const READS: u32 = 4000;
    let done = [Cell::new(0), Cell::new(0)];
    let zeros = || {
        eagain::Source::new(std::fs::File::open("/dev/zero").expect("a device")).expect("a source")
    };
    run(async {
        let reads = async |me: usize| {
            let source = zeros();
            for _ in 0..READS {
                source.read(&mut [0; 1]).await.expect("a read");
                done[me].set(done[me].get() + 1);
            }
            let other = done[1 - me].get();
            assert!(other >= READS / 2, "{other} reads beside {READS}");
        };
        join!(reads(0), reads(1));
    });
}

/// pitfall 43: the budget is the task's, whatever it is made of.
#[test]
fn pitfall_43_joins_of_joins_that_always_find_data_still_give_way() {
    let source =
        eagain::Source::new(std::fs::File::open("/dev/zero").expect("a device")).expect("a source");
    let (reads, done, most) = (Cell::new(0_u32), Cell::new(false), Cell::new(0));
    let mut event_loop = eagain::EventLoop::builder().budget(128).build().expect("a loop");
    let (turns, others) = (std::rc::Rc::new(Cell::new(0_u32)), std::rc::Rc::new(Cell::new(false)));
    event_loop
        .spawn({
            let (turns, others) = (turns.clone(), others.clone());
            async move {
                while !others.get() {
                    turns.set(turns.get() + 1);
                    yield_now().await;
                }
            }
        })
        .detach();
    event_loop
        .block_on(async {
            let one = || async {
                for _ in 0..8 {
                    source.read(&mut [0; 1]).await.expect("a read");
                    reads.set(reads.get() + 1);
                }
            };
            let some = || eagain::future::join_all((0..32).map(|_| one()));
            let mut all = Box::pin(eagain::future::join_all((0..32).map(|_| some())));
            std::future::poll_fn(|cx| {
                let before = reads.get();
                let polled = all.as_mut().poll(cx);
                most.set(most.get().max(reads.get() - before));
                polled
            })
            .await;
            done.set(true);
            others.set(true);
        })
        .expect("a run");
    assert_eq!((reads.get(), done.get()), (32 * 32 * 8, true));
    assert!(most.get() <= 128, "{} reads in one turn", most.get());
    assert!(turns.get() >= 64, "another task ran {} times meanwhile", turns.get());
}
