//! Joining, selecting, aborting, sharing.

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use eagain::time::sleep;
use eagain::{spawn, yield_now};
use futures::FutureExt;
use futures::future::{
    AbortHandle, Abortable, Aborted, Either, LocalBoxFuture, join, join_all, select, select_all,
    try_join, try_join_all,
};

use crate::run;

async fn nap(micros: u64) -> u64 {
    sleep(Duration::from_micros(micros)).await;
    micros
}

#[test]
fn join_and_its_like() {
    run(async {
        assert_eq!(join(nap(500), nap(100)).await, (500, 100));
        assert_eq!(futures::join!(nap(300), nap(200), nap(100)), (300, 200, 100));
        let fails = async { nap(100).await.checked_sub(200).ok_or("too short") };
        let goes_on = async { Ok(nap(3_600_000_000).await) };
        assert_eq!(try_join(fails, goes_on).await, Err("too short"));
    });
}

#[test]
fn join_all_of_a_few_and_of_many() {
    for count in [3, 300] {
        let out = run(join_all((0..count).map(|n| nap(n * 7 % 90))));
        assert!(out.into_iter().eq((0..count).map(|n| n * 7 % 90)));
        let tried = run(try_join_all(
            (0..count).map(|n| async move { if nap(n % 50).await == 2 { Err(n) } else { Ok(n) } }),
        ));
        assert!(tried.is_err_and(|n| n % 50 == 2));
    }
}

#[test]
fn select_in_all_its_forms() {
    run(async {
        match select(Box::pin(nap(100)), Box::pin(pending::<()>())).await {
            Either::Left((micros, _)) => assert_eq!(micros, 100),
            Either::Right(_) => unreachable!(),
        }
        let naps = [3_600_000_000, 200, 1_800_000_000].map(|n| nap(n).boxed_local());
        let (micros, index, rest) = select_all(naps).await;
        assert_eq!((micros, index, rest.len()), (200, 1, 2));

        let (mut short, mut long) = (Box::pin(nap(100).fuse()), Box::pin(nap(400).fuse()));
        let mut seen = Vec::new();
        loop {
            futures::select! {
                micros = short => seen.push(micros),
                micros = long => seen.push(micros),
                complete => break,
            }
        }
        assert_eq!(seen, [100, 400]);
    });
}

#[test]
fn what_is_aborted_takes_its_timer_along() {
    run(async {
        let (handle, registration) = AbortHandle::new_pair();
        let task = spawn(Abortable::new(nap(3_600_000_000), registration));
        yield_now().await;
        handle.abort();
        assert_eq!(task.await.expect("no panic"), Err(Aborted));
    });
}

#[test]
fn a_shared_future_runs_once_for_all_tasks() {
    let polls = Rc::new(Cell::new(0));
    let sum = run(async {
        let counted = polls.clone();
        let shared = async move {
            counted.set(counted.get() + 1);
            nap(200).await
        }
        .boxed_local()
        .shared();
        let tasks = (0..10).map(|_| spawn(shared.clone()));
        let tasks = join_all(tasks.collect::<Vec<_>>());
        tasks.await.into_iter().map(|micros| micros.expect("no panic")).sum::<u64>()
    });
    assert_eq!((sum, polls.get()), (2000, 1));
}

#[test]
fn boxed_futures_that_call_themselves() {
    fn sum(n: u64) -> LocalBoxFuture<'static, u64> {
        async move {
            yield_now().await;
            if n == 0 { 0 } else { n + sum(n - 1).await }
        }
        .boxed_local()
    }
    assert_eq!(run(sum(100)), 5050);
}

#[test]
fn a_remote_handle_brings_the_result_of_a_task() {
    let out = run(async {
        let (task, handle) = nap(100).remote_handle();
        spawn(task).detach();
        handle.await
    });
    assert_eq!(out, 100);
}

#[test]
fn a_panic_is_caught() {
    let caught = run(std::panic::AssertUnwindSafe(async {
        nap(50).await;
        panic!("as it should")
    })
    .catch_unwind());
    let caught: Result<(), _> = caught;
    assert_eq!(caught.expect_err("a panic").downcast_ref(), Some(&"as it should"));
}
