//! `timeout` and `timeout_at`.

use std::future::{pending, poll_fn};
use std::io;
use std::task::Poll;
use std::time::{Duration, Instant};

use eagain::time::sleep;
use eagain::time::{Elapsed, timeout, timeout_at};
use eagain::{EventLoop, spawn};

use crate::probe::{Log, run};

const SHORT: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(3600);

#[test]
fn what_is_done_in_time_is_returned_and_the_timer_taken_back() {
    let out = run(timeout(LONG, async {
        sleep(SHORT).await;
        1
    }));
    assert_eq!(out, Ok(1));
}

#[test]
fn what_is_not_done_in_time_is_dropped_and_never_before() {
    let log = Log::default();
    run(async {
        let begin = Instant::now();
        let mut late = Box::pin(timeout(SHORT, log.never()));
        assert!((&mut late).await.is_err());
        assert!(begin.elapsed() >= SHORT);
        assert_eq!(log.dropped(), 1);
    });
}

#[test]
fn what_is_there_when_the_time_is_up_still_counts() {
    let out = run(async {
        let begin = Instant::now();
        let mut polls = 0;
        let both = timeout_at(begin + SHORT, async {
            poll_fn(|_| {
                polls += 1;
                // Ready at the poll that the deadline brings.
                if Instant::now() >= begin + SHORT { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        });
        both.await.map(|()| polls)
    });
    assert_eq!(out, Ok(2));
    assert_eq!(run(timeout(Duration::ZERO, async { 5 })), Ok(5));
    assert_eq!(run(timeout_at(Instant::now() - SHORT, async { 5 })), Ok(5));
}

#[test]
fn the_time_counts_from_the_call_not_from_the_first_poll() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let begin = Instant::now();
    let limited = timeout(SHORT, pending::<()>());
    while begin.elapsed() < SHORT {
        std::hint::spin_loop();
    }
    let waits = event_loop.counts().turns;
    assert!(event_loop.block_on(limited).expect("a run").is_err());
    assert!(event_loop.counts().turns - waits <= 3);
}

#[test]
fn a_timeout_within_a_timeout_the_earlier_one_ends_it() {
    let inner = run(timeout(LONG, timeout(SHORT, pending::<()>())));
    assert!(matches!(inner, Ok(Err(_))));
    let outer = run(timeout(SHORT, timeout(LONG, pending::<()>())));
    assert!(outer.is_err());
}

#[test]
fn the_longest_of_all_times_is_no_limit() {
    assert_eq!(run(timeout(Duration::MAX, sleep(SHORT))), Ok(()));
}

#[test]
fn a_limit_on_a_task_leaves_the_task_alone() {
    run(async {
        let mut task = spawn(async {
            sleep(SHORT * 3).await;
            7
        });
        assert!(timeout(SHORT, &mut task).await.is_err());
        assert_eq!(task.await.expect("it ran on"), 7);
    });
}

#[test]
fn elapsed_is_an_io_error_where_that_is_wanted() {
    async fn read() -> io::Result<()> {
        timeout(SHORT, pending::<io::Result<()>>()).await?
    }
    let error = run(read()).expect_err("nothing comes");
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(error.get_ref().is_some_and(|inner| inner.is::<Elapsed>()));
}
