//! `TaskGroup`, held by name.

use std::cell::Cell;
use std::future::{pending, ready};
use std::time::Duration;

use eagain::time::sleep;
use eagain::time::timeout;
use eagain::{EventLoop, Step, TaskGroup, yield_now};

use crate::probe::{Log, new_loop, run};
use crate::tasks;

async fn nap(millis: u64) -> u64 {
    sleep(Duration::from_millis(millis)).await;
    millis
}

#[test]
fn results_come_in_the_order_in_which_children_finish() {
    for own_tasks in [false, true] {
        let order = run(async {
            let mut group = TaskGroup::new();
            for millis in [6, 2, 4] {
                if own_tasks { group.spawn(nap(millis)) } else { group.add(nap(millis)) }
            }
            assert_eq!(group.len(), 3);
            let first = group.join_next().await;
            let rest = group.wait().await;
            (first, rest)
        });
        assert_eq!(order, (Some(2), vec![4, 6]));
    }
}

#[test]
fn results_that_nobody_took_come_in_the_order_in_which_children_finished() {
    for own_tasks in [false, true] {
        let order = run(async {
            let mut group = TaskGroup::new();
            let mut go = Vec::new();
            for n in 0..40 {
                let (sender, receiver) = eagain::sync::oneshot::channel::<()>();
                let child = async move {
                    receiver.await.expect("a word");
                    n
                };
                if own_tasks {
                    group.spawn(child)
                } else {
                    group.add(child)
                }
                go.push(sender);
            }
            // All of them begin to wait.
            assert!(timeout(Duration::from_millis(1), group.join_next()).await.is_err());
            for sender in go.into_iter().rev() {
                sender.send(()).expect("it waits");
                yield_now().await;
            }
            let mut order = Vec::new();
            while let Some(n) = group.join_next().await {
                order.push(n);
            }
            order
        });
        assert_eq!(order, (0..40).rev().collect::<Vec<_>>());
    }
}

#[test]
fn an_empty_group_has_no_next_result() {
    run(async {
        let mut group = TaskGroup::<()>::new();
        assert!(group.is_empty());
        assert_eq!(group.join_next().await, None);
        group.add(ready(()));
        assert_eq!(group.join_next().await, Some(()));
        assert_eq!(group.join_next().await, None);
    });
}

#[test]
fn children_borrow_what_was_there_before() {
    let words = [String::from("one"), String::from("three")];
    let mut lengths = run(async {
        let mut group = TaskGroup::new();
        for word in &words {
            group.add(async move {
                yield_now().await;
                word.len()
            });
        }
        group.wait().await
    });
    lengths.sort_unstable();
    assert_eq!(lengths, [3, 5]);
}

#[test]
fn children_that_are_tasks_run_while_the_group_is_not_awaited() {
    run(async {
        let done = std::rc::Rc::new(Cell::new(false));
        let mut group = TaskGroup::new();
        let says = done.clone();
        group.spawn(async move { says.set(true) });
        yield_now().await;
        assert!(done.get());
        assert_eq!(group.len(), 1, "its result waits");
    });
}

#[test]
fn a_generator_can_be_a_child() {
    let sum = run(async {
        let mut group = TaskGroup::new();
        let mut left = 3;
        group.spawn(tasks::task(move |_| match left {
            0 => Step::Return(5),
            _ => {
                left -= 1;
                Step::Yield(eagain::Wait::next_turn())
            }
        }));
        group.wait().await
    });
    assert_eq!(sum, [5]);
}

#[test]
fn no_result_is_lost_when_waiting_for_the_next_one_is_cancelled() {
    let sum: u64 = run(async {
        let mut group = TaskGroup::new();
        for millis in 1..=10 {
            group.add(nap(millis));
        }
        let mut sum = 0;
        loop {
            eagain::select! {
                next = group.join_next() => match next {
                    Some(millis) => sum += millis,
                    None => break sum,
                },
                () = sleep(Duration::from_micros(300)) => {}
            }
        }
    });
    assert_eq!(sum, 55);
}

#[test]
fn the_first_error_cancels_the_others_and_closes_the_group() {
    let log = Log::default();
    run(async {
        let mut group = TaskGroup::new();
        for polls in [2, 4, 1000] {
            let probe = log.after(polls);
            group.add(async move {
                probe.await;
                if polls == 4 { Err("fourth") } else { Ok(polls) }
            });
        }
        assert_eq!(group.try_join_next().await, Ok(Some(2)));
        assert_eq!(group.try_join_next().await, Err("fourth"));
        assert_eq!(log.dropped(), 3);
        group.add(pending());
        assert_eq!(group.try_join_next().await, Ok(None));
    });
}

#[test]
fn waiting_for_all_stops_at_the_first_error() {
    let wait = |fails: bool| {
        run(async {
            let mut group = TaskGroup::new();
            group.add(ready(Ok(1)));
            group.add(async move {
                yield_now().await;
                if fails { Err("no") } else { Ok(2) }
            });
            if fails {
                group.add(pending());
            }
            group.try_wait().await
        })
    };
    assert_eq!(wait(false), Ok(vec![1, 2]));
    assert_eq!(wait(true), Err("no"));
}

#[test]
fn cancelling_drops_all_now_and_what_is_added_later() {
    run(async {
        let log = Log::default();
        let mut group = TaskGroup::new();
        group.add(log.never());
        group.spawn(log.never());
        let handle = group.handle();
        handle.add(log.never());
        group.cancel();
        assert_eq!((log.dropped(), group.len()), (3, 0));
        group.add(log.never());
        handle.spawn(log.never());
        assert_eq!((log.dropped(), group.join_next().await), (5, None));
    });
}

#[test]
fn a_child_that_is_added_from_another_task_wakes_the_parent() {
    let mut event_loop = new_loop();
    let mut group = TaskGroup::new();
    let handle = group.handle();
    group.add(nap(2));
    let parent = event_loop.spawn(group.wait());
    event_loop
        .spawn(async move {
            yield_now().await;
            handle.add(ready(1));
        })
        .detach();
    event_loop.run().expect("a run");
    assert_eq!(tasks::returned(&parent), [1, 2]);
}

#[test]
fn a_group_that_is_cancelled_from_another_task_wakes_the_parent() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let mut group = TaskGroup::new();
    let handle = group.handle();
    group.add(pending::<()>());
    let parent = event_loop.spawn(group.wait());
    event_loop
        .spawn(async move {
            yield_now().await;
            handle.cancel();
        })
        .detach();
    tasks::run(&mut event_loop);
    assert_eq!(tasks::returned(&parent), []);
}

#[test]
fn a_late_wake_up_of_a_child_does_not_poll_its_successor() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let log = Log::default();
    let mut group = TaskGroup::new();
    let handle = group.handle();
    group.add(log.after(1));
    group.add(log.never());
    let parent = event_loop.spawn(async move { group.wait().await.len() });
    tasks::turn_until_idle(&mut event_loop);
    handle.add(log.never()); // in the place of the first
    tasks::turn_until_idle(&mut event_loop);
    let polls = log.polls();
    log.waker(0).wake();
    tasks::turn_until_idle(&mut event_loop);
    assert_eq!(log.polls(), polls);
    parent.abort();
    assert_eq!((log.made(), log.dropped()), (3, 3));
}

#[test]
fn adding_and_finishing_without_end_takes_no_more_places() {
    run(async {
        let mut group = TaskGroup::new();
        group.add(async { pending::<u32>().await });
        let mut sum = 0;
        for _ in 0..10_000 {
            group.add(ready(1));
            sum += group.join_next().await.expect("the one that is ready");
            assert_eq!(group.len(), 1);
        }
        assert_eq!(sum, 10_000);
    });
}
