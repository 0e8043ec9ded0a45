//! What outlives what: handles and their tasks, wakers and their loops, loops and their threads.

use std::cell::RefCell;
use std::fs;
use std::future::{pending, poll_fn};
use std::net::UdpSocket;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::task::Waker;
use std::thread;
use std::time::Duration;

use eagain::net::TcpListener;
use eagain::{EventLoop, Interest, JoinError, time};
use eagain_sys::errno;
use eagain_sys::poll::{PollFd, poll};

fn new_loop() -> EventLoop {
    EventLoop::new().expect("a loop")
}

/// A finished task's handle whose result was taken, and the task that came after it.
fn used_handle_and_successor(
    event_loop: &mut EventLoop,
) -> (eagain::JoinHandle<u32>, eagain::JoinHandle<u32>) {
    let used = event_loop.spawn(async { 1 });
    event_loop.run().expect("a run");
    assert_eq!(used.take().expect("it has finished").expect("a value"), 1);
    let successor = event_loop.spawn(async { 2 });
    (used, successor)
}

#[test]
fn a_used_handle_that_is_dropped_detaches_no_stranger() {
    let mut event_loop = new_loop();
    let (used, successor) = used_handle_and_successor(&mut event_loop);
    drop(used);
    event_loop.run().expect("a run");
    assert_eq!(successor.take().expect("it is joinable").expect("a value"), 2);
}

#[test]
fn a_used_handle_aborts_no_stranger() {
    let mut event_loop = new_loop();
    let (used, successor) = used_handle_and_successor(&mut event_loop);
    used.abort();
    event_loop.run().expect("a run");
    assert_eq!(successor.take().expect("it has finished").expect("a value"), 2);
}

#[test]
fn a_used_handle_takes_no_result_of_a_stranger() {
    let mut event_loop = new_loop();
    let (used, successor) = used_handle_and_successor(&mut event_loop);
    event_loop.run().expect("a run");
    assert!(used.take().is_none());
    assert_eq!(successor.take().expect("it has finished").expect("a value"), 2);
}

/// A waker of a task of this loop, which waits for ever.
fn waker_of_a_task(event_loop: &mut EventLoop) -> Waker {
    let kept = Rc::new(RefCell::new(None));
    let shared = kept.clone();
    let keep = poll_fn(move |cx| {
        shared.replace(Some(cx.waker().clone()));
        std::task::Poll::<()>::Pending
    });
    event_loop.spawn(keep).detach();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    kept.take().expect("it was polled")
}

fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("a list").count()
}

// Others open a few meanwhile: tests run side by side.
const OTHERS: usize = 60;

#[test]
fn pitfall_48_a_wake_up_that_its_loop_never_heard_holds_nothing() {
    let before = open_descriptors();
    for _ in 0..200 {
        let mut event_loop = new_loop();
        let waker = waker_of_a_task(&mut event_loop);
        waker.wake_by_ref(); // the bell is rung, and nobody answers
        drop(event_loop);
        waker.wake();
    }
    assert!(open_descriptors() < before + OTHERS); // pitfall 48
}

#[test]
fn a_loop_may_live_in_its_threads_local_storage() {
    thread_local! {
        static LOOP: RefCell<Option<EventLoop>> = const { RefCell::new(None) };
    }
    let thread = thread::spawn(|| {
        LOOP.with(|_| ()); // so that it is torn down after what the loop itself keeps there
        let mut event_loop = new_loop();
        event_loop.spawn(pending::<()>()).detach();
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        LOOP.set(Some(event_loop));
    });
    thread.join().expect("a quiet end");
}

#[test]
fn a_loop_without_tasks_does_not_stay_readable() {
    let mut event_loop = new_loop();
    let waker = waker_of_a_task(&mut event_loop);
    let nobody = event_loop.spawn(async {});
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    drop(nobody);
    thread::spawn(move || waker.wake()).join().expect("a wake-up");
    let mut turns = 0;
    loop {
        let mut fds = [PollFd::new(event_loop.as_fd(), Interest::READ)];
        if poll(&mut fds, Some(Duration::ZERO)).expect("a poll") == 0 {
            break;
        }
        turns += 1;
        assert!(turns < 3, "it is readable, and a turn does not change that");
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    }
}

#[test]
fn a_task_that_owns_its_loop_may_be_aborted() {
    let owned = Rc::new(RefCell::new(new_loop()));
    let owner = owned.clone();
    let task = owned.borrow().spawn(async move {
        let _own = owner;
        pending::<()>().await;
    });
    owned.borrow_mut().turn(Some(Duration::ZERO)).expect("a turn");
    drop(owned);
    task.abort(); // drops the loop, which drops its tasks
}

#[test]
fn a_sleep_that_changes_its_loop_says_so() {
    let (mut first, mut second) = (new_loop(), new_loop());
    let sleep = Rc::new(RefCell::new(Box::pin(time::sleep(Duration::from_secs(3600)))));
    let moved = sleep.clone();
    let before = first.spawn(poll_fn(move |cx| sleep.borrow_mut().as_mut().poll(cx)));
    first.turn(Some(Duration::ZERO)).expect("a turn");
    let after = second.spawn(poll_fn(move |cx| moved.borrow_mut().as_mut().poll(cx)));
    second.run().expect("a run");
    let end = after.take().expect("it has finished");
    assert!(matches!(end, Err(JoinError::Panicked(_))), "not early, and not never: {end:?}");
    assert!(!before.is_finished());
}

#[test]
fn what_cannot_accept_is_an_error_and_not_a_lost_connection() {
    let socket = OwnedFd::from(UdpSocket::bind("127.0.0.1:0").expect("a socket"));
    let listener = TcpListener::try_from(std::net::TcpListener::from(socket)).expect("a listener");
    let error = listener.try_accept().expect_err("no listener");
    assert_eq!(error.raw_os_error(), Some(errno::EOPNOTSUPP));
}
