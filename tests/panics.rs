//! A panic ends the task that it happens in, and nothing else.

#[path = "tasks/drops.rs"]
mod drops;
#[allow(dead_code)]
#[path = "soak/own_process.rs"]
mod own_process;
mod tasks;
#[path = "soak/watchdog.rs"]
mod watchdog;

use std::any::Any;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{self as std_task, Wake, Waker};
use std::time::Duration;

use drops::{Drops, OnDrop};
use eagain::time::sleep;
use eagain::{
    Context, EventLoop, Generator, JoinError, JoinHandle, Source, Step, Wait, descriptor_closed,
    yield_now,
};
use tasks::{pipe, returned, task};
use watchdog::watch;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn new_loop() -> EventLoop {
    EventLoop::new().expect("a loop")
}

/// What a task panicked with.
#[track_caller]
fn panic_of<T: 'static>(handle: &JoinHandle<T>) -> Box<dyn Any + Send> {
    match handle.take().expect("the task has finished") {
        Err(JoinError::Panicked(panic)) => panic.into_payload(),
        Err(other) => panic!("it ended otherwise: {other}"),
        Ok(_) => panic!("it returned"),
    }
}

#[track_caller]
fn assert_cancelled<T: 'static>(handle: &JoinHandle<T>) {
    assert!(matches!(handle.take(), Some(Err(JoinError::Cancelled))));
}

/// Waits this way, over and over.
fn waits_for_ever(mut wait: impl FnMut(&mut Context<'_>) -> Wait) -> impl Generator<Return = ()> {
    task(move |cx: &mut Context<'_>| Step::Yield(wait(cx)))
}

const ON_PURPOSE: &str = "on purpose";

/// Panics, without a word from the panic hook.
fn panic_quietly() -> ! {
    resume_unwind(Box::new(ON_PURPOSE))
}

#[track_caller]
fn assert_panicked<T: 'static>(handle: &JoinHandle<T>) {
    assert_eq!(panic_of(handle).downcast_ref(), Some(&ON_PURPOSE));
}

/// Runs the loop to its end, in which a task among others panics. The others must not notice.
fn others_live_on(mut event_loop: EventLoop) {
    let _watchdog = watch(MINUTE);
    let (read, write) = pipe();
    let reader = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        match read.try_read(&mut [0; 8]).expect("a read") {
            None => Step::Yield(cx.readable(&read).expect("a wait")),
            Some(n) => Step::Return(n),
        }
    }));
    let sleeper = event_loop.spawn(async move {
        sleep(Duration::from_millis(2)).await;
        write.try_write(b"hello").expect("a write")
    });
    event_loop.run().expect("a panic of a task is not the loop's");
    assert_eq!((returned(&reader), returned(&sleeper)), (5, Some(5)));
    let counts = event_loop.counts();
    assert_eq!((counts.tasks, counts.timers, counts.sources), (0, 0, 0));
}

#[test]
fn pitfall_50_a_panic_is_handed_to_who_joins() {
    let mut event_loop = new_loop();
    let literal = event_loop.spawn(async { panic!("a literal") });
    let text = event_loop.spawn(task(|cx: &mut Context<'_>| -> Step<()> { panic!("{}", cx.id()) }));
    let value = event_loop.spawn(async { resume_unwind(Box::new(7)) });
    event_loop.run().expect("a run");
    let described = |handle: &JoinHandle<()>| handle.take().expect("it has ended").map(|()| "");
    let error = described(&literal).expect_err("it panicked");
    assert_eq!(error.to_string(), "the task panicked: a literal"); // pitfall 50
    assert_eq!(panic_of(&text).downcast_ref(), Some(&text.id().to_string()));
    assert_eq!(panic_of::<()>(&value).downcast_ref(), Some(&7));
}

#[test]
fn pitfall_50_a_panic_in_the_first_resume_or_a_later_one() {
    let event_loop = new_loop();
    let first = event_loop.spawn(task(|_: &mut Context<'_>| -> Step<()> { panic_quietly() }));
    let mut turns = 0;
    let later = event_loop.spawn(task(move |_: &mut Context<'_>| -> Step<()> {
        turns += 1;
        if turns == 3 {
            panic_quietly() // pitfall 50
        }
        Step::Yield(Wait::after(Duration::from_millis(1)))
    }));
    let future = event_loop.spawn(async {
        sleep(Duration::from_millis(1)).await;
        panic_quietly()
    });
    event_loop.spawn(async { panic_quietly() }).detach();
    others_live_on(event_loop);
    assert_panicked(&first);
    assert_panicked(&later);
    assert_panicked::<()>(&future);
}

#[test]
fn pitfall_50_a_task_that_panics_waits_for_nothing() {
    let mut event_loop = new_loop();
    let (read, _write) = pipe();
    let read = Rc::new(read);
    let shared = read.clone();
    let panics = event_loop.spawn(task(move |cx: &mut Context<'_>| -> Step<()> {
        assert_eq!(shared.try_read(&mut [0; 8]).expect("a read"), None);
        let _readable = cx.readable(&*shared).expect("a wait");
        panic_quietly() // pitfall 50: it has asked to wait already
    }));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_panicked(&panics);
    // Another one may wait there.
    let heir = event_loop.spawn(waits_for_ever(move |cx| cx.readable(&*read).expect("a wait")));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert!(!heir.is_finished());
}

#[test]
fn pitfall_50_a_panic_when_a_task_is_dropped() {
    let event_loop = new_loop();
    let panics = || OnDrop(|| panic_quietly());
    // When it returns; its value is not harmed.
    let on_drop = panics();
    let returns = event_loop.spawn(task(move |_: &mut Context<'_>| {
        let _ = &on_drop;
        Step::Return(7)
    }));
    // When it panics: the first panic counts.
    let on_drop = panics();
    let twice = event_loop.spawn(task(move |_: &mut Context<'_>| -> Step<()> {
        let _ = &on_drop;
        resume_unwind(Box::new("the first")) // pitfall 50
    }));
    // When it is aborted.
    let on_drop = panics();
    let aborted = event_loop.spawn(waits_for_ever(move |_| {
        let _ = &on_drop;
        Wait::woken()
    }));
    aborted.abort();
    // And the result of one that nobody joins.
    let on_drop = panics();
    event_loop.spawn(async move { on_drop }).detach();
    others_live_on(event_loop);
    assert_eq!(returned(&returns), 7);
    assert_eq!(panic_of(&twice).downcast_ref(), Some(&"the first"));
    assert_cancelled(&aborted);
}

#[test]
fn pitfall_50_a_panic_when_the_loop_is_dropped() {
    let drops = Drops::default();
    let mut event_loop = new_loop();
    for _ in 0..3 {
        let (panics, guard) = (OnDrop(|| panic_quietly()), drops.guard());
        event_loop
            .spawn(waits_for_ever(move |_| {
                let _ = (&panics, &guard);
                Wait::woken()
            }))
            .detach();
    }
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    drop(event_loop); // pitfall 50
    assert_eq!(drops.count(), 3);
}

/// A waker between a task and a leaf that panics when it is used, and counts that.
#[derive(Default)]
struct PanicsWhenUsed(AtomicU32);

impl Wake for PanicsWhenUsed {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic_quietly()
    }
}

/// One that panics when it is dropped.
struct PanicsWhenDropped;

impl Wake for PanicsWhenDropped {
    fn wake(self: Arc<Self>) {
        drop(self); // which is enough
    }
}

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic_quietly()
    }
}

/// Polls a future once, on behalf of this waker, and keeps it.
async fn park_behind<F: Future>(waker: impl Into<Waker>, future: F) {
    let waker = waker.into();
    let mut future = pin!(future);
    let mut cx = std_task::Context::from_waker(&waker);
    assert!(future.as_mut().poll(&mut cx).is_pending());
    drop(waker); // the leaf has its own
    pending::<()>().await;
}

/// Lets a future wait behind a waker that panics while the others live on, during which it must be
/// used.
fn is_used<F: Future + 'static>(event_loop: EventLoop, future: F) {
    let panics = Arc::new(PanicsWhenUsed::default());
    let waker = Waker::from(panics.clone());
    let parked = event_loop.spawn(park_behind(waker, future));
    let used = panics.clone();
    let ends = event_loop.spawn(async move {
        // However long that takes: the watchdog knows when it is too long.
        while used.0.load(Ordering::Relaxed) == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        sleep(Duration::from_millis(4)).await; // the others are at work
        parked.abort();
    });
    others_live_on(event_loop);
    returned(&ends);
    assert_eq!(panics.0.load(Ordering::Relaxed), 1); // pitfall 50
}

#[test]
fn pitfall_50_a_waker_that_panics_when_a_timer_fires() {
    is_used(new_loop(), sleep(Duration::from_micros(100)));
}

#[test]
fn pitfall_50_a_waker_that_panics_when_a_source_is_ready() {
    let event_loop = new_loop();
    let (read, write) = pipe();
    event_loop
        .spawn(async move {
            yield_now().await; // the reader parks meanwhile
            write.try_write(b"hello").expect("a write");
        })
        .detach();
    is_used(event_loop, async move { read.read(&mut [0; 8]).await });
}

#[test]
fn pitfall_50_a_waker_that_panics_when_a_source_is_closed() {
    let event_loop = new_loop();
    let (read, _write) = pipe();
    let read = Rc::new(read);
    let closed = read.clone();
    event_loop
        .spawn(async move {
            yield_now().await; // the reader parks meanwhile
            closed.close().expect("a close");
        })
        .detach();
    is_used(event_loop, async move { read.read(&mut [0; 8]).await });
}

#[test]
fn pitfall_50_a_waker_that_panics_when_a_descriptor_is_closed() {
    let event_loop = new_loop();
    let (read, _write) = pipe();
    event_loop
        .spawn(async move {
            yield_now().await; // the other one parks meanwhile
            read.close().expect("a close");
        })
        .detach();
    is_used(event_loop, descriptor_closed(HOUR));
}

#[test]
fn pitfall_50_a_waker_that_panics_when_a_task_ends() {
    let event_loop = new_loop();
    let ends = event_loop.spawn(yield_now());
    is_used(event_loop, ends);
}

type Boxed = Pin<Box<dyn Future<Output = ()>>>;

/// One future of each kind that waits, and what keeps them waiting.
fn waiting(event_loop: &EventLoop) -> ([Boxed; 4], Vec<Source>) {
    let ((read, write), (gate, opener)) = (pipe(), pipe());
    let other = event_loop.spawn(async move { gate.read(&mut [0; 8]).await });
    let futures: [Boxed; 4] = [
        Box::pin(sleep(HOUR)),
        Box::pin(async move { drop(read.read(&mut [0; 8]).await) }),
        Box::pin(descriptor_closed(HOUR)),
        Box::pin(async move { drop(other.await) }),
    ];
    (futures, vec![write, opener])
}

#[test]
fn pitfall_50_a_waker_that_panics_in_its_drop_harms_only_its_task() {
    let event_loop = new_loop();
    let (futures, kept) = waiting(&event_loop);
    let panicked = futures.map(|mut future| {
        event_loop.spawn(async move {
            let waker = Waker::from(Arc::new(PanicsWhenDropped));
            let mut cx = std_task::Context::from_waker(&waker);
            assert!(future.as_mut().poll(&mut cx).is_pending());
            drop(waker);
            drop(future); // pitfall 50: the last clone goes
        })
    });
    event_loop
        .spawn(async move {
            yield_now().await;
            drop(kept);
        })
        .detach();
    others_live_on(event_loop);
    panicked.iter().for_each(assert_panicked);
}

#[test]
fn pitfall_50_a_waker_that_panics_in_its_drop_when_its_task_is_aborted() {
    let event_loop = new_loop();
    let (futures, kept) = waiting(&event_loop);
    let aborted = futures.map(|future| {
        event_loop.spawn(park_behind(Waker::from(Arc::new(PanicsWhenDropped)), future))
    });
    let aborter = event_loop.spawn(async move {
        yield_now().await;
        aborted.iter().for_each(JoinHandle::abort); // pitfall 50
        drop(kept);
        aborted
    });
    others_live_on(event_loop);
    returned(&aborter).iter().for_each(assert_cancelled);
}

#[test]
fn pitfall_50_a_waker_that_panics_in_its_drop_when_the_loop_is_dropped() {
    let drops = Drops::default();
    let mut event_loop = new_loop();
    let (futures, _kept) = waiting(&event_loop);
    for future in futures {
        let guard = drops.guard();
        let parked = park_behind(Waker::from(Arc::new(PanicsWhenDropped)), future);
        event_loop.spawn(async move { (parked.await, guard).0 }).detach();
    }
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    drop(event_loop); // pitfall 50
    assert_eq!(drops.count(), 4);
}

// What a task leaves behind.

/// What a task returns, or panics with.
struct PanicsWhenDroppedToo;

impl Drop for PanicsWhenDroppedToo {
    fn drop(&mut self) {
        panic_quietly()
    }
}

#[test]
fn pitfall_50_a_result_that_panics_in_its_drop() {
    let event_loop = new_loop();
    // That of a task that nobody joins.
    event_loop.spawn(async { PanicsWhenDroppedToo }).detach();
    event_loop.spawn(task(|_: &mut Context<'_>| Step::Return(PanicsWhenDroppedToo))).detach();
    // That of one whose handle is dropped when it has finished: the panic is the dropper's.
    let child = event_loop.spawn(async { PanicsWhenDroppedToo });
    let dropper = event_loop.spawn(async move {
        yield_now().await;
        assert!(child.is_finished());
        drop(child); // pitfall 50
    });
    others_live_on(event_loop);
    assert_panicked(&dropper);
}

#[test]
fn pitfall_50_a_panic_whose_payload_panics_in_its_drop() {
    let event_loop = new_loop();
    let panics = || async { resume_unwind(Box::new(PanicsWhenDroppedToo)) };
    // That of a task that nobody joins.
    event_loop.spawn::<_, _>(panics()).detach(); // pitfall 50
    // That of one whose handle is dropped when it has panicked: the second panic is the dropper's.
    let child: JoinHandle<()> = event_loop.spawn(panics());
    let dropper = event_loop.spawn(async move {
        yield_now().await;
        assert!(child.is_finished());
        drop(child);
    });
    others_live_on(event_loop);
    assert_panicked(&dropper);
}

// The future that the loop was asked to run.

#[test]
fn pitfall_50_a_panic_of_the_root_future_is_the_callers_and_the_loop_can_go_on() {
    let mut event_loop = new_loop();
    let other = event_loop.spawn(async {
        sleep(Duration::from_millis(1)).await;
        7
    });
    for later in [false, true] {
        let root = async {
            let _timer = sleep(HOUR);
            if later {
                yield_now().await;
            }
            panic_quietly()
        };
        let ran = catch_unwind(AssertUnwindSafe(|| event_loop.block_on::<_>(root)));
        let payload = ran.map(|_: std::io::Result<()>| ()).expect_err("it panicked");
        assert_eq!(payload.downcast_ref(), Some(&ON_PURPOSE)); // pitfall 50
    }
    assert_eq!(event_loop.block_on(async { 8 }).expect("a run"), 8);
    others_live_on(event_loop);
    assert_eq!(returned(&other), 7);
}

// Who is told.

#[test]
fn pitfall_50_the_loop_names_a_task_that_panicked_if_nobody_holds_its_handle() {
    const NAME: &str = "pitfall_50_the_loop_names_a_task_that_panicked_if_nobody_holds_its_handle";
    let lost_at = line!() + 14;
    if !own_process::is_here() {
        let output = own_process::command(NAME).output().expect("a process");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        assert_eq!(told.matches(" panicked at ").count(), 2, "{told}"); // by the panic hook
        let ours: Vec<_> = told.lines().filter(|line| line.contains(" panicked; ")).collect();
        let lost = "task 0 \"lost\" panicked; nobody joins it"; // pitfall 50
        let at = format!("eagain: {lost}; spawned at {}:{lost_at}:", file!());
        assert_eq!(ours.len(), 1, "{told}");
        assert!(ours[0].starts_with(&at), "{told}, not {at}");
        return;
    }
    let event_loop = new_loop();
    event_loop.spawn::<_, _>(async { panic!("on purpose") }).named("lost").detach();
    let held: JoinHandle<()> = event_loop.spawn(async { panic!("on purpose") });
    others_live_on(event_loop);
    panic_of(&held);
}
