//! What comes of something that another thread does, and who waits for it.

#[path = "../../src/thread/outcome.rs"]
mod outcome;
mod primitives {
    pub(super) use std::sync::PoisonError;

    pub(super) use loom::sync::{Condvar, Mutex, MutexGuard};
}

use std::task::{Context, Poll, Wake, Waker};

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use outcome::Outcome;

/// What stands behind a waker: a task that sleeps until it was woken.
struct Alarm {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Alarm {
    /// Wakers are `std`'s, and so is what they count.
    fn new() -> std::sync::Arc<Alarm> {
        std::sync::Arc::new(Alarm { rung: Mutex::new(false), changed: Condvar::new() })
    }

    fn sleep(&self) {
        let mut rung = self.rung.lock().unwrap();
        while !*rung {
            rung = self.changed.wait(rung).unwrap();
        }
        *rung = false;
    }

    fn has_rung(&self) -> bool {
        *self.rung.lock().unwrap()
    }
}

impl Wake for Alarm {
    fn wake(self: std::sync::Arc<Self>) {
        *self.rung.lock().unwrap() = true;
        self.changed.notify_one();
    }
}

fn poll<T>(outcome: &Outcome<T>, alarm: &std::sync::Arc<Alarm>) -> Poll<T> {
    outcome.poll(&mut Context::from_waker(&Waker::from(alarm.clone())))
}

/// What a task does that awaits it.
fn awaited<T>(outcome: &Outcome<T>, alarm: &std::sync::Arc<Alarm>) -> T {
    loop {
        match poll(outcome, alarm) {
            Poll::Ready(result) => return result,
            Poll::Pending => alarm.sleep(), // for ever, if it is there and nobody was woken
        }
    }
}

/// An outcome, and a thread that puts each of `results` into it.
fn promised(results: &[u32]) -> (Arc<Outcome<u32>>, Vec<thread::JoinHandle<()>>) {
    let outcome = Arc::new(Outcome::new());
    let threads = results.iter().map(|&result| {
        let outcome = outcome.clone();
        thread::spawn(move || outcome.put(result))
    });
    (outcome.clone(), threads.collect())
}

fn join(threads: Vec<thread::JoinHandle<()>>) {
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn pitfall_44_a_result_wakes_the_task_that_awaits_it() {
    crate::in_every_order(3, || {
        let (outcome, threads) = promised(&[7]);
        assert_eq!(awaited(&outcome, &Alarm::new()), 7); // pitfall 44
        join(threads);
    });
}

#[test]
fn a_result_ends_the_sleep_of_the_thread_that_waits_for_it() {
    crate::in_every_order(3, || {
        let (outcome, threads) = promised(&[7]);
        assert_eq!(outcome.wait(), 7);
        assert!(outcome.is_full());
        join(threads);
    });
}

#[test]
fn of_two_results_one_is_taken_and_the_other_dropped() {
    crate::in_every_order(3, || {
        let (outcome, threads) = promised(&[1, 2]);
        let first = awaited(&outcome, &Alarm::new());
        assert!(first == 1 || first == 2);
        join(threads);
        assert!(outcome.is_full(), "the second one did not make it a new outcome");
    });
}

#[test]
fn pitfall_44_a_result_wakes_the_task_that_asked_last() {
    crate::in_every_order(3, || {
        let (outcome, threads) = promised(&[7]);
        let (first, last) = (Alarm::new(), Alarm::new());
        let result = match poll(&outcome, &first) {
            Poll::Ready(result) => result,
            Poll::Pending => awaited(&outcome, &last), // pitfall 44
        };
        assert_eq!(result, 7);
        join(threads);
    });
}

#[test]
fn who_has_turned_away_before_the_result_is_not_woken() {
    crate::in_every_order(3, || {
        let outcome = Arc::new(Outcome::new());
        let alarm = Alarm::new();
        assert!(poll(&outcome, &alarm).is_pending());
        let putting = {
            let outcome = outcome.clone();
            thread::spawn(move || outcome.put(7))
        };
        outcome.forget_waker();
        let in_time = !outcome.is_full();
        putting.join().unwrap();
        assert!(!(in_time && alarm.has_rung()));
        assert_eq!(poll(&outcome, &alarm), Poll::Ready(7), "it is there all the same");
    });
}
