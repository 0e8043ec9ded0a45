//! Wake-ups from other threads: none is lost, and most of them cost no system call.

#[cfg(target_os = "linux")]
#[path = "threads/eventfd.rs"]
mod eventfd;
#[path = "soak/hammer.rs"]
mod hammer;
#[cfg(target_os = "linux")]
#[path = "soak/own_process.rs"]
mod own_process;
mod tasks;
#[path = "soak/watchdog.rs"]
mod watchdog;

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use eagain::{Cause, Context, EventLoop, Step, Wait, yield_now};
use tasks::{returned, task};
use watchdog::watch;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn new_loop() -> EventLoop {
    EventLoop::new().expect("a loop")
}

/// Where a task leaves its waker.
#[derive(Clone, Default)]
struct Place(Rc<RefCell<Option<Waker>>>);

impl Place {
    fn put(&self, waker: Waker) {
        self.0.replace(Some(waker));
    }

    fn waker(&self) -> Waker {
        self.0.borrow().clone().expect("the task has run")
    }
}

/// A task that leaves its waker there, and ends when it has been woken so often; returns how often
/// that was.
fn ends_when_woken(event_loop: &EventLoop, place: &Place, times: u32) -> eagain::JoinHandle<u32> {
    let place = place.clone();
    let mut woken = 0;
    event_loop.spawn(task(move |cx: &mut Context<'_>| {
        if cx.cause() == Cause::Woken {
            woken += 1;
        }
        if woken == times {
            return Step::Return(woken);
        }
        place.put(cx.waker());
        Step::Yield(Wait::woken().or_until(cx.now() + HOUR))
    }))
}

/// A thread that is asked by a number and a waker: the number it stores, the waker it uses.
fn answering(
    wake: fn(Waker),
) -> (mpsc::Sender<(u64, Waker)>, Arc<AtomicU64>, thread::JoinHandle<()>) {
    let answered = Arc::new(AtomicU64::new(0));
    let (ask, asked) = mpsc::channel();
    let answers = answered.clone();
    let thread = thread::spawn(move || {
        for (question, waker) in asked {
            answers.store(question, Ordering::Release);
            wake(waker);
        }
    });
    (ask, answered, thread)
}

#[test]
fn pitfall_44_a_ball_between_a_task_and_a_thread_is_never_lost() {
    const ROUNDS: u64 = 5000;
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let (ask, answered, thread) = answering(Waker::wake); // pitfall 44
    let mut round = 0;
    let player = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        if answered.load(Ordering::Acquire) < round {
            return Step::Yield(Wait::woken());
        }
        if round == ROUNDS {
            return Step::Return(round);
        }
        round += 1;
        ask.send((round, cx.waker())).expect("the thread listens");
        Step::Yield(Wait::woken())
    }));
    event_loop.run().expect("a run");
    assert_eq!(returned(&player), ROUNDS);
    thread.join().expect("the thread has ended");
    // One resume for each answer, and perhaps one more for a wake-up that came late.
    let counts = event_loop.counts();
    assert!((ROUNDS..=2 * ROUNDS + 1).contains(&counts.resumes), "{counts:?}");
}

#[test]
fn pitfall_44_a_future_is_woken_by_the_waker_it_was_polled_with() {
    const ROUNDS: u64 = 5000;
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let (ask, answered, thread) = answering(|waker| waker.wake_by_ref()); // pitfall 44
    // Each round is another task, so that wakers are lent, kept, and used up.
    let player = event_loop.spawn(async move {
        for round in 1..=ROUNDS {
            let (ask, answered) = (ask.clone(), answered.clone());
            let mut sent = false;
            let round = eagain::spawn(poll_fn(move |cx| {
                if !std::mem::replace(&mut sent, true) {
                    ask.send((round, cx.waker().clone())).expect("the thread listens");
                }
                match answered.load(Ordering::Acquire) {
                    answer if answer < round => Poll::Pending,
                    _ => Poll::Ready(()),
                }
            }));
            while !round.is_finished() {
                yield_now().await;
            }
        }
    });
    event_loop.run().expect("a run");
    returned(&player);
    thread.join().expect("the thread has ended");
}

#[test]
fn pitfall_44_wake_ups_in_quick_succession_are_not_lost() {
    let _watchdog = watch(MINUTE);
    hammer::knock(2, 2_000); // pitfall 44
}

#[test]
fn pitfall_44_the_last_of_many_wake_ups_is_not_lost() {
    let _watchdog = watch(MINUTE);
    hammer::wake(4, 20_000); // pitfall 44
}

#[test]
fn pitfall_45_a_flood_while_the_loop_turns_costs_few_resumes() {
    const WAKES: u64 = 100_000;
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let place = Place::default();
    let (over, stop) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (done, own) = (over.clone(), place.clone());
    let woken = event_loop.spawn(task(move |cx: &mut Context<'_>| {
        if done.load(Ordering::Acquire) {
            return Step::Return(());
        }
        own.put(cx.waker());
        Step::Yield(Wait::woken())
    }));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (waker, over, stop) = (place.waker(), over.clone(), stop.clone());
            thread::spawn(move || {
                for _ in 0..WAKES / 4 {
                    waker.wake_by_ref(); // pitfall 45
                }
                if stop.fetch_add(1, Ordering::AcqRel) == 3 {
                    over.store(true, Ordering::Release);
                    waker.wake();
                }
            })
        })
        .collect();
    event_loop.run().expect("a run");
    threads.into_iter().for_each(|t| t.join().expect("the thread has ended"));
    returned(&woken);
    let counts = event_loop.counts();
    // Never more than one for each; and a resume has a turn.
    assert!(counts.resumes <= WAKES + 2 && counts.turns <= counts.resumes + WAKES, "{counts:?}");
}

#[test]
fn a_waker_may_be_used_when_its_loop_is_gone() {
    let mut event_loop = new_loop();
    let place = Place::default();
    ends_when_woken(&event_loop, &place, 1).detach();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let waker = place.waker();
    drop(event_loop);
    waker.wake_by_ref();
    let clone = waker.clone();
    thread::spawn(move || clone.wake()).join().expect("no panic on another thread");
    // Inside another loop of this thread, too.
    let mut other = new_loop();
    let task = other.spawn(async move { waker.wake() });
    other.run().expect("a run");
    returned(&task);
}

#[test]
fn a_waker_may_be_dropped_on_another_thread() {
    let mut event_loop = new_loop();
    let place = Place::default();
    let woken = ends_when_woken(&event_loop, &place, 1);
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let waker = place.waker();
    let clone = waker.clone();
    thread::spawn(move || drop(clone)).join().expect("no panic on another thread");
    assert!(!woken.is_finished());
    // The last of them, when the task and the loop are gone.
    woken.abort();
    drop(woken);
    drop(event_loop);
    drop(place);
    thread::spawn(move || drop(waker)).join().expect("no panic on another thread");
}

#[test]
fn a_waker_may_be_used_on_the_thread_of_the_loop_while_that_does_not_run() {
    let _watchdog = watch(MINUTE);
    let mut event_loop = new_loop();
    let place = Place::default();
    let woken = ends_when_woken(&event_loop, &place, 3);
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    for _ in 0..2 {
        // Twice is once, as long as nobody looks.
        place.waker().wake();
        place.waker().wake();
        event_loop.turn(Some(HOUR)).expect("the turn that hears it");
        event_loop.turn(Some(Duration::ZERO)).expect("the turn that resumes it");
    }
    assert!(!woken.is_finished());
    place.waker().wake();
    event_loop.run().expect("a run");
    assert_eq!(returned(&woken), 3);
}

#[test]
fn a_task_may_wake_a_task_of_another_loop_on_its_thread() {
    let _watchdog = watch(MINUTE);
    let (mut one, mut other) = (new_loop(), new_loop());
    let place = Place::default();
    let woken = ends_when_woken(&one, &place, 1);
    one.turn(Some(Duration::ZERO)).expect("a turn");
    let waker = place.waker();
    other.spawn(async move { waker.wake() }).detach();
    other.run().expect("a run");
    one.run().expect("a run");
    assert_eq!(returned(&woken), 1);
}

#[test]
fn a_waker_of_a_task_that_has_ended_wakes_nobody() {
    let mut event_loop = new_loop();
    let place = Place::default();
    let ended = ends_when_woken(&event_loop, &place, 1);
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let old = place.waker();
    old.wake_by_ref();
    event_loop.run().expect("a run");
    assert_eq!(returned(&ended), 1);
    drop(ended);
    // Its place is taken by another one.
    let runs = Rc::new(Cell::new(0));
    let counted = runs.clone();
    let heir = event_loop.spawn(task(move |_: &mut Context<'_>| {
        counted.set(counted.get() + 1);
        Step::<()>::Yield(Wait::woken())
    }));
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let clone = old.clone();
    thread::spawn(move || clone.wake()).join().expect("no panic on another thread");
    old.wake();
    for _ in 0..3 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    }
    assert_eq!(runs.get(), 1);
    heir.abort();
}

#[test]
fn a_waker_lent_to_one_future_never_wakes_another() {
    let mut event_loop = new_loop();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let runs: Vec<_> = (0..10).map(|_| Rc::new(Cell::new(0))).collect();
    // Every other one keeps its waker; they all have been polled with one that was free.
    let handles: Vec<_> = runs
        .iter()
        .enumerate()
        .map(|(i, runs)| {
            let (runs, kept) = (runs.clone(), kept.clone());
            event_loop.spawn(poll_fn(move |cx| {
                runs.set(runs.get() + 1);
                let clone = cx.waker().clone();
                if i % 2 == 0 {
                    kept.lock().expect("nobody panicked").push(clone);
                }
                Poll::<()>::Pending
            }))
        })
        .collect();
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    let wakers = std::mem::take(&mut *kept.lock().expect("nobody panicked"));
    thread::spawn(move || wakers.into_iter().for_each(Waker::wake)).join().expect("no panic");
    for _ in 0..3 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    }
    let runs: Vec<_> = runs.iter().map(|runs| runs.get()).collect();
    assert_eq!(runs, [2, 1, 2, 1, 2, 1, 2, 1, 2, 1]);
    handles.iter().for_each(eagain::JoinHandle::abort);
}
