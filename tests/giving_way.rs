//! Timers fire between two turns of the loop, and nowhere else.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use eagain::time::{sleep, sleep_until, timeout};
use eagain::{EventLoop, yield_now};

fn run(test: impl AsyncFnOnce()) {
    EventLoop::new().expect("a loop").block_on(test()).expect("a run");
}

fn poll(future: impl Future) -> bool {
    pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[test]
fn a_sleep_of_nothing_is_pending_at_first_and_done_in_the_next_turn() {
    run(async || {
        assert!(!poll(sleep(Duration::ZERO)));
        assert!(!poll(sleep_until(eagain::time::now() - Duration::from_millis(1))));
        let mut nothing = pin!(sleep(Duration::ZERO));
        assert!(!poll(nothing.as_mut()));
        assert!(!poll(nothing.as_mut()), "the same turn");
        yield_now().await;
        assert!(poll(nothing.as_mut()));
    });
}

#[test]
fn who_sleeps_for_nothing_over_and_over_lets_all_others_run() {
    run(async || {
        let other = eagain::spawn(async {
            for _ in 0..10 {
                yield_now().await;
            }
        });
        let mut slept = 0;
        while !other.is_finished() {
            sleep(Duration::ZERO).await;
            slept += 1;
        }
        assert!((10..=12).contains(&slept), "a turn each, not {slept} of them");
    });
}

#[test]
fn a_timeout_of_nothing_polls_what_it_holds_now_and_in_the_next_turn() {
    run(async || {
        let mut polled = 0;
        let never = std::future::poll_fn(|_| {
            polled += 1;
            Poll::<()>::Pending
        });
        assert!(timeout(Duration::ZERO, never).await.is_err());
        assert_eq!(polled, 2);
        assert_eq!(timeout(Duration::ZERO, yield_now()).await, Ok(()), "by then it is there");
    });
}

/// What `block_on` of another runtime hands to a future: it ends the thread's sleep.
#[derive(Default)]
struct Unpark(AtomicU32);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Why such a `block_on` in a task never returns: as long as it has the thread, nothing is due.
#[test]
fn a_foreign_block_on_in_a_task_is_woken_only_when_the_loop_has_its_thread_again() {
    run(async || {
        let unpark = Arc::new(Unpark::default());
        let waker = Waker::from(unpark.clone());
        let mut cx = Context::from_waker(&waker);
        let mut nap = pin!(sleep(Duration::from_micros(1)));
        assert!(nap.as_mut().poll(&mut cx).is_pending());
        while !nap.is_elapsed() {}
        assert!(nap.as_mut().poll(&mut cx).is_pending(), "it is due, and nobody has seen that");
        assert_eq!(unpark.0.load(Ordering::Relaxed), 0);
        yield_now().await; // what it does not do
        assert_eq!(unpark.0.load(Ordering::Relaxed), 1);
        assert!(nap.poll(&mut cx).is_ready());
    });
}

#[test]
fn a_foreign_block_on_in_a_task_returns_if_another_thread_finishes_what_it_waits_for() {
    run(async || {
        let answer = futures::executor::block_on(eagain::offload(|| 42));
        assert_eq!(answer.expect("no panic"), 42);
    });
}
