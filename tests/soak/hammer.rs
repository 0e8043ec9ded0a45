//! Threads that wake tasks as fast as they can. A wake-up that is lost hangs the loop.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Waker;
use std::thread::{self, JoinHandle};

use eagain::{Context, EventLoop, Step, Wait};

use crate::tasks::task;

/// So many threads wake a task so often each, and say before how often. The task ends when it
/// knows of all of them: the last wake-up must reach it.
pub(crate) fn wake(threads: u64, wakes: u64) {
    let mut event_loop = EventLoop::new().expect("a loop");
    let said = Arc::new(AtomicU64::new(0));
    let mut running = Vec::new();
    let woken = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        if running.is_empty() {
            let start = |_| wakes_often(said.clone(), cx.waker(), wakes);
            running = (0..threads).map(start).collect();
        }
        let seen = said.load(Ordering::Relaxed);
        if seen < threads * wakes {
            return Step::Yield(Wait::woken());
        }
        running.drain(..).for_each(|t: JoinHandle<()>| t.join().expect("the thread has ended"));
        Step::Return(seen)
    }));
    event_loop.run().expect("a run");
    assert_eq!(woken.take().expect("it has ended").expect("and well"), threads * wakes);
    let counts = event_loop.counts();
    assert!(counts.resumes <= threads * wakes + 1, "{counts:?}");
}

fn wakes_often(said: Arc<AtomicU64>, waker: Waker, wakes: u64) -> JoinHandle<()> {
    thread::spawn(move || {
        for _ in 0..wakes {
            said.fetch_add(1, Ordering::Relaxed);
            waker.wake_by_ref();
        }
    })
}

/// So many threads, each with a task of its own: knocks twice in quick succession, the second
/// time with something to say, and does not go on before that was heard. The loop is kept busy,
/// so that nothing lies between the moment it looks and the moment the task runs.
pub(crate) fn knock(threads: u64, rounds: u64) {
    let mut event_loop = EventLoop::new().expect("a loop");
    let listening = Rc::new(Cell::new(threads));
    for _ in 0..threads {
        let listening = listening.clone();
        let word = Arc::new(AtomicBool::new(false));
        let mut running = None;
        let mut heard = 0;
        let listener = task(move |cx: &mut Context<'_>| {
            if running.is_none() {
                running = Some(knocks_twice(word.clone(), cx.waker(), rounds));
            }
            if word.load(Ordering::Relaxed) {
                heard += 1;
                word.store(false, Ordering::Release);
            }
            if heard == rounds {
                running.take().map(JoinHandle::join);
                listening.set(listening.get() - 1);
                return Step::Return(());
            }
            Step::Yield(Wait::woken())
        });
        event_loop.spawn(listener).detach();
    }
    let busy = task(move |_: &mut Context<'_>| match listening.get() {
        0 => Step::Return(()),
        _ => Step::Yield(Wait::next_turn()),
    });
    event_loop.spawn(busy).detach();
    event_loop.run().expect("a run");
}

fn knocks_twice(word: Arc<AtomicBool>, waker: Waker, rounds: u64) -> JoinHandle<()> {
    thread::spawn(move || {
        for round in 0..rounds {
            waker.wake_by_ref();
            // Every round meets the loop elsewhere.
            (0..round * 7919 % 251).for_each(|_| std::hint::spin_loop());
            word.store(true, Ordering::Relaxed);
            waker.wake_by_ref();
            while word.load(Ordering::Acquire) {
                thread::yield_now();
            }
        }
    })
}
