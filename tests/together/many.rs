//! `join_all` and `try_join_all`: a few are polled all, of many only those that were woken.

use std::future::{pending, ready};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use eagain::future::{JoinAll, join_all, race_all, try_join_all};
use eagain::time::sleep;
use eagain::{EventLoop, spawn, yield_now};

use crate::probe::{Log, Probe, run};
use crate::tasks;

const MANY: usize = 100;

/// Joins so many futures that never end, as a task that has been polled once.
fn joined_for_ever(event_loop: &mut EventLoop, count: usize) -> (Log, eagain::JoinHandle<()>) {
    let log = Log::default();
    let probes: Vec<Probe> = (0..count).map(|_| log.never()).collect();
    let task = event_loop.spawn(async { drop(join_all(probes).await) });
    tasks::turn_until_idle(event_loop);
    assert_eq!(log.polls() as usize, count, "each is polled once at first");
    (log, task)
}

#[test]
fn all_outputs_come_in_the_order_of_the_futures() {
    let late_first = |count: u64| {
        run(join_all((0..count).map(|i| async move {
            sleep(Duration::from_micros(100 * (count - i))).await;
            i
        })))
    };
    assert_eq!(late_first(0), []);
    assert_eq!(late_first(5), [0, 1, 2, 3, 4]);
    assert_eq!(late_first(50), (0..50).collect::<Vec<_>>());
}

#[test]
fn one_wake_up_polls_one_of_many() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (log, task) = joined_for_ever(&mut event_loop, MANY);
    for number in [7, 7, 42] {
        let before = log.polls();
        log.waker(number).wake();
        tasks::turn_until_idle(&mut event_loop);
        assert_eq!(log.polls() - before, 1);
    }
    drop(event_loop);
    drop(task);
    assert_eq!(log.dropped() as usize, MANY);
}

#[test]
fn one_that_is_woken_twice_is_polled_once() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (log, _task) = joined_for_ever(&mut event_loop, MANY);
    let resumes = event_loop.counts().resumes;
    let before = log.polls();
    for number in [3, 4, 3, 4, 3] {
        log.waker(number).wake_by_ref();
    }
    tasks::turn_until_idle(&mut event_loop);
    assert_eq!(log.polls() - before, 2);
    assert_eq!(event_loop.counts().resumes - resumes, 1, "the parent is woken once");
}

#[test]
fn one_wake_up_polls_all_of_a_few() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (log, _task) = joined_for_ever(&mut event_loop, 16);
    log.waker(7).wake();
    tasks::turn_until_idle(&mut event_loop);
    assert_eq!(log.polls(), 32);
}

#[test]
fn many_sleeps_are_polled_twice_each() {
    let polls = std::cell::Cell::new(0);
    run(join_all((0..1000_u64).map(|i| {
        let mut sleep = Box::pin(sleep(Duration::from_micros(i % 50 * 40)));
        let polls = &polls;
        std::future::poll_fn(move |cx| {
            polls.set(polls.get() + 1);
            sleep.as_mut().poll(cx)
        })
    })));
    assert_eq!(polls.get(), 2000);
}

#[test]
fn wakers_work_from_other_threads() {
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..MANY).map(|_| futures::channel::oneshot::channel()).unzip();
    let thread = thread::spawn(move || {
        for (i, sender) in senders.into_iter().enumerate().rev() {
            sender.send(i).expect("a receiver");
        }
    });
    let out = run(join_all(receivers));
    assert!(out.into_iter().map(|i| i.expect("sent")).eq(0..MANY));
    thread.join().expect("no panic");
}

#[test]
fn a_waker_that_outlives_the_futures_does_nothing_and_holds_nothing() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (log, task) = joined_for_ever(&mut event_loop, MANY);
    let late = log.waker(5);
    task.abort();
    assert_eq!(log.dropped() as usize, MANY);
    late.wake_by_ref();
    drop(event_loop);
    thread::spawn(move || late.wake()).join().expect("no panic");
    assert_eq!(log.polls() as usize, MANY);
}

#[test]
fn a_few_and_many_can_be_polled_with_another_waker_later() {
    for count in [10, MANY] {
        let log = Log::default();
        let mut event_loop = EventLoop::new().expect("a loop");
        let (go, gone) = futures::channel::oneshot::channel::<JoinAll<Probe>>();
        let probes: Vec<_> = (0..count).map(|_| log.never()).collect();
        event_loop
            .spawn(async move {
                let mut all = join_all(probes);
                assert!(futures::poll!(&mut all).is_pending());
                go.send(all).expect("a receiver");
            })
            .detach();
        let second = event_loop.spawn(async move { gone.await.expect("it was sent").await });
        tasks::turn_until_idle(&mut event_loop);
        let before = log.polls();
        log.waker(count - 1).wake();
        tasks::turn_until_idle(&mut event_loop);
        assert!(log.polls() > before, "the second task was not woken");
        second.abort();
    }
}

#[test]
fn each_is_dropped_when_it_is_done_and_not_polled_again() {
    for count in [3, 100] {
        let log = Log::default();
        run(async {
            let probes: Vec<_> = (0..count).map(|i| log.after(1 + i)).collect();
            let watch = async {
                while log.dropped() + 1 < log.made() {
                    yield_now().await;
                }
            };
            eagain::join!(join_all(probes), watch);
        });
        assert_eq!(log.polls(), (1..=count).sum());
    }
}

/// pitfall 42
#[test]
fn pitfall_42_one_that_wakes_itself_waits_for_the_next_turn() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let log = Log::default();
    let probes: Vec<Probe> = (0..MANY).map(|_| log.after(50)).collect();
    event_loop.spawn(async { drop(join_all(probes).await) }).detach();
    for turn in 1..=50 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert_eq!(log.polls() as usize, MANY * turn);
    }
    assert_eq!(event_loop.counts().tasks, 0);
}

#[test]
fn the_first_error_of_a_few_or_many_drops_the_others_before_it_is_returned() {
    for count in [5, 50] {
        let log = Log::default();
        let futures = (0..count).map(|i| {
            let probe = if i == 3 { log.after(4) } else { log.never() };
            async move {
                probe.await;
                Err::<(), _>(i)
            }
        });
        let mut all = Box::pin(try_join_all(futures));
        assert_eq!(run(&mut all), Err(3));
        assert_eq!(log.dropped(), count);
    }
    assert_eq!(run(try_join_all((0..50).map(|i| ready(Ok::<_, ()>(i))))), Ok((0..50).collect()));
}

#[test]
fn the_first_of_many_to_be_done_wins_and_the_others_are_gone() {
    for count in [5, 50] {
        let log = Log::default();
        let futures = (0..count).map(|i| {
            let probe = if i == 3 { log.after(4) } else { log.never() };
            async move {
                probe.await;
                i
            }
        });
        let mut race = race_all(futures);
        assert_eq!(run(&mut race), 3);
        assert_eq!(log.dropped(), count);
    }
}

#[test]
#[should_panic(expected = "no futures")]
fn a_race_of_none_is_refused() {
    drop(race_all(Vec::<std::future::Ready<()>>::new()));
}

#[test]
fn a_panic_in_one_of_many_drops_the_others() {
    let log = Log::default();
    let guards: Vec<_> = (0..MANY).map(|_| log.guard()).collect();
    let error = run(async {
        let futures = guards.into_iter().enumerate().map(|(i, guard)| async move {
            yield_now().await;
            assert!(i != 9, "the tenth");
            pending::<()>().await;
            drop(guard);
        });
        spawn(async { drop(join_all(futures.collect::<Vec<_>>()).await) }).await
    });
    assert!(error.expect_err("a panic").to_string().contains("the tenth"));
    assert_eq!(log.dropped() as usize, MANY);
}

#[test]
fn handles_of_tasks_can_be_joined_in_any_number() {
    let sum: i32 = run(async {
        let shared = Rc::new(1);
        let handles: Vec<_> = (0..MANY)
            .map(|_| {
                let shared = shared.clone();
                spawn(async move {
                    yield_now().await;
                    *shared
                })
            })
            .collect();
        join_all(handles).await.into_iter().map(|one| one.expect("no panic")).sum()
    });
    assert_eq!(sum, MANY as i32);
}

/// pitfall 2: the budget of a turn is used up by whoever is polled first.
#[test]
fn pitfall_2_greedy_ones_among_many_do_not_starve_the_others() {
    const READS: u32 = 2000;
    let done: Vec<_> = (0..20).map(|_| std::cell::Cell::new(0)).collect();
    let least = std::cell::Cell::new(READS);
    run(join_all(done.iter().map(|mine| async {
        let zeros = std::fs::File::open("/dev/zero").expect("a device");
        let source = eagain::Source::new(zeros).expect("a source");
        for _ in 0..READS {
            source.read(&mut [0; 1]).await.expect("a read");
            mine.set(mine.get() + 1);
        }
        let behind = done.iter().map(|done| done.get()).min();
        least.set(least.get().min(behind.expect("some")));
    })));
    assert!(least.get() >= READS / 2, "one was at {} of {READS}", least.get());
}
