//! Futures that are polled or dropped on another loop than they were first polled on.

use std::future::poll_fn;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use eagain::time::{Clock, advance, sleep};
use eagain::{EventLoop, LoopError, descriptor_closed, offload};

use crate::tasks::{PATIENCE, refuse, turn_until_idle, unix_pair};

const HOUR: Duration = Duration::from_secs(3600);

fn loops(clock: Clock) -> [EventLoop; 2] {
    [(); 2].map(|()| EventLoop::builder().clock(clock).build().expect("a loop"))
}

/// Polls once on a loop.
fn poll<F: Future>(event_loop: &mut EventLoop, mut future: Pin<&mut F>) -> Poll<F::Output> {
    let once = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx)));
    event_loop.block_on(once).expect("a run")
}

#[test]
fn a_read_that_goes_on_on_another_loop_is_refused_and_leaves_its_own_alone() {
    let [mut one, mut other] = loops(Clock::Real);
    let (near, mut far) = unix_pair();
    let mut buf = [0; 8];
    {
        let mut read = pin!(near.read(&mut buf));
        assert!(poll(&mut one, read.as_mut()).is_pending());
        let Poll::Ready(Err(error)) = poll(&mut other, read.as_mut()) else {
            panic!("it waits where no event comes");
        };
        assert_eq!(LoopError::of(&error), Some(LoopError::OtherLoop));
    }
    let counts = other.counts();
    assert_eq!((counts.sources, counts.timers, counts.tasks), (0, 0, 0));
    far.write_all(b"!").expect("room");
    let mut again = pin!(near.read(&mut buf));
    let got = one.block_on(again.as_mut()).expect("a run");
    assert_eq!(got.expect("a read"), 1);
}

/// What a panic says.
fn panic_of(panics: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(panics)).expect_err("a panic");
    payload.downcast_ref::<String>().expect("a text").clone()
}

/// It says what is wrong, and which line made what waits.
fn is_told_with_its_place(text: &str) {
    let made = format!("{} (made at {}:", LoopError::OtherLoop, file!());
    assert!(text.starts_with(&made), "{text}");
}

#[test]
fn a_sleep_that_goes_on_on_another_loop_panics_and_leaves_nothing() {
    let [mut one, mut other] = loops(Clock::Virtual);
    let mut sleep = Box::pin(sleep(HOUR));
    assert!(poll(&mut one, sleep.as_mut()).is_pending());
    let text = panic_of(|| assert!(poll(&mut other, sleep.as_mut()).is_pending()));
    is_told_with_its_place(&text);
    drop(sleep);
    assert_eq!((one.counts().timers, other.counts().timers), (0, 0));
}

#[test]
fn an_advance_that_goes_on_on_another_loop_panics_and_leaves_nothing() {
    let [mut one, mut other] = loops(Clock::Virtual);
    let mut advance = Box::pin(advance(HOUR));
    assert!(poll(&mut one, advance.as_mut()).is_pending());
    let text = panic_of(|| assert!(poll(&mut other, advance.as_mut()).is_pending()));
    is_told_with_its_place(&text);
    drop(advance);
    assert_eq!((one.next_deadline(), other.next_deadline()), (None, None));
}

#[test]
fn who_waits_for_a_close_keeps_its_place_when_one_of_another_loop_goes() {
    let [mut one, mut other] = loops(Clock::Real);
    // Both have the first ticket, of the first task.
    let mut stray = Box::pin(descriptor_closed(HOUR));
    assert!(poll(&mut one, stray.as_mut()).is_pending());
    let mut waits = Box::pin(descriptor_closed(HOUR));
    assert!(poll(&mut other, waits.as_mut()).is_pending());
    let (near, _far) = unix_pair();
    let closed = other.block_on(async {
        drop(stray);
        refuse(&near, eagain::Interest::READ);
        let mut readable = Box::pin(near.readable());
        poll_fn(|cx| Poll::Ready(readable.as_mut().poll(cx).is_ready())).await;
        near.close().expect("a close");
        eagain::time::timeout(PATIENCE, waits).await
    });
    assert!(closed.expect("a run").is_ok());
    assert_eq!((one.counts().timers, other.counts().timers), (0, 0));
}

#[test]
fn work_of_one_loop_can_be_awaited_on_another() {
    let [mut one, mut other] = loops(Clock::Real);
    let mut work = one.block_on(poll_fn(|_| Poll::Ready(offload(|| 7)))).expect("a run");
    let done = poll(&mut one, Pin::new(&mut work));
    let seven = match done {
        Poll::Ready(result) => result,
        Poll::Pending => other.block_on(work).expect("a run"),
    };
    assert_eq!(seven.expect("no panic"), 7);
    while one.counts().offloads > 0 {
        one.turn(Some(PATIENCE)).expect("a turn");
    }
}

#[test]
fn a_task_aborted_while_it_was_ready_is_nothing_to_come_back_for() {
    let mut event_loop = EventLoop::new().expect("a loop");
    event_loop.spawn(async {}).abort();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(event_loop.next_deadline(), None);
    turn_until_idle(&mut event_loop);
}
