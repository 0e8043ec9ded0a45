//! Who runs when, for how long, and what is left of those who have ended.

#[path = "soak/descriptors.rs"]
mod descriptors;
#[path = "tasks/drops.rs"]
mod drops;
#[path = "soak/memory.rs"]
mod memory;
#[path = "soak/own_process.rs"]
mod own_process;
mod tasks;
#[path = "soak/watchdog.rs"]
mod watchdog;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::env;
use std::fs::File;
use std::future::poll_fn;
use std::io;
use std::os::fd::AsFd;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::task::{self as std_task, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use drops::{Drops, OnDrop};
use eagain::time::sleep;
use eagain::{
    Builder, Cause, Context, EventLoop, Generator, JoinError, JoinHandle, LoopError, Source, State,
    Step, TaskInfo, Wait, yield_from, yield_now,
};
use eagain_sys::poll::{PollFd, poll};
use eagain_sys::poller::Interest;
use tasks::{pipe, refuse, returned, task};
use watchdog::{Watchdog, watch};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// A loop, and a time in which all tests of this file must be done.
fn new_loop() -> EventLoop {
    static WATCHDOG: OnceLock<Watchdog> = OnceLock::new();
    WATCHDOG.get_or_init(|| watch(5 * MINUTE));
    EventLoop::new().expect("a loop")
}

#[track_caller]
fn assert_cancelled<T: 'static>(handle: &JoinHandle<T>) {
    assert!(matches!(handle.take(), Some(Err(JoinError::Cancelled))));
}

/// Waits this way, over and over.
fn waits_for_ever(mut wait: impl FnMut(&mut Context<'_>) -> Wait) -> impl Generator<Return = ()> {
    task(move |cx: &mut Context<'_>| Step::Yield(wait(cx)))
}

// Order and turns.

#[test]
fn tasks_run_in_the_order_in_which_they_became_ready() {
    let mut event_loop = new_loop();
    let log = Rc::new(RefCell::new(Vec::new()));
    for id in 0..5 {
        let log = log.clone();
        let mut left = 3;
        event_loop
            .spawn(task(move |_: &mut Context<'_>| {
                log.borrow_mut().push(id);
                left -= 1;
                if left == 0 { Step::Return(()) } else { Step::Yield(Wait::next_turn()) }
            }))
            .detach();
    }
    event_loop.run().expect("a run");
    assert_eq!(*log.borrow(), [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
}

#[test]
fn woken_tasks_run_in_the_order_of_the_wake_ups() {
    let mut event_loop = new_loop();
    let log = Rc::new(RefCell::new(Vec::new()));
    let wakers = Rc::new(RefCell::new(Vec::new()));
    for id in 0..4 {
        let (log, wakers) = (log.clone(), wakers.clone());
        let mut began = false;
        event_loop
            .spawn(task(move |cx: &mut Context<'_>| {
                if began {
                    assert_eq!(cx.cause(), Cause::Woken);
                    log.borrow_mut().push(id);
                    return Step::Return(());
                }
                began = true;
                wakers.borrow_mut().push(cx.waker());
                Step::Yield(Wait::woken())
            }))
            .detach();
    }
    event_loop
        .spawn(task(move |_: &mut Context<'_>| {
            let wakers: Vec<Waker> = wakers.take();
            // Waking one twice is waking it once.
            for id in [2, 0, 2, 3, 0, 1] {
                wakers[id].wake_by_ref();
            }
            Step::Return(())
        }))
        .detach();
    event_loop.run().expect("a run");
    assert_eq!(*log.borrow(), [2, 0, 3, 1]);
    assert_eq!((event_loop.counts().turns, event_loop.counts().resumes), (2, 9));
}

#[test]
fn pitfall_42_a_turn_resumes_each_ready_task_once() {
    let mut event_loop = new_loop();
    let runs = Rc::new(Cell::new(0));
    let counted = runs.clone();
    // pitfall 42: one that never waits, as a generator ...
    let greedy = event_loop.spawn(waits_for_ever(move |_| {
        counted.set(counted.get() + 1);
        Wait::next_turn()
    }));
    // ... and one as a future that wakes itself, in two ways.
    let polls = Rc::new(Cell::new(0));
    let counted = polls.clone();
    let selfish = event_loop.spawn(poll_fn(move |cx| {
        counted.set(counted.get() + 1);
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    }));
    let yields = Rc::new(Cell::new(0));
    let counted = yields.clone();
    let yielding = event_loop.spawn(async move {
        loop {
            counted.set(counted.get() + 1);
            yield_now().await;
        }
    });
    for turn in 1..=100 {
        event_loop.turn(None).expect("a turn");
        assert_eq!((runs.get(), polls.get(), yields.get()), (turn, turn, turn));
    }
    assert_eq!(event_loop.counts().turns, 100);
    greedy.abort();
    selfish.abort();
    yielding.abort();
}

#[test]
fn pitfall_42_greedy_tasks_leave_room_for_a_ticker() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let done = Rc::new(Cell::new(false));
    for _ in 0..3 {
        let done = done.clone();
        event_loop
            .spawn(task(
                move |_: &mut Context<'_>| {
                    if done.get() { Step::Return(()) } else { Step::Yield(Wait::next_turn()) }
                },
            ))
            .detach();
    }
    let mut ticks = 0;
    event_loop
        .spawn(task(move |cx: &mut Context<'_>| {
            if ticks > 0 {
                assert_eq!(cx.cause(), Cause::TimedOut);
            }
            ticks += 1;
            if ticks == 10 {
                done.set(true); // pitfall 42
                return Step::Return(());
            }
            Step::Yield(Wait::after(Duration::from_millis(1)))
        }))
        .detach();
    event_loop.run().expect("a run");
}

#[test]
fn pitfall_34_a_future_that_sleeps_for_no_time_gives_way() {
    let mut event_loop = new_loop();
    let done = Rc::new(Cell::new(false));
    let seen = done.clone();
    let sleepless = event_loop.spawn(async move {
        let mut sleeps = 0;
        while !seen.get() && sleeps < 100_000 {
            sleep(Duration::ZERO).await; // pitfall 34
            sleeps += 1;
        }
        sleeps
    });
    event_loop.spawn(async move { done.set(true) }).detach();
    event_loop.run().expect("a run");
    let sleeps = returned(&sleepless);
    assert!(sleeps < 100_000, "nobody else had a turn in {sleeps} sleeps");
}

#[test]
fn what_is_spawned_in_a_turn_runs_in_the_next_one() {
    let mut event_loop = new_loop();
    let log = Rc::new(RefCell::new(Vec::new()));
    let (outer, inner) = (log.clone(), log.clone());
    event_loop
        .spawn(task(move |cx: &mut Context<'_>| {
            outer.borrow_mut().push("parent");
            let inner = inner.clone();
            cx.spawn(task(move |_: &mut Context<'_>| {
                inner.borrow_mut().push("child");
                Step::Return(())
            }))
            .detach();
            Step::Return(())
        }))
        .detach();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(*log.borrow(), ["parent"]);
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(*log.borrow(), ["parent", "child"]);
}

#[test]
fn a_yield_that_nobody_awaits_resumes_nobody() {
    let mut event_loop = new_loop();
    let polls = Rc::new(Cell::new(0));
    let counted = polls.clone();
    // Polls a yield, but does not wait for it in the end.
    event_loop
        .spawn(async {
            let mut yielding = pin!(yield_now());
            poll_fn(|cx| {
                assert!(yielding.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
        })
        .detach();
    let waiting = event_loop.spawn(poll_fn(move |_| {
        counted.set(counted.get() + 1);
        Poll::<()>::Pending
    }));
    for _ in 0..4 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    }
    assert_eq!(polls.get(), 1, "nobody woke it");
    waiting.abort();
}

// Work that appears at a bad moment.

/// A loop that has only its tasks, and one that has a source to ask the kernel about.
fn without_and_with_a_source() -> [EventLoop; 2] {
    let mut with_source = new_loop();
    let (read, write) = pipe();
    let reader = waits_for_ever(move |cx| {
        let _ = &write;
        refuse(&read, Interest::READ);
        cx.readable(&read).expect("a wait")
    });
    with_source.spawn(reader).detach();
    with_source.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(with_source.counts().sources, 1);
    [new_loop(), with_source]
}

/// Turns the loop with a task that must go on at once, although the next deadline is an hour away.
fn goes_on_at_once(event_loop: &mut EventLoop, task: &JoinHandle<()>) {
    let _watchdog = watch(MINUTE);
    let far = event_loop.spawn(waits_for_ever(|_| Wait::after(HOUR)));
    event_loop.turn(Some(HOUR)).expect("a turn that makes it READY");
    event_loop.turn(Some(Duration::ZERO)).expect("a turn that resumes it");
    assert!(task.is_finished());
    far.abort();
}

#[test]
fn pitfall_41_a_wake_up_by_a_later_task_is_not_slept_over() {
    for mut event_loop in without_and_with_a_source() {
        let place = Rc::new(RefCell::new(None));
        let shared = place.clone();
        let mut began = false;
        let early = event_loop.spawn(task(move |cx: &mut Context<'_>| {
            if began {
                return Step::Return(());
            }
            began = true;
            shared.replace(Some(cx.waker()));
            Step::Yield(Wait::woken())
        }));
        let mut began = false;
        let late = event_loop.spawn(waits_for_ever(move |_| {
            if !began {
                began = true;
                place.take().expect("the other one ran before").wake(); // pitfall 41
            }
            Wait::woken()
        }));
        goes_on_at_once(&mut event_loop, &early);
        late.abort();
    }
}

#[test]
fn pitfall_41_a_task_spawned_by_the_last_one_is_not_slept_over() {
    for mut event_loop in without_and_with_a_source() {
        let child = Rc::new(RefCell::new(None));
        let shared = child.clone();
        let parent = event_loop.spawn(waits_for_ever(move |cx| {
            let child = cx.spawn(task(|_: &mut Context<'_>| Step::Return(())));
            shared.replace(Some(child)); // pitfall 41
            Wait::woken()
        }));
        let _watchdog = watch(MINUTE);
        event_loop.turn(Some(HOUR)).expect("a turn");
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert!(child.borrow().as_ref().is_some_and(JoinHandle::is_finished));
        parent.abort();
    }
}

#[test]
fn pitfall_41_work_that_a_drop_makes_is_not_slept_over() {
    for mut event_loop in without_and_with_a_source() {
        let place = Rc::new(RefCell::new(None::<Waker>));
        let shared = place.clone();
        let mut began = false;
        let sleeper = event_loop.spawn(task(move |cx: &mut Context<'_>| {
            if began {
                return Step::Return(());
            }
            began = true;
            shared.replace(Some(cx.waker()));
            Step::Yield(Wait::woken())
        }));
        let wakes = OnDrop(move || place.take().expect("the sleeper ran before").wake());
        event_loop
            .spawn(task(move |_: &mut Context<'_>| {
                let _ = &wakes; // pitfall 41: goes with the task
                Step::Return(())
            }))
            .detach();
        goes_on_at_once(&mut event_loop, &sleeper);
    }
}

#[test]
fn pitfall_41_work_that_appears_between_turns_is_not_slept_over() {
    for mut event_loop in without_and_with_a_source() {
        let place = Rc::new(RefCell::new(None::<Waker>));
        let shared = place.clone();
        let mut began = false;
        let sleeper = event_loop.spawn(task(move |cx: &mut Context<'_>| {
            if began {
                return Step::Return(());
            }
            began = true;
            shared.replace(Some(cx.waker()));
            Step::Yield(Wait::woken())
        }));
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        place.take().expect("it ran").wake(); // pitfall 41: no loop runs on this thread now
        goes_on_at_once(&mut event_loop, &sleeper);

        let spawned = event_loop.spawn(yield_now());
        goes_on_at_once(&mut event_loop, &spawned);
    }
}

#[test]
fn pitfall_41_a_loop_that_is_always_busy_still_hears_of_sources_and_timers() {
    let _watchdog = watch(MINUTE);
    let (read, write) = pipe();
    let mut event_loop = new_loop();
    let left = Rc::new(Cell::new(2));
    let seen = left.clone();
    event_loop
        .spawn(task(move |_: &mut Context<'_>| {
            if seen.get() == 0 { Step::Return(()) } else { Step::Yield(Wait::next_turn()) }
        }))
        .detach();
    let seen = left.clone();
    event_loop
        .spawn(task(move |cx: &mut Context<'_>| {
            match read.try_read(&mut [0; 8]).expect("a read") {
                None => Step::Yield(cx.readable(&read).expect("a wait")),
                Some(_) => {
                    seen.set(seen.get() - 1);
                    Step::Return(())
                }
            }
        }))
        .detach();
    let mut began = false;
    event_loop
        .spawn(task(move |_: &mut Context<'_>| {
            if began {
                assert_eq!(write.try_write(b"x").expect("a write"), Some(1));
                left.set(left.get() - 1);
                return Step::Return(());
            }
            began = true;
            Step::Yield(Wait::after(Duration::from_millis(2))) // pitfall 41
        }))
        .detach();
    event_loop.run().expect("a run");
}

// Budgets.

/// A source on which every read finds something.
fn endless() -> Source {
    Source::new(File::open("/dev/zero").expect("zeros")).expect("a source")
}

/// Reads from all of these in turn until all say that it is time to wait; hands back how many
/// reads each of its resumes had, after `resumes` of them.
fn reader(sources: Vec<Source>, resumes: usize) -> impl Generator<Return = Vec<usize>> {
    let mut reads = Vec::new();
    task(move |cx: &mut Context<'_>| {
        if reads.len() == resumes {
            return Step::Return(std::mem::take(&mut reads));
        }
        let mut n = 0;
        loop {
            let mut blocked = 0;
            for source in &sources {
                match source.try_read(&mut [0; 8]).expect("a read") {
                    Some(_) => n += 1,
                    None => blocked += 1,
                }
            }
            if blocked == sources.len() {
                break;
            }
        }
        reads.push(n);
        Step::Yield(cx.readable(&sources[0]).expect("a wait"))
    })
}

#[test]
fn pitfall_43_a_task_on_an_endless_source_gives_way() {
    let mut event_loop = Builder::new().budget(7).build().expect("a loop");
    let one = event_loop.spawn(reader(vec![endless()], 10));
    let two = event_loop.spawn(reader(vec![endless()], 10));
    event_loop.run().expect("a run");
    // Each has what is due to it in each turn, whatever the other one did.
    assert_eq!(returned(&one), [7; 10]);
    assert_eq!(returned(&two), [7; 10]);
    assert_eq!(event_loop.counts().turns, 11);
}

#[test]
fn pitfall_43_two_sources_of_a_task_share_its_budget() {
    let mut event_loop = Builder::new().budget(7).build().expect("a loop");
    let reader = event_loop.spawn(reader(vec![endless(), endless()], 10));
    event_loop.run().expect("a run");
    assert_eq!(returned(&reader), [7; 10]);
}

/// Resumes all of its children whenever it is resumed, as a join does.
struct Join<G>(Vec<G>);

impl<G: Generator<Return = ()>> Generator for Join<G> {
    type Return = ();

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<()> {
        let mut last = None;
        self.0.retain_mut(|child| match child.resume(cx) {
            Step::Yield(wait) => {
                last = Some(wait);
                true
            }
            Step::Return(()) => false,
        });
        last.map_or(Step::Return(()), Step::Yield)
    }
}

#[test]
fn pitfall_43_joins_within_joins_do_not_multiply_the_budget() {
    let mut event_loop = new_loop();
    let reads = Rc::new(Cell::new(0));
    let join = || {
        let leaf = || {
            let (source, reads) = (endless(), reads.clone());
            task(move |cx: &mut Context<'_>| {
                while source.try_read(&mut [0; 8]).expect("a read").is_some() {
                    reads.set(reads.get() + 1);
                }
                Step::Yield(cx.readable(&source).expect("a wait"))
            })
        };
        Join((0..8).map(|_| leaf()).collect())
    };
    let joins = event_loop.spawn(Join((0..8).map(|_| join()).collect()));
    for turn in 1..=10 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        // pitfall 43: the default budget, which is one for the whole task.
        assert_eq!(reads.get(), 128 * turn);
    }
    joins.abort();
}

#[test]
fn pitfall_43_a_budget_of_nothing_is_a_budget_of_one() {
    let mut event_loop = Builder::new().budget(0).build().expect("a loop");
    let reader = event_loop.spawn(reader(vec![endless()], 10));
    event_loop.run().expect("a run");
    assert_eq!(returned(&reader), [1; 10]);
}

#[test]
fn outside_of_tasks_there_is_no_budget() {
    let mut event_loop = Builder::new().budget(1).build().expect("a loop");
    event_loop.spawn(reader(vec![endless()], 3)).detach();
    event_loop.run().expect("a run");
    let source = endless();
    for _ in 0..1000 {
        assert_eq!(source.try_read(&mut [0; 8]).expect("a read"), Some(8));
    }
}

// Wakers and drops that come back into the loop.

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
fn poll_through<F: Future>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
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

// Nothing is left.

/// A loop with a task of every kind that can be unfinished, and some that are.
fn populated(drops: &Drops) -> (EventLoop, usize) {
    let mut event_loop = new_loop();
    let mut tasks = 0;
    let mut guard = || {
        tasks += 1;
        drops.guard()
    };

    let (read, write) = pipe();
    let own = guard();
    event_loop
        .spawn(waits_for_ever(move |cx| {
            let _ = (&own, &write);
            refuse(&read, Interest::READ);
            cx.readable(&read).expect("a wait")
        }))
        .detach();

    let own = guard();
    event_loop
        .spawn(waits_for_ever(move |_| {
            let _ = &own;
            Wait::after(HOUR)
        }))
        .detach();

    // One that holds its own waker, and its own handle.
    let own = guard();
    let mut waker = None;
    let handle = Rc::new(RefCell::new(None));
    let shared = handle.clone();
    let holder = event_loop.spawn(waits_for_ever(move |cx| {
        let _ = (&own, &shared, &waker);
        waker = Some(cx.waker());
        Wait::woken()
    }));
    handle.replace(Some(holder));

    // The same as a future, which has also been woken, and polls a timer with a stranger's waker.
    let own = guard();
    let mut timer = Box::pin(sleep(HOUR));
    let mut kept = None;
    event_loop
        .spawn(poll_fn(move |cx| {
            let _ = (&own, &kept);
            kept = Some(cx.waker().clone());
            poll_through(timer.as_mut(), cx.waker())
        }))
        .detach();

    // One that has finished, with a result that nobody took.
    let result = guard();
    let mut result = Some(result);
    let finished = event_loop.spawn(task(move |_: &mut Context<'_>| Step::Return(result.take())));

    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert!(finished.is_finished());

    // One that never ran.
    let own = guard();
    event_loop
        .spawn(waits_for_ever(move |_| {
            let _ = &own;
            Wait::woken()
        }))
        .detach();
    (event_loop, tasks)
}

#[test]
fn pitfall_48_loops_leave_nothing_behind() {
    if !own_process::entered("pitfall_48_loops_leave_nothing_behind") {
        return;
    }
    let drops = Drops::default();
    let mut tasks = 0;
    let (mut open, mut resident) = (Vec::new(), 0);
    for round in 0..1000 {
        let (event_loop, n) = populated(&drops);
        tasks += n;
        drop(event_loop); // pitfall 48
        assert_eq!(drops.count(), tasks);
        if round == 100 {
            (open, resident) = (descriptors::open(), memory::resident_bytes());
        }
    }
    assert_eq!(descriptors::open(), open);
    let grown = memory::resident_bytes().saturating_sub(resident);
    // Half of what a single task of each loop would take.
    assert!(grown < 128 * 1024, "the process has grown by {grown} bytes");
}

/// Runs a task of a new loop until it has given its waker away.
fn waker_of_a_new_loop() -> (EventLoop, Waker) {
    let mut event_loop = new_loop();
    let place = Rc::new(RefCell::new(None));
    let shared = place.clone();
    event_loop
        .spawn(waits_for_ever(move |cx| {
            shared.replace(Some(cx.waker()));
            Wait::woken()
        }))
        .detach();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let waker = place.take().expect("it ran");
    (event_loop, waker)
}

#[test]
fn pitfall_48_a_waker_that_outlives_its_loop_keeps_no_descriptor() {
    if !own_process::entered("pitfall_48_a_waker_that_outlives_its_loop_keeps_no_descriptor") {
        return;
    }
    let open = descriptors::open();
    let (event_loop, waker) = waker_of_a_new_loop();
    drop(event_loop);
    drop(waker);
    assert_eq!(descriptors::open(), open, "after a waker that was only dropped");

    let (event_loop, waker) = waker_of_a_new_loop();
    drop(event_loop);
    waker.wake(); // pitfall 48: there is nobody to hear it
    assert_eq!(descriptors::open(), open, "after a waker that was used when the loop was gone");

    let (event_loop, waker) = waker_of_a_new_loop();
    waker.wake(); // pitfall 48: and the loop goes before it looks
    drop(event_loop);
    assert_eq!(descriptors::open(), open, "after a wake-up that the loop never saw");
}

#[test]
fn pitfall_48_what_outlives_its_loop_says_so() {
    let mut event_loop = new_loop();
    let (read, _write) = pipe();
    let read = Rc::new(read);
    let shared = read.clone();
    let handle = event_loop.spawn(waits_for_ever(move |cx| {
        refuse(&shared, Interest::READ);
        cx.readable(&*shared).expect("a wait")
    }));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    drop(event_loop);
    assert!(handle.is_finished());
    assert!(matches!(handle.take(), Some(Err(_))));
    handle.abort();

    // Nobody can wait for its sources any more.
    let mut other = new_loop();
    let task = other.spawn(task(move |cx: &mut Context<'_>| {
        refuse(&read, Interest::READ);
        let error = cx.readable(&*read).expect_err("the loop of this source is gone");
        Step::Return(LoopError::of(&error))
    }));
    other.run().expect("a run");
    assert_eq!(returned(&task), Some(LoopError::LoopGone));
}

// Handles.

#[test]
fn pitfall_49_a_task_whose_handle_is_dropped_runs_on() {
    let mut event_loop = new_loop();
    let runs = Rc::new(Cell::new(0));
    let task = || {
        let runs = runs.clone();
        let mut left = 3;
        task(move |_: &mut Context<'_>| {
            runs.set(runs.get() + 1);
            left -= 1;
            if left == 0 { Step::Return("nobody asks") } else { Step::Yield(Wait::next_turn()) }
        })
    };
    drop(event_loop.spawn(task())); // pitfall 49: at once ...
    event_loop.spawn(task()).detach(); // ... in words ...
    let handle = event_loop.spawn(task());
    event_loop.turn(None).expect("a turn");
    drop(handle); // ... and later.
    event_loop.run().expect("a run");
    assert_eq!(runs.get(), 9);
    assert_eq!(event_loop.tasks().len(), 0);
}

#[test]
fn pitfall_49_the_result_of_a_detached_task_is_dropped() {
    let drops = Drops::default();
    let mut event_loop = new_loop();
    let returns_a_guard = || {
        let mut guard = Some(drops.guard());
        task(move |_: &mut Context<'_>| Step::Return(guard.take()))
    };
    event_loop.spawn(returns_a_guard()).detach(); // pitfall 49
    let handle = event_loop.spawn(returns_a_guard());
    let taken = event_loop.spawn(returns_a_guard());
    event_loop.run().expect("a run");
    assert_eq!(drops.count(), 1);
    drop(handle);
    assert_eq!(drops.count(), 2);
    let result = returned(&taken);
    assert!(taken.take().is_none(), "a result can be taken once");
    drop(taken);
    assert_eq!(drops.count(), 2);
    drop(result);
    assert_eq!(drops.count(), 3);
    assert_eq!(event_loop.tasks().len(), 0);
}

#[test]
fn pitfall_49_abort_ends_a_task_where_it_waits() {
    let drops = Drops::default();
    let mut event_loop = new_loop();
    let (read, write) = pipe();
    let guard = drops.guard();
    let reader = event_loop.spawn(waits_for_ever(move |cx| {
        let _ = &guard;
        refuse(&read, Interest::READ);
        cx.readable(&read).expect("a wait").or_until(cx.now() + HOUR)
    }));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let counts = event_loop.counts();
    assert_eq!((counts.tasks, counts.sources, counts.timers), (1, 1, 1));
    reader.abort(); // pitfall 49
    assert_eq!(drops.count(), 1, "what it owned is gone at once");
    let counts = event_loop.counts();
    assert_eq!((counts.tasks, counts.sources, counts.timers), (0, 0, 0));
    assert!(reader.is_finished());
    assert_cancelled(&reader);
    assert!(write.try_write(b"x").is_err(), "the read end is closed");
}

#[test]
fn pitfall_49_abort_of_a_task_that_has_not_run() {
    let drops = Drops::default();
    let mut event_loop = new_loop();
    let guard = drops.guard();
    let runs = Rc::new(Cell::new(0));
    let counted = runs.clone();
    let task = event_loop.spawn(waits_for_ever(move |_| {
        let _ = &guard;
        counted.set(counted.get() + 1);
        Wait::next_turn()
    }));
    task.abort(); // pitfall 49
    assert_eq!(drops.count(), 1);
    event_loop.run().expect("a run");
    assert_eq!(runs.get(), 0);
    assert_cancelled(&task);
    assert_eq!(event_loop.counts().resumes, 0, "a task that ended before was not resumed");
}

#[test]
fn pitfall_49_abort_of_the_task_that_runs_ends_it_when_it_yields() {
    let drops = Drops::default();
    let mut event_loop = new_loop();
    for wait in [Wait::woken, Wait::next_turn, || Wait::after(HOUR)] {
        let own = Rc::new(RefCell::new(None::<JoinHandle<()>>));
        let (shared, guard) = (own.clone(), drops.guard());
        let before = drops.count();
        let counted = drops.clone();
        let task = event_loop.spawn(waits_for_ever(move |_| {
            let _ = &guard;
            shared.borrow().as_ref().expect("its own handle").abort(); // pitfall 49
            assert_eq!(counted.count(), before, "it still runs");
            wait()
        }));
        own.replace(Some(task));
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert_cancelled(own.borrow().as_ref().expect("its handle"));
        assert_eq!(drops.count(), before + 1);
    }
    assert_eq!((event_loop.counts().tasks, event_loop.counts().timers), (0, 0));
}

#[test]
fn pitfall_49_abort_of_a_finished_task_leaves_its_result() {
    let mut event_loop = new_loop();
    let task = event_loop.spawn(async { 7 });
    event_loop.run().expect("a run");
    task.abort(); // pitfall 49
    assert_eq!(returned(&task), 7);
}

#[test]
fn pitfall_49_abort_by_another_task_of_the_same_turn() {
    let mut event_loop = new_loop();
    let victim = Rc::new(RefCell::new(None::<JoinHandle<()>>));
    let shared = victim.clone();
    event_loop
        .spawn(task(move |_: &mut Context<'_>| {
            shared.borrow().as_ref().expect("a handle").abort(); // pitfall 49
            Step::Return(())
        }))
        .detach();
    let task = event_loop.spawn(async { panic!("it must not run") });
    victim.replace(Some(task));
    event_loop.run().expect("a run");
    assert_cancelled(victim.borrow().as_ref().expect("a handle"));
}

#[test]
fn pitfall_49_a_future_that_is_aborted_between_turns_takes_its_timer_back() {
    let mut event_loop = new_loop();
    let sleeper = event_loop.spawn(sleep(HOUR));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(event_loop.counts().timers, 1);
    sleeper.abort(); // pitfall 49
    assert_eq!(event_loop.counts().timers, 0);
    assert_eq!(event_loop.next_deadline(), None);
}

#[test]
fn pitfall_49_a_future_that_a_task_of_another_loop_aborts_takes_its_timer_back() {
    let mut event_loop = new_loop();
    let sleeper = event_loop.spawn(sleep(HOUR));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let mut other = new_loop();
    other.spawn(async move { sleeper.abort() }).detach(); // pitfall 49
    other.run().expect("a run");
    assert_eq!(event_loop.counts().timers, 0);
}

#[test]
fn a_sleep_that_moves_to_another_loop_does_not_end_early() {
    let timer = Rc::new(RefCell::new(Some(Box::pin(sleep(HOUR)))));
    let (mut one, mut other) = (new_loop(), new_loop());
    let shared = timer.clone();
    one.spawn(poll_fn(move |cx| {
        let mut timer = shared.borrow_mut();
        assert!(timer.as_mut().expect("a sleep").as_mut().poll(cx).is_pending());
        Poll::Ready(())
    }))
    .detach();
    one.run().expect("a run");
    let moved = other.spawn(timer.take().expect("a sleep"));
    other.turn(Some(Duration::ZERO)).expect("a turn");
    // It may wait on, or say what is wrong; it must not say that an hour has passed.
    assert!(!matches!(moved.take(), Some(Ok(()))));
    moved.abort();
}

// Loops within loops, and within foreign ones.

#[test]
fn pitfall_51_a_loop_within_a_task_is_refused() {
    let mut event_loop = new_loop();
    let task = event_loop.spawn(task(|cx: &mut Context<'_>| {
        let mut inner = new_loop();
        inner.spawn(async {}).detach();
        let refused = [inner.run(), inner.turn(None)].map(|r| r.expect_err("a loop runs already")); // pitfall 51
        assert_eq!(inner.counts().turns, 0);
        drop(inner); // its tasks go with it
        assert_eq!(cx.cause(), Cause::Turn);
        Step::Return(refused)
    }));
    event_loop.run().expect("the outer one goes on");
    for error in returned(&task) {
        assert_eq!(LoopError::of(&error), Some(LoopError::Nested));
        let text = error.to_string();
        assert!(text.contains("already running") && text.contains("spawn a task on it"), "{text}");
    }
    // Afterwards, another one may run.
    let mut other = new_loop();
    other.spawn(async {}).detach();
    other.run().expect("a run");
}

#[test]
fn pitfall_51_a_task_of_a_loop_may_drop_another_loop() {
    let drops = Drops::default();
    let (inner, tasks) = populated(&drops);
    let mut inner = Some(inner);
    let mut outer = new_loop();
    let task = outer.spawn(task(move |_: &mut Context<'_>| {
        if inner.take().is_some() {
            return Step::Yield(Wait::after(Duration::from_millis(1))); // pitfall 51
        }
        Step::Return(())
    }));
    let _watchdog = watch(MINUTE);
    outer.run().expect("a run");
    returned(&task);
    assert_eq!(drops.count(), tasks);
}

/// Waits on a foreign poll for the loop and for this descriptor, as long as the loop says.
fn foreign_poll(event_loop: &EventLoop, other: Option<&Source>) -> (bool, bool) {
    let timeout = event_loop.next_deadline().map(|d| d.saturating_duration_since(Instant::now()));
    let other = other.map(|source| source.fd().expect("a descriptor"));
    let mut fds = vec![PollFd::new(event_loop.as_fd(), Interest::READ)];
    fds.extend(other.as_ref().map(|fd| PollFd::new(fd.as_fd(), Interest::READ)));
    poll(&mut fds, timeout).expect("a wait");
    (fds[0].is_readable(), fds.get(1).is_some_and(PollFd::is_readable))
}

#[test]
fn a_loop_can_be_turned_by_a_foreign_one() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    // A reader, ...
    let (read, write) = pipe();
    let reader = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        match read.try_read(&mut [0; 8]).expect("a read") {
            None => Step::Yield(cx.readable(&read).expect("a wait")),
            Some(n) => Step::Return(n),
        }
    }));
    // ... a sleeper, ...
    let sleeper = event_loop.spawn(sleep(Duration::from_millis(5)));
    // ... and one that waits for another thread.
    let thread = Rc::new(RefCell::new(None));
    let shared = thread.clone();
    let mut began = false;
    let woken = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        if began {
            return Step::Return(cx.cause());
        }
        began = true;
        let waker = cx.waker();
        shared.replace(Some(thread::spawn(move || waker.wake())));
        Step::Yield(Wait::woken())
    }));
    // The foreign loop has something of its own, which feeds the reader.
    let (foreign_read, foreign_write) = pipe();
    assert_eq!(foreign_write.try_write(b"x").expect("a write"), Some(1));
    let mut foreign = Some(foreign_read);
    let mut turns = 0;
    while event_loop.counts().tasks > 0 {
        let (_, other) = foreign_poll(&event_loop, foreign.as_ref());
        if other {
            foreign = None;
            assert_eq!(write.try_write(b"hello").expect("a write"), Some(5));
        }
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        turns += 1;
    }
    assert_eq!(returned(&reader), 5);
    returned(&sleeper);
    assert_eq!(returned(&woken), Cause::Woken);
    thread.take().expect("it was started").join().expect("and ended");
    // One for the start, and no more than three for each of them: that their thing is there,
    // that they run, and that the bell rang in between.
    assert!(turns <= 12, "{turns} turns");
}

#[test]
fn the_descriptor_of_a_loop_is_readable_when_a_turn_would_find_something() {
    let now = |event_loop: &EventLoop| {
        let mut fds = [PollFd::new(event_loop.as_fd(), Interest::READ)];
        poll(&mut fds, Some(Duration::ZERO)).expect("a look");
        fds[0].is_readable()
    };
    let mut event_loop = new_loop();
    let (read, write) = pipe();
    let reader = event_loop.spawn(waits_for_ever(move |cx| {
        while read.try_read(&mut [0; 8]).expect("a read").is_some() {}
        cx.readable(&read).expect("a wait")
    }));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert!(!now(&event_loop));
    for _ in 0..3 {
        write.try_write(b"x").expect("a write");
        assert!(now(&event_loop));
        // It is moved to READY, and runs.
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert!(!now(&event_loop));
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert!(!now(&event_loop));
    }
    reader.abort();
}

#[test]
fn a_loop_with_a_ready_task_is_to_be_turned_now() {
    let mut event_loop = new_loop();
    assert_eq!(event_loop.next_deadline(), None);
    let busy = event_loop.spawn(waits_for_ever(|_| Wait::next_turn()));
    for _ in 0..3 {
        assert!(event_loop.next_deadline().is_some_and(|d| d <= Instant::now()));
        event_loop.turn(None).expect("a turn");
    }
    busy.abort();
    // A turn for one that has ended finds nobody.
    event_loop.turn(None).expect("a turn");
    let idle = event_loop.spawn(waits_for_ever(|_| Wait::woken()));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(event_loop.next_deadline(), None);
    idle.abort();
}

#[test]
fn a_turn_sleeps_no_longer_than_it_may() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let idle = event_loop.spawn(waits_for_ever(|_| Wait::after(HOUR)));
    for limit in [Duration::ZERO, Duration::from_nanos(1), Duration::from_millis(3)] {
        event_loop.turn(Some(limit)).expect("a turn");
    }
    assert_eq!(event_loop.counts().turns, 3);
    idle.abort();
}

// The listing of tasks.

/// Waits as many times as it is told to, in states with names.
struct Named {
    source: Option<Source>,
    state: &'static str,
}

impl Generator for Named {
    type Return = ();

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<()> {
        match (self.state, &self.source) {
            ("fresh", _) => {
                self.state = "asleep";
                Step::Yield(Wait::woken().or_until(cx.now()))
            }
            ("asleep", Some(source)) => {
                self.state = "head";
                assert_eq!(source.try_read(&mut [0; 8]).expect("a read"), None);
                Step::Yield(cx.readable(source).expect("a wait"))
            }
            _ => Step::Return(()),
        }
    }

    fn state(&self) -> &'static str {
        self.state
    }
}

fn only_task(event_loop: &EventLoop) -> TaskInfo {
    let tasks = event_loop.tasks();
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    tasks[0].clone()
}

#[test]
fn the_listing_tells_what_each_task_does_and_where_it_came_from() {
    let mut event_loop = new_loop();
    let (read, write) = pipe();
    let fd = read.number();
    let named = Named { source: Some(read), state: "fresh" };
    let (task, here) = (event_loop.spawn(named), Location::caller());

    let info = only_task(&event_loop);
    assert_eq!((info.id, info.state), (task.id(), State::Ready));
    assert_eq!((info.waits_for.as_str(), info.stands_at), ("", "fresh"));
    assert_eq!((info.since_turn, info.spawned_at.file()), (0, file!()));
    assert_eq!(info.spawned_at.line(), here.line());

    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let info = only_task(&event_loop);
    assert_eq!((info.state, info.stands_at, info.since_turn), (State::Ready, "asleep", 1));

    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let info = only_task(&event_loop);
    assert_eq!((info.state, info.stands_at, info.since_turn), (State::Waiting, "head", 2));
    assert_eq!(info.waits_for, format!("read fd {fd}"));
    let line = info.to_string();
    let begin = format!("{} WAITING read fd {fd} since turn 2 in \"head\" (", task.id());
    assert!(line.starts_with(&begin) && line.contains(file!()), "{line}");

    write.close().expect("a close");
    event_loop.turn(None).expect("a turn");
    assert_eq!(only_task(&event_loop).state, State::Ready);
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(only_task(&event_loop).state, State::Finished);
    returned(&task);
    drop(task);
    assert!(event_loop.tasks().is_empty());
}

#[test]
fn the_listing_tells_what_is_waited_for() {
    let mut event_loop = new_loop();
    let ((read, _peer), (_reader, write)) = (pipe(), pipe());
    let (r, w) = (read.number(), write.number());
    let fill = |write: &Source| while write.try_write(&[0; 4096]).expect("a write").is_some() {};
    event_loop.spawn(waits_for_ever(|_| Wait::woken())).detach();
    event_loop.spawn(waits_for_ever(|_| Wait::after(HOUR))).detach();
    event_loop
        .spawn(waits_for_ever(move |cx| {
            fill(&write);
            cx.writable(&write).expect("a wait")
        }))
        .detach();
    event_loop
        .spawn(waits_for_ever(move |cx| {
            refuse(&read, Interest::READ);
            cx.readable(&read).expect("a wait").or_until(cx.now() + HOUR)
        }))
        .detach();
    event_loop.spawn(waits_for_ever(|_| Wait::next_turn())).detach();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let told: Vec<_> = event_loop.tasks().into_iter().map(|t| (t.state, t.waits_for)).collect();
    let expected = [
        (State::Waiting, "woken".to_owned()),
        (State::Waiting, "timer".to_owned()),
        (State::Waiting, format!("write fd {w}")),
        (State::Waiting, format!("read fd {r} or timer")),
        (State::Ready, String::new()),
    ];
    assert_eq!(told, expected);
}

// Delegation.

/// Yields so often, and returns what it was given.
struct Naps<T>(u32, Option<T>);

impl<T> Generator for Naps<T> {
    type Return = T;

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<T> {
        assert_eq!(cx.cause(), Cause::Turn);
        if self.0 == 0 {
            return Step::Return(self.1.take().expect("not called again after it returned"));
        }
        self.0 -= 1;
        Step::Yield(Wait::next_turn())
    }
}

#[test]
fn yield_from_passes_on_waits_and_gives_the_value() {
    let mut event_loop = new_loop();
    let mut child = Naps(3, Some("value"));
    let mut grandchild = Naps(2, Some(7));
    let mut first = None;
    let task = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        if first.is_none() {
            first = Some(yield_from!(child, cx));
        }
        let second = yield_from!(grandchild, cx);
        Step::Return((first, second))
    }));
    event_loop.run().expect("a run");
    assert_eq!(returned(&task), (Some("value"), 7));
    // A child that returns lets its parent go on at once.
    assert_eq!(event_loop.counts().resumes, 1 + 3 + 2);
}

/// Works in a function that uses `?`.
struct Tries(Naps<io::Result<u32>>);

impl Tries {
    fn advance(&mut self, cx: &mut Context<'_>) -> io::Result<Step<u32>> {
        let value = yield_from!(self.0, cx)?;
        Ok(Step::Return(value + 1))
    }
}

impl Generator for Tries {
    type Return = io::Result<u32>;

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<io::Result<u32>> {
        Step::from_result(self.advance(cx))
    }
}

#[test]
fn yield_from_works_in_functions_that_return_results() {
    let mut event_loop = new_loop();
    let well = event_loop.spawn(Tries(Naps(2, Some(Ok(1)))));
    let badly = event_loop.spawn(Tries(Naps(1, Some(Err(io::ErrorKind::TimedOut.into())))));
    event_loop.run().expect("a run");
    assert_eq!(returned(&well).expect("a value"), 2);
    assert_eq!(returned(&badly).expect_err("an error").kind(), io::ErrorKind::TimedOut);
    assert_eq!(event_loop.counts().resumes, 5);
}

// The environment.

/// Runs this test once more with `EAGAIN_TRACE` set so; true there.
fn with_trace(test: &str, value: &str) -> Option<String> {
    if own_process::is_here() {
        return None;
    }
    let output = own_process::command(test).env("EAGAIN_TRACE", value).output().expect("a process");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stdout));
    Some(text)
}

#[test]
fn an_environment_that_makes_no_sense_is_refused_in_words() {
    if with_trace("an_environment_that_makes_no_sense_is_refused_in_words", "loud").is_some() {
        return;
    }
    let error = Builder::new().from_env().expect_err("EAGAIN_TRACE is not one of the words");
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    let text = error.to_string();
    for word in ["EAGAIN_TRACE", "loud", "turns", "strace", "off"] {
        assert!(text.contains(word), "{text}");
    }
    // Who does not ask for it is not bothered by it.
    new_loop().run().expect("a run");
}

#[test]
fn the_environment_is_read_only_where_a_program_asks_for_it() {
    const NAME: &str = "the_environment_is_read_only_where_a_program_asks_for_it";
    if let Some(told) = with_trace(NAME, "turns") {
        assert_eq!(told.matches("─ turn ").count(), 2, "{told}");
        assert!(told.contains("Running  task 0"), "{told}");
        assert!(with_trace(NAME, "off").is_some_and(|told| !told.contains("turn ")));
        assert!(with_trace(NAME, "").is_some_and(|told| !told.contains("turn ")));
        return;
    }
    assert!(env::var_os("EAGAIN_TRACE").is_some());
    for builder in [Builder::new(), Builder::new().from_env().expect("a good word")] {
        let mut event_loop = builder.build().expect("a loop");
        event_loop.spawn(yield_now()).detach();
        event_loop.run().expect("a run");
    }
}
