//! Futures of what others do: tasks, tasks of other threads' loops, threads.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use eagain::sync::Notify;
use eagain::time::{Clock, sleep};
use eagain::{EventLoop, JoinHandle, RemoteJoinHandle, offload, yield_now};

use crate::case::Case;

#[test]
fn pitfall_53_yield_now() {
    let case = Case {
        clock: Clock::Real,
        setup: |_| (),
        wait: |_| Box::pin(async { yield_now().await }),
        nudge: |()| (),
        check: |_| Box::pin(async { yield_now().await }),
        sources: 0,
        registrations: 0,
        polls: 2,
    };
    case.holds(); // pitfall 53
}

/// A task that returns what many have, when it is told to.
struct Child {
    task: Cell<Option<JoinHandle<Rc<()>>>>,
    gate: Rc<Notify>,
    result: Rc<()>,
}

#[test]
fn pitfall_53_join_handle() {
    fn child(event_loop: &mut EventLoop) -> Child {
        let (gate, result) = (Rc::new(Notify::new()), Rc::new(()));
        let (its, returned) = (gate.clone(), result.clone());
        let task = event_loop.spawn(async move {
            its.notified().await;
            returned
        });
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        Child { task: Cell::new(Some(task)), gate, result }
    }
    let case = Case {
        clock: Clock::Real,
        setup: child,
        wait: |child| {
            let task = child.task.take().expect("a task");
            Box::pin(async move { drop(task.await.expect("it returned")) })
        },
        nudge: |child| child.gate.notify_one(),
        check: |child| {
            Box::pin(async move {
                // Who was detached has run on, and what it returned is gone.
                while Rc::strong_count(&child.result) > 1 {
                    yield_now().await;
                }
            })
        },
        sources: 0,
        registrations: 0,
        polls: 2,
    };
    case.holds(); // pitfall 53
}

/// What a task waits for that was sent to the loop.
#[derive(Default)]
struct Gate {
    is_open: bool,
    waker: Option<Waker>,
}

struct Remote {
    task: Cell<Option<RemoteJoinHandle<Arc<()>>>>,
    gate: Arc<Mutex<Gate>>,
    result: Arc<()>,
}

#[test]
fn pitfall_53_remote_join_handle() {
    fn remote(event_loop: &mut EventLoop) -> Remote {
        let (gate, result) = (Arc::<Mutex<Gate>>::default(), Arc::new(()));
        let (its, returned) = (gate.clone(), result.clone());
        let task = event_loop.handle().spawn(move || async move {
            poll_fn(|cx| {
                let gate = &mut *its.lock().expect("nobody panicked");
                gate.waker = Some(cx.waker().clone());
                if gate.is_open { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            returned
        });
        event_loop.turn(Some(Duration::ZERO)).expect("a turn"); // it is made,
        event_loop.turn(Some(Duration::ZERO)).expect("a turn"); // and waits
        assert_eq!(event_loop.counts().tasks, 1);
        Remote { task: Cell::new(Some(task)), gate, result }
    }
    let case = Case {
        clock: Clock::Real,
        setup: remote,
        wait: |remote| {
            let task = remote.task.take().expect("a task");
            Box::pin(async move { drop(task.await.expect("it returned")) })
        },
        nudge: |remote| {
            let mut gate = remote.gate.lock().expect("nobody panicked");
            gate.is_open = true;
            let waker = gate.waker.take();
            drop(gate);
            waker.into_iter().for_each(Waker::wake);
        },
        check: |remote| {
            Box::pin(async move {
                while Arc::strong_count(&remote.result) > 1 {
                    yield_now().await;
                }
            })
        },
        sources: 0,
        registrations: 0,
        polls: 2,
    };
    case.holds(); // pitfall 53
}

/// Work that a thread does when it is told to.
struct Thread {
    begin: Sender<()>,
    told: RefCell<Option<Receiver<()>>>,
    result: Arc<()>,
}

#[test]
fn pitfall_53_offload() {
    let case = Case {
        clock: Clock::Real,
        setup: |_| {
            let (begin, told) = channel();
            Thread { begin, told: Some(told).into(), result: Arc::new(()) }
        },
        wait: |thread| {
            let (told, result) = (thread.told.take().expect("once"), thread.result.clone());
            let work = move || {
                told.recv().expect("the test lives");
                result
            };
            Box::pin(async move { drop(offload(work).await.expect("it returned")) })
        },
        nudge: |thread| {
            let _ = thread.begin.send(()); // perhaps the work was taken back
        },
        check: |thread| {
            Box::pin(async move {
                // What was begun is done, and what came of it is dropped.
                while Arc::strong_count(&thread.result) > 1 {
                    sleep(Duration::from_millis(1)).await;
                }
            })
        },
        sources: 0,
        registrations: 0,
        polls: 2,
    };
    case.holds(); // pitfall 53
}
