//! How late the kernel may end the sleeps of a loop.

use std::time::Duration;

use eagain::{Builder, EventLoop};

use crate::tasks::returned;
use crate::{MINUTE, sleeps};

/// How late the kernel may end a sleep of this thread.
fn slack() -> Duration {
    eagain_sys::prctl::get_timerslack().expect("a call that cannot fail")
}

#[test]
fn a_slack_is_the_threads_only_while_its_loop_runs() {
    const ASKED: Duration = Duration::from_micros(300);
    let before = slack();
    assert_ne!(before, ASKED);
    let mut event_loop = Builder::new().timer_slack(ASKED).build().expect("a loop");
    let in_task = |event_loop: &EventLoop| event_loop.spawn(async { slack() });

    let seen = in_task(&event_loop);
    event_loop.run().expect("a run");
    assert_eq!((returned(&seen), slack()), (ASKED, before));

    assert_eq!(event_loop.block_on(async { slack() }).expect("a run"), ASKED);
    assert_eq!(slack(), before);

    // In a turn, the one who sleeps is mostly a foreign loop.
    let seen = in_task(&event_loop);
    event_loop.turn(None).expect("a turn");
    assert_eq!((returned(&seen), slack()), (before, before));
}

#[test]
fn a_panic_takes_the_slack_back() {
    let before = slack();
    let mut event_loop = Builder::new().timer_slack(MINUTE).build().expect("a loop");
    let panics =
        std::panic::AssertUnwindSafe(|| event_loop.block_on(async { panic!("on purpose") }));
    std::panic::catch_unwind(panics).expect_err("it is the caller's");
    assert_eq!(slack(), before);
}

#[test]
fn no_slack_makes_a_timer_early() {
    for slack in [Duration::from_nanos(1), Duration::from_millis(2)] {
        let mut event_loop = Builder::new().timer_slack(slack).build().expect("a loop");
        let sleeps = sleeps(&event_loop, 50, Duration::from_micros(300));
        event_loop.run().expect("a run");
        let taken = returned(&sleeps);
        assert!(taken.iter().all(|t| *t >= Duration::from_micros(300)), "{taken:?}");
    }
}
