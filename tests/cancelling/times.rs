//! Futures that wait for a time.

use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use eagain::time::{
    Clock, advance, hold, interval, jump, now, sleep, sleep_until, timeout, timeout_at,
};

use crate::case::Case;
use crate::tasks::unix_pair;
use crate::witness::Waiting;

const TIME: Duration = Duration::from_millis(3);
const LONG: Duration = Duration::from_secs(3600);

const fn case(wait: fn(Rc<()>) -> Waiting) -> Case<()> {
    Case {
        clock: Clock::Virtual,
        setup: |_| (),
        wait,
        nudge: |()| (), // time passes by itself
        check: |_| Box::pin(sleep(TIME)),
        sources: 0,
        registrations: 0,
        polls: 2,
    }
}

#[test]
fn pitfall_53_sleep() {
    case(|_| Box::pin(async { sleep(TIME).await })).holds(); // pitfall 53
}

#[test]
fn pitfall_53_sleep_until() {
    case(|_| Box::pin(async { sleep_until(now() + TIME).await })).holds(); // pitfall 53
}

#[test]
fn pitfall_53_a_sleep_that_is_moved() {
    let case = case(|_| {
        Box::pin(async {
            let mut sleep = sleep(TIME);
            for _ in 0..3 {
                (&mut sleep).await;
                sleep.reset(now() + TIME);
            }
            sleep.await;
        })
    });
    Case { polls: 5, ..case }.holds(); // pitfall 53
}

#[test]
fn pitfall_53_tick() {
    let case = case(|_| {
        Box::pin(async {
            let mut interval = interval(TIME);
            for _ in 0..4 {
                interval.tick().await;
            }
        })
    });
    Case { polls: 4, ..case }.holds(); // pitfall 53
}

#[test]
fn pitfall_53_timeouts() {
    let in_time = case(|_| Box::pin(async { timeout(LONG, sleep(TIME)).await.expect("in time") }));
    in_time.holds(); // pitfall 53
    let late = case(|_| {
        Box::pin(async {
            timeout(TIME, pending::<()>()).await.expect_err("too late");
        })
    });
    late.holds();
    let of_a_read = case(|_| {
        Box::pin(async {
            let (near, _far) = unix_pair();
            let end = now() + TIME;
            timeout_at(end, near.read(&mut [0; 8])).await.expect_err("nothing comes");
        })
    });
    Case { registrations: 1, ..of_a_read }.holds();
}

#[test]
fn pitfall_53_advance() {
    let case = case(|_| Box::pin(async { advance(TIME).await }));
    let check = |_| {
        // An advance that was not taken back would let time pass, whoever holds it.
        let future = async {
            let (_held, begin) = (hold(), now());
            for _ in 0..10 {
                eagain::yield_now().await;
            }
            assert_eq!(now(), begin);
            jump(TIME);
        };
        Box::pin(future) as Waiting
    };
    Case { check, ..case }.holds(); // pitfall 53
}
