//! Wakers and drops that come back into the loop.

use std::any::Any;
use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{self as std_task, Poll, Wake, Waker};
use std::time::Duration;

use eagain::time::sleep;
use eagain::{Context, EventLoop, JoinHandle, Step, Wait, yield_now};
use eagain_sys::poller::Interest;

use crate::drops::{Drops, OnDrop};
use crate::tasks::{pipe, refuse, returned, task};
use crate::watchdog::watch;
use crate::{HOUR, MINUTE, assert_cancelled, new_loop, waits_for_ever};

thread_local! {
    /// What goes when [`reenter`] is called.
    static LEFT: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// Comes back into the loop: cancels timers, aborts tasks, closes sources.
fn reenter() {
    let left = LEFT.try_with(RefCell::take);
    drop(left);
}

struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A waker between a task and a leaf, as that of a select or join is; comes back into the loop
/// when it is used and when it is dropped.
struct Reentrant(Waker);

impl Wake for Reentrant {
    fn wake(self: Arc<Self>) {
        reenter();
        self.0.wake_by_ref();
    }
}

impl Drop for Reentrant {
    fn drop(&mut self) {
        reenter();
    }
}

/// Polls a future once with a waker of its own.
pub(crate) fn poll_through<F: Future>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    let waker = Waker::from(Arc::new(Reentrant(waker.clone())));
    future.poll(&mut std_task::Context::from_waker(&waker))
}

/// Leaves something behind in every table of the loop that runs here, to go with the next
/// [`reenter`].
async fn leave_something() {
    let mut timer = Box::pin(sleep(HOUR));
    poll_fn(|cx| {
        assert!(timer.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    let (read, write) = pipe();
    let parked = eagain::spawn(waits_for_ever(move |cx| {
        let _ = &write;
        refuse(&read, Interest::READ);
        cx.readable(&read).expect("a wait")
    }));
    yield_now().await;
    let left: Vec<Box<dyn Any>> = vec![Box::new(timer), Box::new(AbortOnDrop(parked))];
    LEFT.with_borrow_mut(|l| l.extend(left));
}

fn assert_nothing_left(event_loop: &EventLoop) {
    assert!(LEFT.with_borrow(Vec::is_empty), "nobody came back");
    let counts = event_loop.counts();
    assert_eq!((counts.tasks, counts.timers, counts.sources), (0, 0, 0));
}

#[test]
fn pitfall_47_a_waker_that_reenters_when_its_timer_is_cancelled() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let task = event_loop.spawn(async {
        leave_something().await;
        let mut timer = Box::pin(sleep(HOUR));
        poll_fn(|cx| {
            assert!(poll_through(timer.as_mut(), cx.waker()).is_pending());
            Poll::Ready(())
        })
        .await;
        drop(timer); // pitfall 47
    });
    event_loop.run().expect("a run");
    returned(&task);
    assert_nothing_left(&event_loop);
}

#[test]
fn pitfall_47_a_waker_that_reenters_when_another_one_takes_its_place() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let task = event_loop.spawn(async {
        leave_something().await;
        let mut timer = Box::pin(sleep(HOUR));
        poll_fn(|cx| {
            assert!(poll_through(timer.as_mut(), cx.waker()).is_pending());
            assert!(timer.as_mut().poll(cx).is_pending()); // pitfall 47
            Poll::Ready(())
        })
        .await;
    });
    event_loop.run().expect("a run");
    returned(&task);
    assert_nothing_left(&event_loop);
}

#[test]
fn pitfall_47_a_waker_that_reenters_when_its_timer_fires() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let task = event_loop.spawn(async {
        leave_something().await;
        let mut timer = Box::pin(sleep(Duration::from_millis(1)));
        poll_fn(|cx| poll_through(timer.as_mut(), cx.waker())).await; // pitfall 47
    });
    event_loop.run().expect("a run");
    returned(&task);
    assert_nothing_left(&event_loop);
}

#[test]
fn pitfall_47_a_waker_that_reenters_when_the_loop_is_dropped() {
    let mut event_loop = new_loop();
    let task = event_loop.spawn(async {
        leave_something().await;
        let mut timer = Box::pin(sleep(HOUR));
        poll_fn(|cx| poll_through(timer.as_mut(), cx.waker())).await; // pitfall 47
    });
    for _ in 0..3 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    }
    assert!(!task.is_finished() && !LEFT.with_borrow(Vec::is_empty));
    drop(event_loop);
    assert!(LEFT.with_borrow(Vec::is_empty), "nobody came back");
}

#[test]
fn pitfall_47_a_future_that_keeps_its_own_waker_goes_with_its_task() {
    let drops = Drops::default();
    let mut event_loop = new_loop();
    for _ in 0..10 {
        let guard = drops.guard();
        let mut kept = Vec::new();
        event_loop
            .spawn(poll_fn(move |cx| {
                let _ = &guard;
                kept.push(cx.waker().clone()); // pitfall 47
                Poll::<()>::Pending
            }))
            .detach();
    }
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    drop(event_loop);
    assert_eq!(drops.count(), 10);
}

#[test]
fn pitfall_47_a_task_whose_drop_ends_wakes_and_spawns_others() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let log = Rc::new(RefCell::new(Vec::new()));
    let victim = event_loop.spawn(waits_for_ever(|_| Wait::after(HOUR)));
    let victim = Rc::new(victim);
    let waker = Rc::new(RefCell::new(None::<Waker>));
    let (shared, woken) = (waker.clone(), log.clone());
    let mut began = false;
    event_loop
        .spawn(task(move |cx: &mut Context<'_>| {
            if began {
                woken.borrow_mut().push("woken");
                return Step::Return(());
            }
            began = true;
            shared.replace(Some(cx.waker()));
            Step::Yield(Wait::woken())
        }))
        .detach();
    let (ends, logged) = (victim.clone(), log.clone());
    let busy = OnDrop(move || {
        // pitfall 47: all tables of the loop are used in a drop.
        ends.abort();
        waker.take().expect("it ran before").wake();
        let logged = logged.clone();
        eagain::spawn(async move { logged.borrow_mut().push("spawned") }).detach();
    });
    event_loop
        .spawn(task(move |_: &mut Context<'_>| {
            let _ = &busy;
            Step::Return(())
        }))
        .detach();
    event_loop.run().expect("a run");
    assert_eq!(*log.borrow(), ["woken", "spawned"]);
    assert_cancelled(&victim);
}

#[test]
fn pitfall_47_a_task_whose_drop_aborts_itself() {
    let mut event_loop = new_loop();
    let own = Rc::new(RefCell::new(None::<JoinHandle<()>>));
    let shared = own.clone();
    let suicidal = OnDrop(move || {
        if let Some(own) = shared.take() {
            own.abort(); // pitfall 47: it ends already
        }
    });
    let task = event_loop.spawn(waits_for_ever(move |_| {
        let _ = &suicidal;
        Wait::woken()
    }));
    own.replace(Some(task));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    drop(event_loop);
    assert!(own.borrow().is_none());
}
