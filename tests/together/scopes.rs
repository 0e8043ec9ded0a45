//! `TaskGroup::scope` and `try_scope`: a block that is not left before its children are done.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use eagain::time::sleep;
use eagain::{EventLoop, GroupHandle, TaskGroup, yield_now};

use crate::probe::{Log, polled_at_most, run};
use crate::tasks;

#[test]
fn a_scope_is_left_when_all_children_are_done_also_those_of_children() {
    async fn count_down<'a>(group: GroupHandle<'a, ()>, done: &'a Cell<u32>, depth: u64) {
        if depth > 0 {
            group.add(count_down(group.clone(), done, depth - 1));
            group.add(count_down(group.clone(), done, depth - 1));
        }
        sleep(Duration::from_micros(depth * 50)).await;
        done.set(done.get() + 1);
    }
    let done = Cell::new(0);
    let left_with = run(TaskGroup::scope(async |group| {
        group.add(count_down(group.clone(), &done, 5));
        "the block's value"
    }));
    assert_eq!((left_with, done.get()), ("the block's value", 63));
}

#[test]
fn children_may_borrow_and_the_block_may_change_what_it_alone_uses() {
    let (words, mut count) = (vec![String::from("a"), String::from("bc")], 0);
    let lengths = RefCell::new(Vec::new());
    run(TaskGroup::scope(async |group| {
        for word in &words {
            count += 1;
            group.add(async { lengths.borrow_mut().push(word.len()) });
        }
    }));
    assert_eq!((lengths.into_inner(), count), (vec![1, 2], 2));
}

#[test]
fn the_block_runs_beside_its_children() {
    let order = RefCell::new(Vec::new());
    run(TaskGroup::scope(async |group| {
        let (sender, receiver) = futures::channel::oneshot::channel();
        group.add(async {
            order.borrow_mut().push("child");
            sender.send(()).expect("the block waits");
        });
        receiver.await.expect("the child runs");
        order.borrow_mut().push("block");
    }));
    assert_eq!(order.into_inner(), ["child", "block"]);
}

#[test]
fn the_first_error_of_a_child_cancels_the_others_and_the_block() {
    for own_tasks in [false, true] {
        let log = Log::default();
        let outcome: Result<(), &str> = run(TaskGroup::try_scope(async |group| {
            for i in 0..5 {
                let probe = if i == 2 { log.after(3) } else { log.never() };
                let child = async move {
                    probe.await;
                    Err("the third")
                };
                if own_tasks { group.spawn(child) } else { group.add(child) }
            }
            log.never().await;
            Ok(())
        }));
        assert_eq!(outcome, Err("the third"));
        assert_eq!((log.made(), log.dropped()), (6, 6));
    }
}

#[test]
fn an_error_of_the_block_cancels_the_children() {
    let log = Log::default();
    let outcome: Result<(), &str> = run(TaskGroup::try_scope(async |group| {
        let never = log.never();
        group.add(async move {
            never.await;
            Ok(())
        });
        yield_now().await;
        Err("the block")
    }));
    assert_eq!((outcome, log.dropped()), (Err("the block"), 1));
}

#[test]
fn without_an_error_the_value_of_the_block_comes_when_all_are_done() {
    let log = Log::default();
    let outcome = run(TaskGroup::try_scope(async |group| {
        for polls in 1..=20 {
            let probe = log.after(polls);
            group.add(async move {
                probe.await;
                Ok::<(), ()>(())
            });
        }
        Ok(7)
    }));
    assert_eq!((outcome, log.dropped()), (Ok(7), 20));
}

/// pitfall 50
#[test]
fn pitfall_50_a_panic_of_a_child_goes_on_in_the_parent_after_the_others_were_cancelled() {
    for own_tasks in [false, true] {
        let log = Log::default();
        let mut event_loop = EventLoop::new().expect("a loop");
        let parent = TaskGroup::scope(async |group| {
            group.add(drop_after_a_turn(log.never()));
            let child = async { panic!("the child") };
            if own_tasks {
                group.spawn(child)
            } else {
                group.add(child)
            }
            log.never().await;
        });
        let caught = catch_unwind(AssertUnwindSafe(|| {
            event_loop.block_on(async {
                let caught = futures::FutureExt::catch_unwind(AssertUnwindSafe(parent)).await;
                assert_eq!(log.dropped(), 2, "the others were not cancelled");
                caught.map(drop)
            })
        }));
        let payload = caught.expect("it was caught").expect("a run").expect_err("a panic");
        assert_eq!(payload.downcast_ref(), Some(&"the child"));
        assert_eq!(event_loop.counts().tasks, 0);
    }
}

async fn drop_after_a_turn(never: impl Future<Output = ()>) {
    yield_now().await;
    never.await;
}

/// Else a destructor that panics would end the process.
#[test]
fn pitfall_50_the_others_are_dropped_before_the_panic_goes_on_not_by_it() {
    struct Calm<'a>(&'a Cell<bool>);
    impl Drop for Calm<'_> {
        fn drop(&mut self) {
            self.0.set(!std::thread::panicking());
        }
    }
    let calm = Cell::new(false);
    let parent = TaskGroup::scope(async |group| {
        let dropped = Calm(&calm);
        group.add(async move {
            pending::<()>().await;
            drop(dropped)
        });
        group.add(async { panic!("the child") });
    });
    run(async { futures::FutureExt::catch_unwind(AssertUnwindSafe(parent)).await })
        .expect_err("a panic");
    assert!(calm.get());
}

#[test]
fn pitfall_50_a_panic_of_the_block_cancels_the_children() {
    let log = Log::default();
    let parent = TaskGroup::scope(async |group| {
        group.add(drop_after_a_turn(log.never()));
        yield_now().await;
        panic!("the block");
    });
    let caught: Result<(), _> =
        run(async { futures::FutureExt::catch_unwind(AssertUnwindSafe(parent)).await });
    assert_eq!(caught.expect_err("a panic").downcast_ref(), Some(&"the block"));
    assert_eq!(log.dropped(), 1);
}

#[test]
fn pitfall_50_a_destructor_that_panics_does_not_save_the_others() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the destructor");
        }
    }
    let log = Log::default();
    let outcome: Result<(), &str> = run(TaskGroup::try_scope(async |group| {
        for _ in 0..3 {
            let (bomb, never) = (Bomb, log.never());
            group.add(async move {
                let _bomb = bomb;
                never.await;
                Ok(())
            });
        }
        yield_now().await;
        Err("over")
    }));
    assert_eq!((outcome, log.dropped()), (Err("over"), 3));
}

#[test]
fn dropping_a_scope_cancels_its_children_of_either_kind() {
    let log = Log::default();
    let mut event_loop = EventLoop::new().expect("a loop");
    let scope = TaskGroup::scope(async |group| {
        group.add(log.never());
        group.spawn(log.never());
        log.never().await;
    });
    event_loop.block_on(polled_at_most(2, scope)).expect("a run");
    assert_eq!((log.made(), log.dropped(), event_loop.counts().tasks), (3, 3, 0));
}

#[test]
fn the_block_may_cancel_its_children_and_goes_on() {
    let log = Log::default();
    let handle = run(TaskGroup::scope(async |group| {
        group.add(log.never());
        group.spawn(log.never());
        yield_now().await;
        group.cancel();
        group.add(log.never());
        yield_now().await;
        assert_eq!((log.made(), log.dropped()), (3, 3));
        group
    }));
    handle.add(log.never()); // there is no group any more
    assert!(handle.is_closed());
    assert_eq!((log.made(), log.dropped()), (4, 4));
}

#[test]
fn a_child_may_cancel_the_others_and_itself() {
    let log = Log::default();
    run(TaskGroup::scope(async |group| {
        group.add(log.never());
        let handle = group.clone();
        group.add(async {
            let handle = handle;
            yield_now().await;
            handle.cancel();
            pending().await
        });
    }));
    assert_eq!(log.dropped(), 1);
}

#[test]
fn one_wake_up_polls_one_child_and_not_the_block() {
    let (log, polls) = (Log::default(), Rc::new(Cell::new(0)));
    let mut event_loop = EventLoop::new().expect("a loop");
    let (children, counted) = (log.clone(), polls.clone());
    let parent = event_loop.spawn(async move {
        TaskGroup::scope(async |group| {
            for _ in 0..10 {
                group.add(children.never());
            }
            std::future::poll_fn(|_| {
                counted.set(counted.get() + 1);
                std::task::Poll::<()>::Pending
            })
            .await;
        })
        .await;
    });
    tasks::turn_until_idle(&mut event_loop);
    assert_eq!((log.polls(), polls.get()), (10, 1));
    log.waker(4).wake();
    tasks::turn_until_idle(&mut event_loop);
    assert_eq!((log.polls(), polls.get()), (11, 1));
    parent.abort();
}

#[test]
fn what_the_children_used_is_closed_by_the_parent_which_can_await() {
    let (rolled_back, log) = (Cell::new(false), Log::default());
    run(async {
        let rollback = async {
            yield_now().await;
            rolled_back.set(true);
        };
        let outcome: Result<(), ()> = TaskGroup::try_scope(async |group| {
            group.add(async {
                log.after(2).await;
                Err(())
            });
            pending().await
        })
        .await;
        assert!(outcome.is_err());
        rollback.await;
    });
    assert!(rolled_back.get());
}

#[test]
fn a_child_that_is_asked_to_stop_says_goodbye_before_the_scope_is_left() {
    let said = RefCell::new(Vec::new());
    let stop = eagain::sync::CancellationToken::new();
    run(TaskGroup::scope(async |group| {
        for name in ["a", "b"] {
            let (said, stop) = (&said, &stop);
            group.add(async move {
                eagain::select! {
                    () = stop.cancelled() => {}
                    () = pending() => unreachable!(),
                }
                yield_now().await; // a goodbye that waits
                said.borrow_mut().push(name);
            });
        }
        yield_now().await;
        stop.cancel();
    }));
    said.borrow_mut().sort_unstable(); // whoever was polled first
    assert_eq!(said.into_inner(), ["a", "b"]);
}
