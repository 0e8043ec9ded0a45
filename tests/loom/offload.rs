//! The queue of work, and the threads that do it.

#[path = "../../src/event_loop/pool/queue.rs"]
mod queue;
mod primitives {
    //! A patience that may be over at any time, since loom knows no clock.

    use std::sync::LockResult;
    pub(super) use std::sync::PoisonError;
    use std::time::Duration;

    use loom::sync::atomic::{AtomicBool, Ordering};
    pub(super) use loom::sync::{Mutex, MutexGuard};

    pub(super) struct Condvar {
        inner: loom::sync::Condvar,
        patience_is_over: AtomicBool,
    }

    pub(super) struct TimedOut(bool);

    impl TimedOut {
        pub(super) fn timed_out(&self) -> bool {
            self.0
        }
    }

    impl Condvar {
        pub(super) fn new() -> Condvar {
            let inner = loom::sync::Condvar::new();
            Condvar { inner, patience_is_over: AtomicBool::new(false) }
        }

        pub(super) fn notify_one(&self) {
            self.inner.notify_one();
        }

        pub(super) fn notify_all(&self) {
            self.inner.notify_all();
        }

        /// From now on waiting ends at once, as if it had lasted too long.
        pub(super) fn end_patience(&self) {
            self.patience_is_over.store(true, Ordering::SeqCst);
            self.inner.notify_all();
        }

        pub(super) fn wait_timeout<'a, T>(
            &self,
            mut guard: MutexGuard<'a, T>,
            _patience: Duration,
        ) -> LockResult<(MutexGuard<'a, T>, TimedOut)> {
            if !self.patience_is_over.load(Ordering::SeqCst) {
                guard = self.inner.wait(guard).unwrap();
            }
            Ok((guard, TimedOut(self.patience_is_over.load(Ordering::SeqCst))))
        }
    }
}

use std::time::Duration;

use loom::sync::{Arc, Condvar, Mutex};
use loom::thread::{self, JoinHandle};
use queue::{Claim, Piece, Pushed, Queue};

/// A piece of work: it is done, and counted.
struct Work {
    claim: Claim<()>,
    done: Arc<Done>,
    /// Where it waits for another piece.
    meets: Option<Arc<Done>>,
}

impl Piece for Arc<Work> {
    fn is_cancelled(&self) -> bool {
        self.claim.is_taken()
    }
}

/// How many pieces were done.
struct Done(Mutex<usize>, Condvar);

impl Done {
    fn new() -> Arc<Done> {
        Arc::new(Done(Mutex::new(0), Condvar::new()))
    }

    fn one_more(&self) {
        *self.0.lock().unwrap() += 1;
        self.1.notify_all();
    }

    /// Returns only if that many are.
    fn wait(&self, pieces: usize) {
        let mut done = self.0.lock().unwrap();
        while *done < pieces {
            done = self.1.wait(done).unwrap();
        }
    }
}

struct Pool {
    queue: Arc<Queue<Arc<Work>>>,
    done: Arc<Done>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    fn new(limit: usize) -> Pool {
        Pool { queue: Arc::new(Queue::new(limit)), done: Done::new(), threads: Vec::new() }
    }

    fn submit(&mut self) -> Arc<Work> {
        self.submit_that_meets(None)
    }

    fn submit_that_meets(&mut self, meets: Option<Arc<Done>>) -> Arc<Work> {
        let work = Arc::new(Work { claim: Claim::new(()), done: self.done.clone(), meets });
        match self.queue.push(work.clone()) {
            Pushed::Queued => {}
            Pushed::StartThread => {
                let queue = self.queue.clone();
                self.threads.push(thread::spawn(move || run(&queue)));
            }
            Pushed::Refused(_) => panic!("it is open"),
        }
        work
    }

    /// Lets the threads' patience be over at any time from now on.
    fn end_patience(&mut self) {
        let queue = self.queue.clone();
        self.threads.push(thread::spawn(move || queue.changed.end_patience()));
    }

    fn end(self) -> usize {
        let unbegun = self.queue.close().len();
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
        unbegun
    }
}

fn run(queue: &Queue<Arc<Work>>) {
    while let Some(work) = queue.next(Duration::MAX) {
        if work.claim.take().is_some() {
            if let Some(meets) = &work.meets {
                meets.one_more();
                meets.wait(2);
            }
            work.done.one_more();
        }
    }
}

#[test]
fn all_work_is_done_by_two_threads() {
    crate::in_every_order(3, || {
        let mut pool = Pool::new(2);
        pool.submit();
        pool.submit();
        pool.done.wait(2); // for ever, if a piece lies there and nobody knows
        assert_eq!(pool.end(), 0);
    });
}

#[test]
fn two_pieces_that_wait_for_each_other_find_a_thread_each() {
    crate::in_every_order(2, || {
        let mut pool = Pool::new(2);
        pool.submit(); // its thread is idle after it, or about to be
        pool.done.wait(1);
        let meeting = Done::new();
        pool.submit_that_meets(Some(meeting.clone()));
        pool.submit_that_meets(Some(meeting));
        pool.done.wait(3); // for ever, if one thread is to do both
        assert_eq!(pool.end(), 0);
    });
}

#[test]
fn work_that_comes_when_the_thread_is_busy_is_done_after() {
    crate::in_every_order(3, || {
        let mut pool = Pool::new(1);
        pool.submit();
        pool.submit();
        pool.submit();
        pool.done.wait(3);
        assert_eq!(pool.threads.len(), 1);
        assert_eq!(pool.end(), 0);
    });
}

#[test]
fn work_that_comes_when_a_thread_is_about_to_go_is_done() {
    crate::in_every_order(3, || {
        let mut pool = Pool::new(1);
        pool.submit();
        pool.end_patience();
        pool.submit();
        pool.done.wait(2); // by the thread that stays after all, or by another one
        assert_eq!(pool.end(), 0);
    });
}

#[test]
fn work_that_comes_when_one_of_two_threads_is_about_to_go_is_done() {
    crate::in_every_order(2, || {
        let mut pool = Pool::new(2);
        pool.submit();
        pool.submit();
        pool.end_patience();
        pool.done.wait(1);
        pool.submit();
        pool.done.wait(3);
        assert_eq!(pool.end(), 0);
    });
}

#[test]
fn cancelled_work_is_either_done_or_not_begun() {
    crate::in_every_order(3, || {
        let mut pool = Pool::new(1);
        let work = pool.submit();
        let cancelled = usize::from(work.claim.take().is_some());
        if cancelled == 1 {
            drop(pool.queue.piece_cancelled());
        }
        let done = pool.done.clone();
        pool.submit();
        done.wait(2 - cancelled);
        assert_eq!(pool.end(), 0);
        assert_eq!(*done.0.lock().unwrap(), 2 - cancelled);
    });
}

#[test]
fn when_the_queue_is_closed_work_is_done_or_handed_back_and_threads_end() {
    crate::in_every_order(3, || {
        let mut pool = Pool::new(2);
        pool.submit();
        pool.submit();
        let done = pool.done.clone();
        let unbegun = pool.end();
        assert_eq!(*done.0.lock().unwrap() + unbegun, 2);
    });
}

#[test]
fn work_for_a_thread_that_cannot_be_started_is_left_to_another_or_handed_back() {
    crate::in_every_order(3, || {
        let mut pool = Pool::new(2);
        pool.submit();
        let work = Arc::new(Work { claim: Claim::new(()), done: pool.done.clone(), meets: None });
        let refused = match pool.queue.push(work) {
            Pushed::Queued => 0,
            Pushed::StartThread => pool.queue.thread_failed().len(),
            Pushed::Refused(_) => panic!("it is open"),
        };
        pool.done.wait(2 - refused);
        assert_eq!(pool.end(), 0);
    });
}
