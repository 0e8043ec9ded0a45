//! Tasks spawned from other threads.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
use std::thread;
use std::time::Duration;

use eagain::{EventLoop, Handle, JoinError, LoopError, RemoteJoinHandle, yield_now};

use crate::gate::Gate;
use crate::watchdog::watch;
use crate::{MINUTE, new_loop};

fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}

/// Runs a loop that has nothing to do by itself, while `use_it` has its handle on another thread.
fn serve<T: Send>(event_loop: &mut EventLoop, use_it: impl FnOnce(Handle) -> T + Send) -> T {
    let handle = event_loop.handle();
    thread::scope(|scope| {
        let user = scope.spawn(move || {
            let stop = StopAtTheEnd(handle.clone());
            let result = use_it(handle);
            drop(stop);
            result
        });
        let stopped = event_loop.block_on(pending::<()>()).expect_err("it never ends");
        assert_eq!(LoopError::of(&stopped), Some(LoopError::Stopped));
        user.join().expect("no panic")
    })
}

struct StopAtTheEnd(Handle);

impl Drop for StopAtTheEnd {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Says that it was dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn what_may_cross_threads_does() {
    is_send::<Handle>();
    is_sync::<Handle>();
    is_send::<RemoteJoinHandle<Cell<u8>>>();
    is_sync::<RemoteJoinHandle<Cell<u8>>>();
}

#[test]
fn a_task_is_made_and_run_on_the_loops_thread() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let here = thread::current().id();
    let ran_on = serve(&mut event_loop, |handle| {
        let task = handle.spawn(|| {
            let made_on = thread::current().id();
            let not_send = Rc::new(made_on);
            async move {
                yield_now().await;
                (*not_send, thread::current().id())
            }
        });
        task.join().expect("it returns")
    });
    assert_eq!(ran_on, (here, here));
}

#[test]
fn a_task_of_another_thread_knows_where_it_was_spawned() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    serve(&mut event_loop, |handle| {
        let gate = Gate::default();
        let opened = gate.clone();
        handle.spawn(move || async move { opened.open() }).detach();
        handle.spawn(pending::<()>).detach();
        gate.pass();
    });
    let tasks = event_loop.tasks();
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    assert!(tasks[0].spawned_at.file().ends_with("handles.rs"), "{tasks:?}");
}

#[test]
fn a_storm_of_tasks_from_four_threads_runs_and_rings_seldom() {
    const EACH: u64 = 2500;
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let sum = serve(&mut event_loop, |handle| {
        let spawned: Vec<_> = (0..4)
            .map(|_| {
                let handle = handle.clone();
                thread::spawn(move || {
                    (0..EACH).map(|i| handle.spawn(move || async move { i })).collect::<Vec<_>>()
                })
            })
            .collect();
        let tasks = spawned.into_iter().flat_map(|t| t.join().expect("no panic"));
        tasks.map(|task| task.join().expect("it returns")).sum::<u64>()
    });
    assert_eq!(sum, 4 * (EACH * (EACH - 1) / 2));
    let counts = event_loop.counts();
    // Never more than one for each look: one a turn, and one before the first.
    assert!((1..=counts.turns + 1).contains(&counts.bells), "{counts:?}");
    assert_eq!(counts.tasks, 0);
}

#[test]
fn pitfall_45_what_comes_while_the_loop_is_busy_rings_once() {
    const TASKS: usize = 10_000;
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let handle = event_loop.handle();
    let ran = Rc::new(Cell::new(0));
    let all = event_loop.block_on(async {
        let spawned = thread::spawn(move || {
            (0..TASKS).map(|i| handle.spawn(move || async move { i })).collect::<Vec<_>>()
        });
        for (i, task) in spawned.join().expect("no panic").into_iter().enumerate() {
            assert_eq!(task.await.expect("it returns"), i);
            ran.set(ran.get() + 1);
        }
    });
    all.expect("a run");
    assert_eq!((ran.get(), event_loop.counts().bells), (TASKS, 1)); // pitfall 45
}

#[test]
fn a_task_that_panics_hands_over_its_payload() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let (in_make, in_poll, after) = serve(&mut event_loop, |handle| {
        let in_make = handle.spawn(|| -> std::future::Ready<()> { panic!("in make") });
        let in_poll = handle.spawn(|| async {
            yield_now().await;
            panic!("in poll")
        });
        let in_poll: Result<(), _> = in_poll.join();
        (in_make.join(), in_poll, handle.spawn(|| async { 5 }).join())
    });
    for (end, text) in [(in_make, "in make"), (in_poll, "in poll")] {
        match end {
            Err(JoinError::Panicked(panic)) => {
                assert_eq!(panic.into_payload().downcast_ref::<&str>(), Some(&text));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(after.expect("the loop lives on"), 5);
}

#[test]
fn an_aborted_task_is_dropped_on_its_own_thread() {
    struct TellsWhere(mpsc::Sender<thread::ThreadId>);
    impl Drop for TellsWhere {
        fn drop(&mut self) {
            self.0.send(thread::current().id()).expect("somebody listens");
        }
    }
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let here = thread::current().id();
    serve(&mut event_loop, |handle| {
        let (tell, told) = mpsc::channel();
        let started = Gate::default();
        let opened = started.clone();
        let task = handle.spawn(move || async move {
            let _tells = TellsWhere(tell);
            opened.open();
            pending::<()>().await;
        });
        started.pass();
        assert!(!task.is_finished());
        task.abort();
        task.abort(); // twice is once
        assert_eq!(told.recv().expect("it is dropped"), here);
        assert!(matches!(task.join(), Err(JoinError::Cancelled)));
    });
}

#[test]
fn a_task_aborted_before_the_loop_has_read_of_it_is_not_made() {
    let mut event_loop = new_loop();
    let made = Arc::new(AtomicBool::new(false));
    let makes = made.clone();
    let task =
        event_loop.handle().spawn(move || async move { makes.store(true, Ordering::Release) });
    task.abort();
    event_loop.run().expect("a run");
    assert!(matches!(task.join(), Err(JoinError::Cancelled)));
    assert!(!made.load(Ordering::Acquire));
}

#[test]
fn aborting_a_task_that_has_returned_changes_nothing() {
    let mut event_loop = new_loop();
    let task = event_loop.handle().spawn(|| async { 3 });
    event_loop.run().expect("a run");
    assert!(task.is_finished());
    task.abort();
    event_loop.run().expect("a run");
    assert_eq!(task.join().expect("it has returned"), 3);
}

#[test]
fn a_dropped_handle_detaches_the_task() {
    let mut event_loop = new_loop();
    let (tell, told) = mpsc::channel();
    drop(event_loop.handle().spawn(move || async move {
        yield_now().await;
        tell.send(()).expect("somebody listens");
    }));
    event_loop.run().expect("a run");
    told.try_recv().expect("it has run to its end");
}

#[test]
fn what_was_spawned_before_the_run_is_part_of_it() {
    let mut event_loop = new_loop();
    let task = event_loop.handle().spawn(|| async { 1 });
    assert!(!task.is_finished());
    event_loop.run().expect("a run");
    assert_eq!(task.join().expect("it has run"), 1);
}

#[test]
fn when_the_loop_goes_its_tasks_tell_and_what_it_has_not_read_is_dropped() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let handle = event_loop.handle();
    let [waits, unread] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let [in_task, in_make] = [&waits, &unread].map(|flag| Dropped(flag.clone()));
    let waiting = handle.spawn(move || async move {
        let _dropped = in_task;
        pending::<()>().await;
    });
    event_loop.turn(Some(Duration::ZERO)).expect("the turn that reads of it");
    event_loop.turn(Some(Duration::ZERO)).expect("the turn that runs it");
    let never_made = handle.spawn(move || async move {
        let _dropped = in_make;
    });
    let joiner = thread::spawn(move || waiting.join());
    drop(event_loop);
    assert!(waits.load(Ordering::Acquire) && unread.load(Ordering::Acquire));
    assert!(matches!(joiner.join().expect("no panic"), Err(JoinError::Cancelled)));
    assert!(matches!(never_made.join(), Err(JoinError::Cancelled)));
}

#[test]
fn a_handle_may_be_used_when_its_loop_is_gone() {
    let event_loop = new_loop();
    let handle = event_loop.handle();
    drop(event_loop);
    handle.stop();
    let task = handle.clone().spawn(|| async { 1 });
    assert!(task.is_finished());
    task.abort();
    assert!(matches!(task.join(), Err(JoinError::Cancelled)));
}

#[test]
fn pitfall_47_what_a_letter_owns_may_use_the_loop_when_it_is_dropped_unread() {
    struct SpawnsAndStops(Handle);
    impl Drop for SpawnsAndStops {
        fn drop(&mut self) {
            // pitfall 47: with the inbox locked, this would wait for itself
            self.0.stop();
            self.0.spawn(|| async {}).detach();
        }
    }
    let _watchdog = watch(MINUTE);
    let event_loop = new_loop();
    let handle = event_loop.handle();
    let owned = SpawnsAndStops(handle.clone());
    let task = handle.spawn(move || async move { drop(owned) });
    drop(event_loop);
    let late = SpawnsAndStops(handle.clone());
    handle.spawn(move || async move { drop(late) }).detach();
    assert!(task.is_finished());
}

#[test]
fn a_panic_in_what_was_not_read_does_not_reach_who_drops_the_loop() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let event_loop = new_loop();
    let owned = Panics;
    let task = event_loop.handle().spawn(move || async move { drop(owned) });
    drop(event_loop);
    assert!(matches!(task.join(), Err(JoinError::Cancelled)));
}

#[test]
fn a_task_of_one_loop_awaits_a_task_of_another() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let answer = serve(&mut event_loop, |handle| {
        eagain::run(async move {
            let mut sum = 0;
            for i in 0..100 {
                let task = handle.spawn(move || async move {
                    yield_now().await;
                    i
                });
                sum += task.await.expect("it returns");
            }
            sum
        })
    });
    assert_eq!(answer.expect("a run"), 4950);
}

#[test]
fn the_current_handle_is_that_of_the_loop_that_runs() {
    assert_eq!(Handle::current().err(), Some(LoopError::NoLoop));
    let mut event_loop = new_loop();
    let name = format!("{:?}", event_loop.handle());
    let current = event_loop.block_on(async { format!("{:?}", Handle::current()) });
    assert_eq!(current.expect("a run"), format!("Ok({name})"));
    assert_eq!(Handle::current().err(), Some(LoopError::NoLoop));
}

#[test]
fn a_task_spawned_by_its_own_loops_handle_runs() {
    let _watchdog = watch(MINUTE);
    let sum = eagain::run(async {
        let handle = Handle::current().expect("this loop");
        handle.spawn(|| async { 2 }).await.expect("it returns")
    });
    assert_eq!(sum.expect("a run"), 2);
}

#[test]
fn joining_a_task_on_its_own_loop_is_refused_instead_of_hanging() {
    let _watchdog = watch(MINUTE);
    let end = eagain::run(async {
        let handle = Handle::current().expect("this loop");
        let task = eagain::spawn(async move { handle.spawn(|| async {}).join() });
        task.await
    });
    match end.expect("a run") {
        Err(JoinError::Panicked(panic)) => {
            let text = panic.to_string();
            assert!(text.contains("await the handle"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

/// The panic of joining a task of a loop of this thread.
fn refusal(join: impl FnOnce() + std::panic::UnwindSafe) {
    let panic = std::panic::catch_unwind(join).expect_err("a refusal");
    let text = panic.downcast::<&str>().expect("a message");
    assert!(text.contains("await the handle"), "{text}");
}

#[test]
fn joining_a_task_of_a_loop_of_this_thread_that_does_not_run_is_refused() {
    let _watchdog = watch(MINUTE);
    let own = new_loop();
    let task = own.handle().spawn(|| async {});
    refusal(move || task.join().expect("never"));
    let task = own.handle().spawn(|| async {});
    let elsewhere = move || refusal(move || task.join().expect("never"));
    eagain::run(async { elsewhere() }).expect("a run of another loop");
}

thread_local! {
    static WOKEN_ON: RefCell<Option<EventLoop>> = const { RefCell::new(None) };
}

/// A waker whose clone runs this thread's loop.
static RUNS: RawWakerVTable = RawWakerVTable::new(
    |data| {
        let mut event_loop = WOKEN_ON.take().expect("a loop that is cloned for once");
        event_loop.run().expect("a run");
        RawWaker::new(data, &RUNS)
    },
    |_| {},
    |_| {},
    |_| {},
);

#[test]
fn a_task_may_end_while_the_waker_of_whoever_waits_for_it_is_cloned() {
    let _watchdog = watch(MINUTE);
    let event_loop = new_loop();
    let mut task = event_loop.handle().spawn(|| async { 7 });
    // The loop runs until no task is left, and has read its letters by then.
    event_loop.spawn(yield_now()).detach();
    WOKEN_ON.set(Some(event_loop));
    // SAFETY: the functions of the table use no data.
    let waker = unsafe { Waker::new(std::ptr::null(), &RUNS) };
    let polled = Pin::new(&mut task).poll(&mut Context::from_waker(&waker));
    assert!(matches!(polled, Poll::Ready(Ok(7))));
}

#[test]
fn pitfall_48_handles_keep_nothing_of_a_loop_that_is_gone() {
    let count = || std::fs::read_dir("/proc/self/fd").expect("Linux tells").count();
    if !crate::own_process::entered(
        "handles::pitfall_48_handles_keep_nothing_of_a_loop_that_is_gone",
    ) {
        return;
    }
    let before = count();
    let handles: Vec<_> = (0..1000)
        .map(|_| {
            let event_loop = new_loop();
            event_loop.handle().spawn(pending::<()>).detach();
            event_loop.handle()
        })
        .collect();
    assert_eq!(count(), before); // pitfall 48
    handles.iter().for_each(Handle::stop);
}
