//! Somebody else wakes a task: another task, or another thread.

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Instant;

use eagain::sync::Notify;
use eagain::{run, spawn, yield_now};

use crate::{Outcome, each, stay_on};

/// A token goes round; whoever has it wakes the next.
struct Ring {
    token: Cell<Option<usize>>,
    hops: Cell<usize>,
    wakers: RefCell<Vec<Waker>>,
    done: Notify,
}

impl Ring {
    async fn token(&self, own: usize) {
        poll_fn(|cx| {
            if self.token.get() == Some(own) {
                return Poll::Ready(());
            }
            self.wakers.borrow_mut()[own].clone_from(cx.waker());
            Poll::Pending
        })
        .await;
    }

    fn pass_to(&self, next: usize) {
        self.token.set(Some(next));
        self.wakers.borrow()[next].wake_by_ref();
    }

    async fn take_part(self: Rc<Ring>, own: usize, n: usize) {
        let next = (own + 1) % self.wakers.borrow().len();
        loop {
            self.token(own).await;
            self.hops.set(self.hops.get() + 1);
            if self.hops.get() == n {
                self.done.notify_one();
                return pending().await;
            }
            self.pass_to(next);
        }
    }
}

/// `n` times a task wakes the next one.
pub(crate) fn ring(n: usize, tasks: usize) -> Outcome {
    if tasks < 2 {
        return Err("a ring has two tasks at least");
    }
    let time = run(async move {
        let ring = Rc::new(Ring {
            token: Cell::new(None),
            hops: Cell::new(0),
            wakers: RefCell::new(vec![Waker::noop().clone(); tasks]),
            done: Notify::new(),
        });
        for own in 0..tasks {
            spawn(ring.clone().take_part(own, n)).detach();
        }
        yield_now().await;
        yield_now().await; // all of them are parked
        let begin = Instant::now();
        ring.pass_to(0);
        ring.done.notified().await;
        let time = begin.elapsed();
        assert_eq!(ring.hops.get(), n, "a hop too many");
        time
    })
    .expect("a run");
    each(time, n)
}

/// What the two threads share: how many questions were asked, how many were answered.
#[derive(Default)]
struct Line {
    asked: AtomicUsize,
    answered: AtomicUsize,
    waker: Mutex<Option<Waker>>,
}

impl Line {
    fn answer(&self, n: usize, spin: bool) {
        for question in 1..=n {
            while self.asked.load(Ordering::Acquire) < question {
                if spin { std::hint::spin_loop() } else { thread::park() }
            }
            let waker = self.waker.lock().expect("no panic").take();
            self.answered.store(question, Ordering::Release);
            waker.expect("who asks leaves a waker").wake();
        }
    }

    async fn ask(&self, question: usize, ask: impl Fn()) {
        poll_fn(|cx| {
            if self.answered.load(Ordering::Acquire) == question {
                return Poll::Ready(());
            }
            if self.asked.load(Ordering::Relaxed) < question {
                *self.waker.lock().expect("no panic") = Some(cx.waker().clone());
                self.asked.store(question, Ordering::Release);
                ask();
            }
            Poll::Pending
        })
        .await;
    }
}

/// `n` times to another thread and back, which parks in between or spins. The loop parks.
pub(crate) fn there_and_back(n: usize, spin: bool, other: Option<usize>) -> Outcome {
    let Some(other) = other else { return Err("one processor is not enough") };
    let warm_up = n / 10;
    let line = Arc::new(Line::default());
    let answering = line.clone();
    let thread = thread::spawn(move || {
        stay_on(other);
        answering.answer(warm_up + n, spin);
    });
    let time = run(async {
        let mut begin = Instant::now();
        for question in 1..=warm_up + n {
            line.ask(question, || thread.thread().unpark()).await;
            if question == warm_up {
                begin = Instant::now();
            }
        }
        begin.elapsed()
    })
    .expect("a run");
    thread.join().expect("no panic");
    each(time, n)
}
