//! A clock that is moved by hand.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::Write;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use eagain::time::{advance, hold, jump, now, sleep, sleep_until};
use eagain::{spawn, yield_now};

use crate::tasks::unix_pair;
use crate::{HOUR, Log, SECOND, YEAR, new_loop, poll_once, repeat};

#[test]
fn advance_lets_everything_on_the_way_happen_in_its_order() {
    let log = Log::default();
    new_loop()
        .block_on(async {
            log.write("begin");
            repeat(&log, "threes", 3);
            repeat(&log, "twos", 2);
            yield_now().await; // they sleep by now
            advance(6 * SECOND).await;
            log.write("advanced");
            advance(SECOND).await;
            log.write("advanced");
            advance(Duration::ZERO).await;
            log.write("advanced");
        })
        .expect("a run");
    let expected = [
        ("begin", 0),
        ("twos", 2),
        ("threes", 3),
        ("twos", 4),
        ("threes", 6), // set at 3
        ("twos", 6),   // set at 4
        ("advanced", 6),
        ("advanced", 7),
        ("advanced", 7),
    ];
    assert_eq!(log.read(), expected);
}

#[test]
fn advance_waits_for_those_who_are_woken_on_the_way() {
    let (near, mut far) = unix_pair();
    let passed = new_loop().block_on(async {
        let begin = now();
        let reader = spawn(async move {
            let n = near.read(&mut [0; 8]).await.expect("a read");
            for _ in 0..100 {
                yield_now().await;
            }
            (n, now())
        });
        spawn(async move {
            sleep(SECOND).await;
            far.write_all(b"on the way").expect("room");
        })
        .detach();
        advance(SECOND).await;
        let (n, at) = reader.take().expect("it has run").expect("it was not cancelled");
        assert_eq!((n, at - begin), (8, SECOND));
        now() - begin
    });
    assert_eq!(passed.expect("a run"), SECOND);
}

#[test]
fn time_that_is_held_can_be_advanced() {
    let log = Log::default();
    new_loop()
        .block_on(async {
            log.write("begin");
            let _still = hold();
            repeat(&log, "tick", 1);
            for seconds in [3, 1] {
                advance(seconds * SECOND).await;
                log.write("advanced");
            }
        })
        .expect("a run");
    let expected =
        [("begin", 0), ("tick", 1), ("tick", 2), ("tick", 3), ("advanced", 3), ("tick", 4)];
    assert_eq!(log.read()[..6], expected);
}

#[test]
fn several_may_advance_at_once() {
    let log = Log::default();
    new_loop()
        .block_on(async {
            log.write("begin");
            let _still = hold();
            let tasks = [5, 3, 5, 0].map(|seconds| {
                let log = log.clone();
                spawn(async move {
                    advance(seconds * SECOND).await;
                    log.write("advanced");
                })
            });
            for task in tasks {
                task.await.expect("it ends");
            }
        })
        .expect("a run");
    let advanced = [0, 3, 5, 5].map(|seconds| ("advanced", seconds));
    assert_eq!(log.read()[1..], advanced);
}

#[test]
fn who_gives_up_an_advance_leaves_the_clock_where_it_is() {
    let mut event_loop = new_loop();
    let begin = event_loop.now();
    event_loop
        .block_on(async {
            let _still = hold();
            let mut given_up = advance(HOUR);
            assert_eq!(poll_once(&mut given_up).await, Poll::Pending);
            drop(given_up);
            advance(SECOND).await;
        })
        .expect("a run");
    assert_eq!(event_loop.now() - begin, SECOND);
    assert_eq!(event_loop.next_deadline(), None);
}

#[test]
fn an_advance_wakes_a_waker_that_is_not_its_tasks() {
    /// Counts, and passes it on.
    struct Counting(AtomicU32, Waker);
    impl Wake for Counting {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
            self.1.wake_by_ref();
        }
    }
    let mut event_loop = new_loop();
    let begin = event_loop.now();
    event_loop
        .block_on(async {
            let mut advance = advance(SECOND);
            let mut wakers = Vec::new();
            poll_fn(|cx| {
                let own = Arc::new(Counting(0.into(), cx.waker().clone()));
                wakers.push(own.clone());
                Pin::new(&mut advance).poll(&mut Context::from_waker(&Waker::from(own)))
            })
            .await;
            let woken = wakers.iter().map(|w| w.0.load(Ordering::Relaxed));
            assert_eq!(woken.collect::<Vec<_>>(), [1, 0]);
        })
        .expect("a run");
    assert_eq!(event_loop.now() - begin, SECOND);
}

#[test]
fn pitfall_39_time_that_jumps_far_ahead_fires_everything_once_and_in_order() {
    let mut event_loop = new_loop();
    let fired = Rc::new(RefCell::new(Vec::new()));
    let begin = event_loop.now();
    for i in 0..1000_u32 {
        // Over all sizes, and not set in their order; the last of them is 36 years ahead.
        let deadline =
            begin + Duration::from_nanos(1 << (i * 7 % 61)) + Duration::from_nanos(i.into());
        let fired = fired.clone();
        event_loop
            .spawn(async move {
                sleep_until(deadline).await;
                fired.borrow_mut().push(deadline);
            })
            .detach();
    }
    event_loop
        .block_on(async {
            yield_now().await; // they sleep by now
            jump(40 * YEAR); // pitfall 39
            sleep(Duration::ZERO).await;
            assert_eq!(now() - begin, 40 * YEAR);
        })
        .expect("a run");
    // All of them in the one turn that followed.
    assert_eq!(event_loop.counts().timers, 0);
    assert_eq!(fired.borrow().len(), 1000);
    assert!(fired.borrow().is_sorted());
}

#[test]
fn pitfall_35_no_jump_overflows() {
    let mut event_loop = new_loop();
    let begin = event_loop.now();
    let endless = event_loop.spawn(async { sleep(Duration::MAX).await });
    event_loop
        .block_on(async {
            let far = spawn(sleep(100 * YEAR));
            for _ in 0..3 {
                advance(Duration::MAX).await; // pitfall 35
                jump(Duration::MAX);
                assert!(now() - begin > 100 * YEAR);
            }
            assert!(far.is_finished());
            sleep(Duration::ZERO).await;
        })
        .expect("a run");
    assert!(!endless.is_finished());
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    endless.abort();
}
