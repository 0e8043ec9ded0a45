//! What is there at once costs budget: nobody keeps the loop by being always served.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use eagain::stream::from_generator;
use eagain::sync::{Notify, Semaphore, mpsc};
use eagain::{EventLoop, TaskGroup};

use crate::polled::Probe;

fn loop_with(budget: u32) -> EventLoop {
    EventLoop::builder().budget(budget).build().expect("a loop")
}

/// How often a task did something before another one had its turn.
fn before_the_other<F: Future<Output = ()> + 'static>(
    mut step: impl FnMut() -> F + 'static,
) -> usize {
    let mut event_loop = loop_with(16);
    let other_ran = Rc::new(Cell::new(false));
    let (steps, seen) = (Rc::new(Cell::new(0)), other_ran.clone());
    let counted = steps.clone();
    event_loop
        .spawn(async move {
            while !seen.get() && counted.get() < 1000 {
                step().await;
                counted.set(counted.get() + 1);
            }
        })
        .detach();
    event_loop.spawn(async move { other_ran.set(true) }).detach();
    event_loop.run().expect("a run");
    steps.get()
}

#[test]
fn a_task_that_sends_to_itself_lets_others_run() {
    let (sender, receiver) = mpsc::channel(4);
    let ends = Rc::new((sender, RefCell::new(receiver)));
    let trips = before_the_other(move || {
        let ends = ends.clone();
        async move {
            ends.0.send(1).await.expect("a receiver");
            let mut receiver = ends.1.take_receiver();
            assert_eq!(receiver.recv().await, Some(1));
            ends.1.replace(receiver);
        }
    });
    assert_eq!(trips, 8 + 1); // two each; the last began before the other ran
}

/// Moves the receiver out for a while, so that no borrow crosses an `.await`.
trait TakeReceiver<T> {
    fn take_receiver(&self) -> mpsc::Receiver<T>;
}

impl<T> TakeReceiver<T> for RefCell<mpsc::Receiver<T>> {
    fn take_receiver(&self) -> mpsc::Receiver<T> {
        self.replace(mpsc::unbounded().1)
    }
}

#[test]
fn a_task_that_always_gets_a_permit_lets_others_run() {
    let semaphore = Rc::new(Semaphore::new(1));
    let acquired = before_the_other(move || {
        let semaphore = semaphore.clone();
        async move { drop(semaphore.acquire().await) }
    });
    assert_eq!(acquired, 16 + 1);
}

#[test]
fn a_task_that_notifies_itself_lets_others_run() {
    let notify = Rc::new(Notify::new());
    let heard = before_the_other(move || {
        let notify = notify.clone();
        async move {
            notify.notify_one();
            notify.notified().await;
        }
    });
    assert_eq!(heard, 16 + 1);
}

#[test]
fn a_task_whose_children_are_always_done_lets_others_run() {
    let joined = before_the_other(|| async {
        let mut group = TaskGroup::new();
        group.add(async { 1 });
        assert_eq!(group.join_next().await, Some(1));
    });
    assert_eq!(joined, 16 + 1);
}

#[test]
fn a_task_whose_stream_always_has_a_value_lets_others_run() {
    let taken = before_the_other(|| async {
        let mut stream = from_generator(async |mut out| out.emit(1).await);
        assert_eq!(stream.next().await, Some(1));
    });
    assert_eq!(taken, 16 + 1);
}

#[test]
fn to_wait_costs_nothing() {
    let mut event_loop = loop_with(2);
    let got = event_loop.block_on(async {
        let (sender, mut last) = mpsc::unbounded();
        sender.send(7).expect("a receiver");
        // Ten that wait come first, and the last one is reached all the same.
        let mut quiet: Vec<_> = (0..10).map(|_| mpsc::unbounded::<u8>()).collect();
        std::future::poll_fn(|cx| {
            assert!(quiet.iter_mut().all(|(_, receiver)| receiver.poll_recv(cx).is_pending()));
            last.poll_recv(cx)
        })
        .await
    });
    assert_eq!(got.expect("a run"), Some(7));
}

#[test]
fn who_gives_way_keeps_its_place_in_the_line() {
    let mut event_loop = loop_with(1);
    let (first, second) = (Rc::new(Semaphore::new(2)), Rc::new(Semaphore::new(1)));
    let order = Rc::new(RefCell::new(Vec::new()));
    for (name, spends) in [("spent", true), ("newcomer", false)] {
        let (first, second, order) = (first.clone(), second.clone(), order.clone());
        event_loop
            .spawn(async move {
                if spends {
                    let _permit = first.acquire().await.expect("open");
                }
                let _permit = second.acquire().await.expect("open");
                order.borrow_mut().push(name);
            })
            .detach();
    }
    event_loop.run().expect("a run");
    assert_eq!(*order.borrow(), ["spent", "newcomer"]);
}

#[test]
fn who_gives_way_misses_no_notification() {
    let mut event_loop = loop_with(1);
    let (notify, semaphore) = (Rc::new(Notify::new()), Rc::new(Semaphore::new(2)));
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let (notify, semaphore) = (notify.clone(), semaphore.clone());
            event_loop.spawn(async move {
                let _permit = semaphore.acquire().await.expect("open");
                notify.notified().await;
            })
        })
        .collect();
    event_loop
        .spawn(async move {
            notify.notify_one();
            notify.notify_one();
        })
        .detach();
    for _ in 0..4 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    }
    assert!(tasks.iter().all(|task| task.is_finished()));
}

#[test]
fn where_no_loop_runs_there_is_no_budget() {
    let (sender, mut receiver) = mpsc::channel(1);
    let probe = Probe::new();
    for n in 0..10_000 {
        assert!(probe.poll(&mut sender.send(n)).is_ready());
        assert!(probe.poll(&mut receiver.recv()).is_ready());
    }
    assert_eq!(probe.wakes(), 0);
}
