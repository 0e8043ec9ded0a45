//! `timeout` and `timeout_at`.

use std::future::{pending, poll_fn};
use std::io;
use std::task::Poll;
use std::time::Duration;

use eagain::spawn;
use eagain::time::{Elapsed, jump, now, sleep, timeout, timeout_at};

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
fn what_is_not_done_in_time_is_dropped_then_and_not_before() {
    let log = Log::default();
    run(async {
        let begin = now();
        let mut late = Box::pin(timeout(SHORT, log.never()));
        assert!((&mut late).await.is_err());
        assert_eq!(now(), begin + SHORT);
        assert_eq!(log.dropped(), 1);
    });
}

#[test]
fn what_is_there_when_the_time_is_up_still_counts() {
    let out = run(async {
        let begin = now();
        let mut polls = 0;
        let both = timeout_at(begin + SHORT, async {
            poll_fn(|_| {
                polls += 1;
                // Ready at the poll that the deadline brings.
                if now() >= begin + SHORT { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        });
        both.await.map(|()| polls)
    });
    assert_eq!(out, Ok(2));
    assert_eq!(run(timeout(Duration::ZERO, async { 5 })), Ok(5));
    assert_eq!(run(async { timeout_at(now() - SHORT, async { 5 }).await }), Ok(5));
}

#[test]
fn the_time_counts_from_the_call_not_from_the_first_poll() {
    run(async {
        let limited = timeout(SHORT * 3, pending::<()>());
        jump(SHORT);
        let begin = now();
        assert!(limited.await.is_err());
        assert_eq!(now(), begin + SHORT * 2);
    });
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
