//! Sleeps whose end is moved while somebody waits for it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use eagain::time::{Sleep, interval_at, now, sleep, sleep_until};
use eagain::{EventLoop, JoinHandle, spawn, yield_now};

use crate::{HOUR, SECOND, new_loop};

type Shared = Rc<RefCell<Sleep>>;

fn shared(sleep: Sleep) -> Shared {
    Rc::new(RefCell::new(sleep))
}

async fn awaited(sleep: Shared) {
    poll_fn(|cx| Pin::new(&mut *sleep.borrow_mut()).poll(cx)).await;
}

/// A task that waits for an hour, on a loop that does not run now.
fn sleeper() -> (EventLoop, Shared, JoinHandle<()>) {
    let mut event_loop = new_loop();
    let begin = event_loop.block_on(async { now() }).expect("a run");
    let sleep = shared(sleep_until(begin + HOUR));
    let task = event_loop.spawn(awaited(sleep.clone()));
    event_loop.block_on(yield_now()).expect("a run");
    assert_eq!(event_loop.counts().timers, 1);
    (event_loop, sleep, task)
}

fn wakes_after_a_second(event_loop: &mut EventLoop, task: &JoinHandle<()>) {
    assert_eq!(event_loop.counts().timers, 1, "the old timer is still there");
    event_loop.block_on(sleep(2 * SECOND)).expect("a run");
    assert!(task.is_finished());
    assert_eq!(event_loop.counts().timers, 0);
}

#[test]
fn a_sleep_without_end_wakes_when_another_task_gives_it_one() {
    let mut event_loop = new_loop();
    let sleep = shared(sleep(Duration::MAX));
    let task = event_loop.spawn(awaited(sleep.clone()));
    event_loop
        .block_on(async {
            yield_now().await;
            sleep.borrow_mut().reset(now() + SECOND);
        })
        .expect("a run");
    wakes_after_a_second(&mut event_loop, &task);
}

#[test]
fn a_sleep_without_end_has_no_deadline_for_the_loop() {
    let mut event_loop = new_loop();
    event_loop.spawn(sleep(Duration::MAX)).detach();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(event_loop.next_deadline(), None);
}

#[test]
fn a_sleep_can_be_reset_while_its_loop_does_not_run() {
    let (mut event_loop, sleep, task) = sleeper();
    let begin = event_loop.block_on(async { now() }).expect("a run");
    sleep.borrow_mut().reset(begin + SECOND);
    wakes_after_a_second(&mut event_loop, &task);
}

#[test]
fn a_sleep_can_be_reset_while_another_loop_runs() {
    let (mut event_loop, sleep, task) = sleeper();
    let begin = event_loop.block_on(async { now() }).expect("a run");
    let mut other = EventLoop::new().expect("a loop");
    other.block_on(async { sleep.borrow_mut().reset(begin + SECOND) }).expect("a run");
    wakes_after_a_second(&mut event_loop, &task);
}

#[test]
fn an_interval_that_never_ticks_wakes_when_it_is_reset() {
    new_loop()
        .block_on(async {
            let mut never = interval_at(now(), HOUR);
            never.reset_after(Duration::MAX);
            let interval = Rc::new(RefCell::new(never));
            let polled = interval.clone();
            let task = spawn(async move {
                poll_fn(|cx| polled.borrow_mut().poll_tick(cx)).await;
            });
            yield_now().await;
            interval.borrow_mut().reset_after(SECOND);
            sleep(2 * SECOND).await;
            assert!(task.is_finished());
        })
        .expect("a run");
}

#[test]
fn a_sleep_tells_when_it_ends_and_whether_it_has() {
    let (mut event_loop, sleep, task) = sleeper();
    let end = sleep.borrow().deadline();
    assert!(end.is_some() && !sleep.borrow().is_elapsed());
    sleep.borrow_mut().reset(end.expect("an end") + SECOND);
    assert_eq!(sleep.borrow().deadline(), end.map(|end| end + SECOND));
    event_loop.block_on(eagain::time::sleep(2 * HOUR)).expect("a run");
    assert!(task.is_finished() && sleep.borrow().is_elapsed());
    assert_eq!(sleep.borrow().deadline(), None);
}
