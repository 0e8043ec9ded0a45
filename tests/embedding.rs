//! The loop inside a foreign one, which sleeps by `poll(2)` as long as ours lets it: nothing is
//! slept over, and no turn is in vain.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::Write;
use std::net;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use eagain::net::{TcpListener, TcpStream};
use eagain::sync::{mpsc, oneshot};
use eagain::{EventLoop, offload, time, yield_now};
use eagain_sys::poll::{PollFd, poll};
use eagain_sys::poller::Interest;

/// A bound on failures: nothing here takes so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A loop on `poll(2)` that looks after one of ours.
struct Foreign {
    ours: EventLoop,
    turns: u64,
    /// Turns ours so often even if nothing tells that it wants to.
    every: Option<Duration>,
}

impl Foreign {
    fn new() -> Foreign {
        Foreign { ours: EventLoop::new().expect("a loop"), turns: 0, every: None }
    }

    /// One that looks after sources, too, of which not every poller's descriptor tells.
    fn of_sources(ours: EventLoop) -> Foreign {
        let told = ours.poller().tells_by_descriptor();
        Foreign { ours, turns: 0, every: (!told).then_some(Duration::from_millis(1)) }
    }

    /// Whether ours wants a turn, having slept for so long at most.
    fn wants_a_turn(&self, limit: Duration) -> bool {
        let left = || self.ours.next_deadline().map(|d| d.saturating_duration_since(time::now()));
        let mut fds = [PollFd::new(self.ours.as_fd(), Interest::READ)];
        let limit = self.every.map_or(limit, |every| every.min(limit));
        let sleep = left().map_or(limit, |left| left.min(limit));
        let ready = loop {
            match poll(&mut fds, Some(sleep)) {
                Err(e) if e.is_interrupted() => {}
                answer => break answer.expect("a poll"),
            }
        };
        let due = left().is_some_and(|left| left.is_zero());
        ready > 0 || due || self.every.is_some_and(|every| every == limit)
    }

    /// Sleeps until ours wants a turn, and turns it.
    fn step(&mut self) {
        assert!(self.wants_a_turn(PATIENCE), "something was slept over: {:?}", self.ours);
        self.ours.turn(Some(Duration::ZERO)).expect("a turn");
        self.turns += 1;
    }

    /// Steps until `done`; returns how many turns that took.
    fn steps_until(&mut self, done: impl Fn(&EventLoop) -> bool) -> u64 {
        let before = self.turns;
        while !done(&self.ours) {
            self.step();
            assert!(self.turns - before < 1000, "it spins: {:?}", self.ours);
        }
        self.turns - before
    }

    /// Turns ours for as long as it wants to without sleeping; returns how many turns that took.
    fn settle(&mut self) -> u64 {
        let before = self.turns;
        while self.wants_a_turn(Duration::ZERO) {
            self.step();
            assert!(self.turns - before < 1000, "it spins: {:?}", self.ours);
        }
        self.turns - before
    }
}

fn is_done(ours: &EventLoop) -> bool {
    ours.counts().tasks == 0
}

/// A connection of ours, and the blocking end of somebody else.
fn connection() -> (TcpStream, net::TcpStream) {
    let listener = net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let there = net::TcpStream::connect(listener.local_addr().unwrap()).expect("a connection");
    there.set_nodelay(true).unwrap();
    let here = listener.accept().expect("a connection").0;
    (here.try_into().expect("a connection"), there)
}

/// A task that counts how often it is woken by the waker that it hands out.
fn woken(ours: &EventLoop) -> (Arc<Mutex<Option<Waker>>>, Rc<Cell<u64>>) {
    let waker = Arc::new(Mutex::new(None));
    let count = Rc::new(Cell::new(0));
    let (given, counted) = (waker.clone(), count.clone());
    ours.spawn(poll_fn(move |cx| {
        if given.lock().unwrap().replace(cx.waker().clone()).is_some() {
            counted.set(counted.get() + 1);
        }
        Poll::<()>::Pending
    }))
    .detach();
    (waker, count)
}

#[test]
fn a_loop_without_tasks_wants_nothing() {
    let foreign = Foreign::new();
    assert_eq!(foreign.ours.next_deadline(), None);
    assert!(!foreign.wants_a_turn(Duration::ZERO));
}

#[test]
fn what_is_spawned_between_turns_is_due_at_once() {
    let mut foreign = Foreign::new();
    for _ in 0..3 {
        foreign.ours.spawn(async {}).detach();
        assert!(foreign.ours.next_deadline().expect("it is READY") <= Instant::now());
        assert_eq!(foreign.steps_until(is_done), 1);
        assert_eq!(foreign.settle(), 0);
    }
}

#[test]
fn a_task_that_gives_way_is_turned_for_as_often() {
    let mut foreign = Foreign::new();
    foreign
        .ours
        .spawn(async {
            for _ in 0..9 {
                yield_now().await;
            }
        })
        .detach();
    assert_eq!(foreign.settle(), 10);
    assert!(is_done(&foreign.ours));
}

#[test]
fn a_timer_is_kept_by_three_turns() {
    let mut foreign = Foreign::new();
    // Longer than a busy machine keeps the turn that sets it from its end.
    let nap = Duration::from_millis(400);
    let begin = time::now();
    foreign.ours.spawn(time::sleep(nap)).detach();
    let turns = foreign.steps_until(is_done);
    assert!(time::now() - begin >= nap);
    assert_eq!(turns, 3, "one that sets it, one that finds it due, one that runs the task");
    assert_eq!(foreign.ours.next_deadline(), None);
}

#[test]
fn an_earlier_timer_moves_the_deadline_and_a_cancelled_one_moves_it_back() {
    let mut foreign = Foreign::new();
    let (soon, later) = (time::now() + PATIENCE, time::now() + 2 * PATIENCE);
    foreign.ours.spawn(time::sleep_until(later)).detach();
    foreign.settle();
    assert_eq!(foreign.ours.next_deadline(), Some(later));
    let task = foreign.ours.spawn(time::sleep_until(soon));
    foreign.settle();
    assert_eq!(foreign.ours.next_deadline(), Some(soon));
    task.abort();
    assert_eq!(foreign.settle(), 0);
    assert_eq!(foreign.ours.next_deadline(), Some(later));
}

#[test]
fn data_cost_two_turns_however_often_they_come() {
    let mut foreign = Foreign::of_sources(EventLoop::new().expect("a loop"));
    let (here, mut there) = connection();
    let got = Rc::new(Cell::new(0));
    let sum = got.clone();
    foreign
        .ours
        .spawn(async move {
            let mut buf = [0; 64];
            while let Ok(n @ 1..) = here.read(&mut buf).await {
                sum.set(sum.get() + n);
            }
        })
        .detach();
    foreign.settle();
    for i in 1..=5 {
        there.write_all(b"x").unwrap();
        assert_eq!(foreign.steps_until(|_| got.get() == i), 2, "an edge, and the task");
        assert_eq!(foreign.settle(), 0);
    }
    drop(there);
    assert_eq!(foreign.steps_until(is_done), 2);
    assert_eq!(foreign.settle(), 0);
}

#[test]
fn data_that_nobody_waits_for_cost_one_turn() {
    let mut foreign = Foreign::of_sources(EventLoop::new().expect("a loop"));
    let (here, mut there) = connection();
    foreign
        .ours
        .spawn(async move {
            here.readable().await.unwrap();
            here.read(&mut [0; 1]).await.unwrap();
            std::future::pending::<()>().await;
        })
        .detach();
    foreign.settle();
    there.write_all(b"xyz").unwrap();
    foreign.step();
    foreign.settle();
    there.write_all(b"xyz").unwrap();
    foreign.step();
    assert_eq!(foreign.settle(), 0, "what is unread made it spin");
}

#[test]
fn a_connection_is_made_and_accepted_by_tasks() {
    let mut foreign = Foreign::of_sources(EventLoop::new().expect("a loop"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    foreign.ours.spawn(async move { listener.accept().await.map(drop) }).detach();
    foreign.ours.spawn(async move { TcpStream::connect(addr).await.map(drop) }).detach();
    foreign.steps_until(is_done);
    assert_eq!(foreign.settle(), 0);
}

#[test]
fn what_a_turn_has_no_room_for_keeps_the_descriptor_readable() {
    let ours = EventLoop::builder().event_capacity(1).build().expect("a loop");
    let mut foreign = Foreign::of_sources(ours);
    let mut others = Vec::new();
    for _ in 0..5 {
        let (here, there) = connection();
        foreign.ours.spawn(async move { here.read(&mut [0; 8]).await.map(drop) }).detach();
        others.push(there);
    }
    foreign.settle();
    others.iter_mut().for_each(|there| there.write_all(b"x").unwrap());
    foreign.steps_until(is_done);
    assert_eq!(foreign.settle(), 0);
}

#[test]
fn a_wake_from_another_thread_rings_each_time() {
    let mut foreign = Foreign::new();
    let (waker, count) = woken(&foreign.ours);
    foreign.settle();
    for i in 1..=5 {
        let waker = waker.clone();
        thread::spawn(move || {
            for _ in 0..100 {
                waker.lock().unwrap().as_ref().expect("it was polled").wake_by_ref();
            }
        })
        .join()
        .unwrap();
        assert_eq!(foreign.steps_until(|_| count.get() == i), 2, "the bell, and the task");
        assert_eq!(foreign.settle(), 0);
        assert_eq!(foreign.ours.counts().bells, i);
    }
}

#[test]
fn a_wake_that_comes_while_the_foreign_loop_sleeps_ends_its_sleep() {
    const TIMES: u64 = 200;
    let mut foreign = Foreign::new();
    let (waker, count) = woken(&foreign.ours);
    foreign.settle();
    let (go, gone) = std::sync::mpsc::channel();
    let other = thread::spawn(move || {
        for () in gone {
            waker.lock().unwrap().as_ref().expect("it was polled").wake_by_ref();
        }
    });
    for i in 1..=TIMES {
        go.send(()).unwrap();
        assert_eq!(foreign.steps_until(|_| count.get() == i), 2, "the bell, and the task");
    }
    drop(go);
    other.join().unwrap();
    assert_eq!(foreign.settle(), 0);
    assert_eq!(foreign.ours.counts().bells, TIMES);
}

#[test]
fn a_wake_from_the_same_thread_between_turns_is_heard() {
    let mut foreign = Foreign::new();
    let (sender, receiver) = oneshot::channel();
    let task = foreign.ours.spawn(receiver);
    foreign.settle();
    sender.send(7).unwrap();
    assert!(foreign.steps_until(is_done) <= 2);
    assert_eq!(task.take().unwrap().unwrap(), Ok(7));
    assert_eq!(foreign.settle(), 0);
}

#[test]
fn a_channel_is_fed_by_the_foreign_loop() {
    let mut foreign = Foreign::new();
    let (sender, mut receiver) = mpsc::unbounded();
    let task = foreign.ours.spawn(async move {
        let mut sum = 0;
        while let Some(n) = receiver.recv().await {
            sum += n;
        }
        sum
    });
    for n in 1..=10 {
        foreign.settle();
        sender.send(n).unwrap();
    }
    drop(sender);
    foreign.steps_until(is_done);
    assert_eq!(task.take().unwrap().unwrap(), 55);
    assert!(foreign.turns <= 21, "{} turns", foreign.turns);
}

#[test]
fn a_spawn_from_another_thread_reaches_a_loop_without_tasks() {
    let mut foreign = Foreign::new();
    for i in 0..3 {
        let handle = foreign.ours.handle();
        let task = thread::spawn(move || handle.spawn(move || async move { i })).join().unwrap();
        foreign.step();
        foreign.settle();
        assert!(is_done(&foreign.ours));
        assert_eq!(task.join().unwrap(), i);
    }
}

#[test]
fn offloaded_work_is_heard_of() {
    let mut foreign = Foreign::new();
    let task = foreign.ours.spawn(async { offload(|| 40 + 2).await.expect("no panic") });
    let turns = foreign.steps_until(is_done);
    assert_eq!(task.take().unwrap().unwrap(), 42);
    assert!(turns <= 4, "{turns} turns");
    // The thread says that it is done after it has woken the task.
    foreign.steps_until(|ours| ours.counts().offloads == 0);
    foreign.settle();
}

#[test]
fn a_stop_is_for_the_next_run_and_does_not_spin() {
    let mut foreign = Foreign::new();
    foreign.ours.spawn(std::future::pending::<()>()).detach();
    foreign.settle();
    foreign.ours.handle().stop();
    assert!(foreign.settle() <= 1);
}

#[test]
fn a_source_that_the_foreign_loop_closes_ends_a_read() {
    let mut foreign = Foreign::new();
    let (here, _there) = connection();
    let here = Rc::new(here);
    let reader = here.clone();
    let task = foreign.ours.spawn(async move { reader.read(&mut [0; 8]).await });
    foreign.settle();
    here.close().unwrap();
    assert_eq!(foreign.settle(), 1);
    assert!(task.take().unwrap().unwrap().is_err());
}

#[test]
fn two_of_ours_live_in_one_foreign_loop() {
    let mut both =
        [EventLoop::new(), EventLoop::new()].map(|ours| Foreign::of_sources(ours.expect("a loop")));
    let (here, there) = connection();
    let there = TcpStream::try_from(there).unwrap();
    both[0].ours.spawn(async move { here.write_all(b"x").await }).detach();
    both[1].ours.spawn(async move { there.read(&mut [0; 8]).await.map(drop) }).detach();
    for foreign in &mut both {
        foreign.steps_until(is_done);
    }
}
