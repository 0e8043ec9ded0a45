//! What outlives what: handles and their tasks, wakers and their loops, loops and their threads.

use std::cell::{Cell, RefCell};
use std::fs;
use std::future::{pending, poll_fn};
use std::net::UdpSocket;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use eagain::net::TcpListener;
use eagain::{
    ByCompiler, ByHand, Context, EventLoop, Generator, Interest, JoinError, JoinHandle, Step, time,
};
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

#[test]
fn an_abort_handle_ends_its_task_and_leaves_the_result_to_the_joiner() {
    let mut event_loop = new_loop();
    let task = event_loop.spawn(pending::<()>());
    let end = task.abort_handle();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert!(!end.is_finished());
    end.clone().abort();
    assert!(end.is_finished());
    assert!(matches!(task.take(), Some(Err(JoinError::Cancelled))));
}

#[test]
fn an_abort_handle_that_outlives_its_task_or_its_loop_ends_no_stranger() {
    let mut event_loop = new_loop();
    let first = event_loop.spawn(async { 1 });
    let end = first.abort_handle();
    event_loop.run().expect("a run");
    drop(first);
    let successor = event_loop.spawn(async { 2 });
    assert!(end.is_finished());
    end.abort();
    event_loop.run().expect("a run");
    assert_eq!(successor.take().expect("it has finished").expect("a value"), 2);
    drop(event_loop);
    end.abort();
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

type Handles = Rc<RefCell<Vec<JoinHandle<()>>>>;

/// Spawns another of its kind when it is dropped, so many generations long.
struct Spawns {
    generations: u32,
    drops: Rc<Cell<u32>>,
    handles: Handles,
}

impl Spawns {
    async fn until_dropped(self) {
        pending::<()>().await;
    }
}

impl Drop for Spawns {
    fn drop(&mut self) {
        self.drops.set(self.drops.get() + 1);
        let Some(generations) = self.generations.checked_sub(1) else { return };
        let (drops, handles) = (self.drops.clone(), self.handles.clone());
        let next = Spawns { generations, drops, handles };
        let handle = eagain::spawn(next.until_dropped());
        self.handles.borrow_mut().push(handle);
    }
}

/// Drops a loop with such tasks; the answer is how many were dropped, and their handles.
fn dropped_with(tasks: usize, generations: u32) -> (u32, Vec<JoinHandle<()>>) {
    let (drops, handles) = (Rc::new(Cell::new(0)), Handles::default());
    let mut event_loop = new_loop();
    for _ in 0..tasks {
        let spawns = Spawns { generations, drops: drops.clone(), handles: handles.clone() };
        event_loop.spawn(spawns.until_dropped()).detach();
    }
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    drop(event_loop);
    (drops.get(), handles.take())
}

#[test]
fn what_is_spawned_while_a_loop_is_dropped_is_cancelled_at_once() {
    for (tasks, generations) in [(1, 1), (2, 1), (1, 2), (2, 3)] {
        let (drops, handles) = dropped_with(tasks, generations);
        assert_eq!(drops, tasks as u32 * (generations + 1));
        assert_eq!(handles.len(), tasks * generations as usize);
        for handle in &handles {
            assert!(matches!(handle.take(), Some(Err(JoinError::Cancelled))));
        }
    }
}

#[test]
fn drops_that_spawn_their_like_without_end_do_not_keep_a_loop_from_ending() {
    let (drops, handles) = dropped_with(2, u32::MAX);
    assert!(drops < 100, "{drops}");
    assert!(handles.iter().all(JoinHandle::is_finished));
}

#[test]
fn a_task_that_was_spawned_while_its_loop_was_dropped_can_be_awaited_on_another() {
    let (_, handles) = dropped_with(1, 1);
    for handle in handles {
        let end = new_loop().block_on(handle).expect("a run");
        assert!(matches!(end, Err(JoinError::Cancelled)));
    }
}

/// Tells that it was dropped.
struct Tells(Rc<Cell<bool>>);

impl Drop for Tells {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

type Own = Rc<RefCell<Option<JoinHandle<Tells>>>>;

/// Returns something, and owns a task's handle.
struct Returns {
    _own: Own,
    dropped: Rc<Cell<bool>>,
}

impl Generator for Returns {
    type Return = Tells;
    fn resume(&mut self, _: &mut Context<'_>) -> Step<Tells> {
        Step::Return(Tells(self.dropped.clone()))
    }
}

impl Future for Returns {
    type Output = Tells;
    fn poll(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<Tells> {
        Poll::Ready(Tells(self.dropped.clone()))
    }
}

#[test]
fn what_a_task_that_owns_its_own_handle_returns_is_dropped_with_it() {
    fn check(spawn: impl FnOnce(&EventLoop, Returns) -> JoinHandle<Tells>) {
        let (own, dropped) = (Own::default(), Rc::new(Cell::new(false)));
        let mut event_loop = new_loop();
        let handle = spawn(&event_loop, Returns { _own: own.clone(), dropped: dropped.clone() });
        own.replace(Some(handle));
        drop(own);
        event_loop.run().expect("a run");
        assert!(dropped.get(), "the result has outlived its task");
        assert!(event_loop.tasks().is_empty());
    }
    check(|event_loop, returns| event_loop.spawn::<ByHand, _>(returns));
    check(|event_loop, returns| event_loop.spawn::<ByCompiler, _>(returns));
}

/// A name that uses the loop while it is being made.
struct BusyName(Rc<JoinHandle<()>>);

impl From<BusyName> for Rc<str> {
    fn from(name: BusyName) -> Rc<str> {
        let other = name.0.name().expect("it has one");
        eagain::spawn(async {}).named("meanwhile").detach();
        format!("not {other}").into()
    }
}

#[test]
fn pitfall_47_a_name_may_use_the_loop_while_it_is_made() {
    let mut event_loop = new_loop();
    let name = event_loop.block_on(async {
        let first = Rc::new(eagain::spawn(async {}).named("first"));
        eagain::spawn(async {}).named(BusyName(first)).name() // pitfall 47
    });
    assert_eq!(name.expect("a run").as_deref(), Some("not first"));
}
