//! Time that passes only when there is nothing else to do.

mod tasks;
#[path = "soak/watchdog.rs"]
mod watchdog;

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use eagain::time::{self, Clock, advance, hold, jump, now, sleep, sleep_until};
use eagain::{Cause, EventLoop, Source, Step, Wait, spawn, yield_now};
use tasks::{returned, task, unix_pair};
use watchdog::{Watchdog, watch};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

fn new_loop() -> EventLoop {
    static WATCHDOG: OnceLock<Watchdog> = OnceLock::new();
    WATCHDOG.get_or_init(|| watch(Duration::from_secs(60)));
    EventLoop::builder().clock(Clock::Virtual).build().expect("a loop of its own time")
}

/// What happened, and how much time had passed by then.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<(&'static str, u64)>>>, Rc<Cell<Option<Instant>>>);

impl Log {
    fn write(&self, what: &'static str) {
        let begin = self.1.get().unwrap_or_else(now);
        self.1.set(Some(begin));
        self.0.borrow_mut().push((what, (now() - begin).as_secs()));
    }

    fn read(&self) -> Vec<(&'static str, u64)> {
        self.0.take()
    }
}

/// Writes to the log after so many seconds, and again after as many more, and so on.
fn repeat(log: &Log, what: &'static str, seconds: u32) {
    let log = log.clone();
    spawn(async move {
        loop {
            sleep(seconds * SECOND).await;
            log.write(what);
        }
    })
    .detach();
}

async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx))).await
}

#[test]
fn a_year_passes_at_once_and_to_the_nanosecond() {
    let year = YEAR + Duration::from_nanos(1);
    let mut event_loop = new_loop();
    let before = event_loop.now();
    let passed = event_loop.block_on(async {
        let begin = now();
        sleep(year).await;
        now() - begin
    });
    assert_eq!(passed.expect("a run"), year);
    assert_eq!(event_loop.now() - before, year);
}

#[test]
fn a_virtual_clock_begins_at_the_real_time() {
    let before = Instant::now();
    let event_loop = new_loop();
    assert!((before..=Instant::now()).contains(&event_loop.now()));
}

#[test]
fn where_no_loop_runs_it_is_the_real_time() {
    let mut event_loop = new_loop();
    event_loop.block_on(async { sleep(HOUR).await }).expect("a run");
    assert!(now() <= Instant::now() && Instant::now() < event_loop.now());
}

#[test]
fn a_generator_goes_by_the_same_time() {
    let mut event_loop = new_loop();
    let begin = event_loop.now();
    let mut resumed = 0;
    let generator = event_loop.spawn(task(move |cx| {
        resumed += 1;
        match resumed {
            1 => Step::Yield(Wait::after(HOUR)),
            2 => Step::Yield(Wait::until(cx.now() + HOUR)),
            _ => {
                assert_eq!(cx.cause(), Cause::TimedOut);
                Step::Return(cx.now())
            }
        }
    }));
    event_loop.run().expect("a run");
    assert_eq!(returned(&generator) - begin, 2 * HOUR);
}

#[test]
fn the_next_deadline_is_told_by_the_loops_clock() {
    let mut event_loop = new_loop();
    let begin = event_loop.now();
    spawn_sleep(&event_loop, HOUR);
    assert_eq!(event_loop.next_deadline(), Some(begin)); // it is READY
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(event_loop.next_deadline(), Some(begin + HOUR));
}

fn spawn_sleep(event_loop: &EventLoop, time: Duration) {
    event_loop.spawn(async move { sleep(time).await }).detach();
}

#[test]
fn a_turn_lets_no_more_time_pass_than_its_limit() {
    let mut event_loop = new_loop();
    let begin = event_loop.now();
    spawn_sleep(&event_loop, HOUR);
    for (limit, passed) in [(0, 0), (0, 0), (60, 60), (600, 660), (3000, 3600)] {
        event_loop.turn(Some(limit * SECOND)).expect("a turn");
        assert_eq!(event_loop.now() - begin, passed * SECOND);
    }
    event_loop.run().expect("a run");
    assert_eq!(event_loop.now() - begin, HOUR);
}

#[test]
fn every_timer_fires_at_its_very_deadline_and_in_order() {
    let mut event_loop = new_loop();
    let fired = Rc::new(RefCell::new(Vec::new()));
    let mut random = 1_u64;
    for _ in 0..1000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let deadline = event_loop.now() + Duration::from_nanos(random >> (random % 50 + 8));
        let fired = fired.clone();
        event_loop
            .spawn(async move {
                sleep_until(deadline).await;
                assert_eq!(now(), deadline);
                fired.borrow_mut().push(deadline);
            })
            .detach();
    }
    event_loop.run().expect("a run");
    assert_eq!(fired.borrow().len(), 1000);
    assert!(fired.borrow().is_sorted());
}

#[test]
fn pitfall_69_no_time_passes_while_a_task_is_ready() {
    let passed = new_loop().block_on(async {
        let nap = spawn(sleep(Duration::from_nanos(1)));
        let begin = now();
        for _ in 0..1000 {
            yield_now().await; // pitfall 69
            assert_eq!(now(), begin);
            assert!(!nap.is_finished());
        }
        nap.await.expect("it ends");
        now() - begin
    });
    assert_eq!(passed.expect("a run"), Duration::from_nanos(1));
}

#[test]
fn pitfall_69_no_time_passes_while_the_kernel_has_something_for_the_loop() {
    let mut event_loop = new_loop();
    let (one, other) = UnixStream::pair().expect("a pair");
    let [one, other] = [one, other].map(|end| Source::new(end).expect("a source"));
    let passed = event_loop.block_on(async {
        let begin = now();
        let timeout = spawn(sleep(Duration::from_nanos(1)));
        spawn(async move {
            let mut buf = [0; 8];
            while let Ok(1..) = other.read(&mut buf).await {
                other.write(&buf[..1]).await.expect("room");
            }
        })
        .detach();
        for _ in 0..1000 {
            one.write(b"x").await.expect("room");
            assert_eq!(one.read(&mut [0; 8]).await.expect("an answer"), 1); // pitfall 69
        }
        assert!(!timeout.is_finished());
        now() - begin
    });
    assert_eq!(passed.expect("a run"), Duration::ZERO);
}

#[test]
fn pitfall_69_no_time_passes_while_the_kernel_may_have_more() {
    let mut event_loop = EventLoop::builder()
        .clock(Clock::Virtual)
        .event_capacity(1) // it tells of one source at a time
        .build()
        .expect("a loop");
    let (unwanted, mut first) = unix_pair();
    let (wanted, mut second) = unix_pair();
    event_loop
        .block_on(async {
            let begin = now();
            spawn(sleep(Duration::from_nanos(1))).detach();
            // Watched since somebody waited, though nobody does any more.
            let mut buf = [0; 8];
            let mut given_up = Box::pin(unwanted.read(&mut buf));
            assert!(poll_once(&mut given_up).await.is_pending());
            drop(given_up);
            spawn(async move {
                first.write_all(b"x").expect("room");
                second.write_all(b"x").expect("room");
            })
            .detach();
            wanted.read(&mut [0; 8]).await.expect("a read"); // pitfall 69
            assert_eq!(now(), begin);
        })
        .expect("a run");
}

/// A thread that answers when it is told to go, and takes its time.
fn slow_peer(mut far: UnixStream) -> (mpsc::Sender<()>, thread::JoinHandle<()>) {
    let (go, told) = mpsc::channel();
    let thread = thread::spawn(move || {
        if told.recv().is_ok() {
            thread::sleep(Duration::from_millis(20)); // what it does takes so long
            far.write_all(b"answer").expect("room");
        }
    });
    (go, thread)
}

#[test]
fn pitfall_69_time_that_is_held_waits_for_a_peer_on_another_thread() {
    let (near, far) = unix_pair();
    let (go, peer) = slow_peer(far);
    new_loop()
        .block_on(async {
            let begin = now();
            let timeout = spawn(sleep(SECOND));
            let still = hold(); // pitfall 69
            go.send(()).expect("the peer listens");
            assert_eq!(near.read(&mut [0; 8]).await.expect("an answer"), 6);
            assert!(!timeout.is_finished());
            assert_eq!(now(), begin);
            drop(still);
            timeout.await.expect("time goes on");
            assert_eq!(now() - begin, SECOND);
        })
        .expect("a run");
    peer.join().expect("the peer is done");
}

#[test]
fn pitfall_69_without_a_hold_the_timeout_of_a_silent_peer_strikes() {
    let (near, far) = unix_pair();
    let (go, peer) = slow_peer(far);
    new_loop()
        .block_on(async {
            let begin = now();
            let mut buf = [0; 8];
            let mut read = pin!(near.read(&mut buf));
            let mut timeout = sleep(SECOND);
            let read = poll_fn(|cx| match read.as_mut().poll(cx) {
                Poll::Ready(read) => Poll::Ready(Some(read)),
                Poll::Pending => Pin::new(&mut timeout).poll(cx).map(|()| None),
            });
            assert!(read.await.is_none());
            assert_eq!(now() - begin, SECOND);
        })
        .expect("a run");
    drop(go);
    peer.join().expect("the peer is done");
}

#[test]
fn pitfall_69_time_that_is_held_waits_for_a_waker_of_another_thread() {
    new_loop()
        .block_on(async {
            let begin = now();
            let timeout = spawn(sleep(SECOND));
            let still = hold(); // pitfall 69
            let (send, receive) = mpsc::channel::<Waker>();
            let blocking = thread::spawn(move || {
                thread::sleep(Duration::from_millis(20)); // blocking work
                receive.recv().expect("a waker").wake();
                42
            });
            let mut sent = false;
            poll_fn(|cx| {
                if std::mem::replace(&mut sent, true) {
                    return Poll::Ready(());
                }
                send.send(cx.waker().clone()).expect("the thread listens");
                Poll::Pending
            })
            .await;
            assert_eq!(blocking.join().expect("a result"), 42);
            assert!(!timeout.is_finished());
            assert_eq!(now(), begin);
            drop(still);
        })
        .expect("a run");
}

#[test]
fn pitfall_69_what_is_due_fires_while_time_is_held() {
    new_loop()
        .block_on(async {
            let begin = now();
            let _still = hold();
            sleep(Duration::ZERO).await; // pitfall 69
            sleep_until(begin - SECOND).await;
            sleep_until(begin).await;
            time::interval(SECOND).tick().await;
            jump(SECOND);
            sleep_until(begin + SECOND).await;
            assert_eq!(now(), begin + SECOND);
        })
        .expect("a run");
}

#[test]
fn pitfall_69_what_is_due_in_order_fires_before_time_passes() {
    let log = Log::default();
    new_loop()
        .block_on(async {
            log.write("begin");
            repeat(&log, "far", 5);
            for _ in 0..3 {
                sleep(Duration::ZERO).await; // pitfall 69
                log.write("near");
            }
            sleep(6 * SECOND).await;
        })
        .expect("a run");
    assert_eq!(log.read(), [("begin", 0), ("near", 0), ("near", 0), ("near", 0), ("far", 5)]);
}

#[test]
fn time_goes_on_when_the_last_one_lets_go() {
    let mut event_loop = new_loop();
    let begin = event_loop.now();
    let first = Rc::new(RefCell::new(None));
    let second = first.clone();
    let holds = event_loop.spawn(async move {
        *second.borrow_mut() = Some((hold(), hold()));
    });
    spawn_sleep(&event_loop, SECOND);
    let mut turn = |holding: &str| {
        event_loop.turn(Some(Duration::from_millis(1))).expect("a turn");
        assert_eq!(event_loop.now(), begin, "{holding}");
    };
    turn("both are taken");
    let (one, other) = first.take().expect("both holds");
    turn("both hold");
    drop(one);
    turn("one holds");
    drop(other);
    event_loop.run().expect("a run");
    assert_eq!(event_loop.now() - begin, SECOND);
    returned(&holds);
}

#[test]
fn a_hold_may_outlive_its_loop() {
    let mut event_loop = new_loop();
    let held = event_loop.block_on(async { hold() }).expect("a run");
    drop(event_loop);
    drop(held);
}

#[test]
fn advance_lets_everything_on_the_way_happen_in_its_order() {
    let log = Log::default();
    new_loop()
        .block_on(async {
            log.write("begin");
            repeat(&log, "threes", 3);
            repeat(&log, "twos", 2);
            yield_now().await; // they sleep by now
            advance(6 * SECOND).await;
            log.write("advanced");
            advance(SECOND).await;
            log.write("advanced");
            advance(Duration::ZERO).await;
            log.write("advanced");
        })
        .expect("a run");
    let expected = [
        ("begin", 0),
        ("twos", 2),
        ("threes", 3),
        ("twos", 4),
        ("threes", 6), // set at 3
        ("twos", 6),   // set at 4
        ("advanced", 6),
        ("advanced", 7),
        ("advanced", 7),
    ];
    assert_eq!(log.read(), expected);
}

#[test]
fn advance_waits_for_those_who_are_woken_on_the_way() {
    let (near, mut far) = unix_pair();
    let passed = new_loop().block_on(async {
        let begin = now();
        let reader = spawn(async move {
            let n = near.read(&mut [0; 8]).await.expect("a read");
            for _ in 0..100 {
                yield_now().await;
            }
            (n, now())
        });
        spawn(async move {
            sleep(SECOND).await;
            far.write_all(b"on the way").expect("room");
        })
        .detach();
        advance(SECOND).await;
        let (n, at) = reader.take().expect("it has run").expect("it was not cancelled");
        assert_eq!((n, at - begin), (8, SECOND));
        now() - begin
    });
    assert_eq!(passed.expect("a run"), SECOND);
}

#[test]
fn time_that_is_held_can_be_advanced() {
    let log = Log::default();
    new_loop()
        .block_on(async {
            log.write("begin");
            let _still = hold();
            repeat(&log, "tick", 1);
            for seconds in [3, 1] {
                advance(seconds * SECOND).await;
                log.write("advanced");
            }
        })
        .expect("a run");
    let expected =
        [("begin", 0), ("tick", 1), ("tick", 2), ("tick", 3), ("advanced", 3), ("tick", 4)];
    assert_eq!(log.read()[..6], expected);
}

#[test]
fn several_may_advance_at_once() {
    let log = Log::default();
    new_loop()
        .block_on(async {
            log.write("begin");
            let _still = hold();
            let tasks = [5, 3, 5, 0].map(|seconds| {
                let log = log.clone();
                spawn(async move {
                    advance(seconds * SECOND).await;
                    log.write("advanced");
                })
            });
            for task in tasks {
                task.await.expect("it ends");
            }
        })
        .expect("a run");
    let advanced = [0, 3, 5, 5].map(|seconds| ("advanced", seconds));
    assert_eq!(log.read()[1..], advanced);
}

#[test]
fn who_gives_up_an_advance_leaves_the_clock_where_it_is() {
    let mut event_loop = new_loop();
    let begin = event_loop.now();
    event_loop
        .block_on(async {
            let _still = hold();
            let mut given_up = advance(HOUR);
            assert_eq!(poll_once(&mut given_up).await, Poll::Pending);
            drop(given_up);
            advance(SECOND).await;
        })
        .expect("a run");
    assert_eq!(event_loop.now() - begin, SECOND);
    assert_eq!(event_loop.next_deadline(), None);
}

#[test]
fn an_advance_wakes_a_waker_that_is_not_its_tasks() {
    /// Counts, and passes it on.
    struct Counting(std::sync::atomic::AtomicU32, Waker);
    impl std::task::Wake for Counting {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            self.1.wake_by_ref();
        }
    }
    let mut event_loop = new_loop();
    let begin = event_loop.now();
    event_loop
        .block_on(async {
            let mut advance = advance(SECOND);
            let mut wakers = Vec::new();
            poll_fn(|cx| {
                let own = std::sync::Arc::new(Counting(0.into(), cx.waker().clone()));
                wakers.push(own.clone());
                Pin::new(&mut advance).poll(&mut Context::from_waker(&Waker::from(own)))
            })
            .await;
            let woken = wakers.iter().map(|w| w.0.load(std::sync::atomic::Ordering::Relaxed));
            assert_eq!(woken.collect::<Vec<_>>(), [1, 0]);
        })
        .expect("a run");
    assert_eq!(event_loop.now() - begin, SECOND);
}

#[test]
fn pitfall_39_time_that_jumps_far_ahead_fires_everything_once_and_in_order() {
    let mut event_loop = new_loop();
    let fired = Rc::new(RefCell::new(Vec::new()));
    let begin = event_loop.now();
    for i in 0..1000_u32 {
        // Over all sizes, and not set in their order; the last of them is 36 years ahead.
        let deadline =
            begin + Duration::from_nanos(1 << (i * 7 % 61)) + Duration::from_nanos(i.into());
        let fired = fired.clone();
        event_loop
            .spawn(async move {
                sleep_until(deadline).await;
                fired.borrow_mut().push(deadline);
            })
            .detach();
    }
    event_loop
        .block_on(async {
            yield_now().await; // they sleep by now
            jump(40 * YEAR); // pitfall 39
            sleep(Duration::ZERO).await;
            assert_eq!(now() - begin, 40 * YEAR);
        })
        .expect("a run");
    // All of them in the one turn that followed.
    assert_eq!(event_loop.counts().timers, 0);
    assert_eq!(fired.borrow().len(), 1000);
    assert!(fired.borrow().is_sorted());
}

#[test]
fn pitfall_35_no_jump_overflows() {
    let mut event_loop = new_loop();
    let begin = event_loop.now();
    let endless = event_loop.spawn(async { sleep(Duration::MAX).await });
    event_loop
        .block_on(async {
            let far = spawn(sleep(100 * YEAR));
            for _ in 0..3 {
                advance(Duration::MAX).await; // pitfall 35
                jump(Duration::MAX);
                assert!(now() - begin > 100 * YEAR);
            }
            assert!(far.is_finished());
            sleep(Duration::ZERO).await;
        })
        .expect("a run");
    assert!(!endless.is_finished());
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    endless.abort();
}

#[test]
fn with_no_deadline_left_the_kernel_is_waited_for() {
    let (near, far) = unix_pair();
    let (go, peer) = slow_peer(far);
    let mut event_loop = new_loop();
    let begin = event_loop.now();
    let n = event_loop.block_on(async {
        // None that counts: no clock gets there.
        let never = spawn(sleep(Duration::MAX));
        let late = spawn(task(move |_| Step::<()>::Yield(Wait::until(begin + 200 * YEAR))));
        go.send(()).expect("the peer listens");
        let n = near.read(&mut [0; 8]).await.expect("an answer");
        never.abort();
        late.abort();
        n
    });
    assert_eq!(n.expect("a run"), 6);
    assert_eq!(event_loop.now(), begin);
    // It slept in the kernel, and did not ask again and again.
    assert!(event_loop.counts().turns < 10, "{:?}", event_loop.counts());
    peer.join().expect("the peer is done");
}

#[test]
fn each_loop_has_a_time_of_its_own() {
    let (mut one, mut other) = (new_loop(), new_loop());
    let [begin_one, begin_other] = [one.now(), other.now()];
    one.block_on(async { sleep(HOUR).await }).expect("a run");
    other.block_on(async { sleep(SECOND).await }).expect("a run");
    assert_eq!(one.now() - begin_one, HOUR);
    assert_eq!(other.now() - begin_other, SECOND);
}

#[test]
fn what_a_loop_drops_goes_by_its_time_wherever_it_is_dropped() {
    struct Watch(Rc<Cell<Option<Instant>>>);
    impl Drop for Watch {
        fn drop(&mut self) {
            self.0.set(Some(now()));
        }
    }
    let mut event_loop = new_loop();
    event_loop.block_on(async { sleep(HOUR).await }).expect("a run");
    let time = event_loop.now();
    let seen = Rc::new(Cell::new(None));
    let watch = Watch(seen.clone());
    let handle = event_loop.spawn(async move {
        pending::<()>().await;
        drop(watch);
    });
    let mut other = new_loop();
    let unmoved = other.now();
    other
        .block_on(async {
            handle.abort();
            assert_eq!(now(), unmoved);
        })
        .expect("a run");
    assert_eq!(seen.get(), Some(time));
}

#[test]
fn a_real_clock_is_not_moved_and_does_not_mind_to_be_held() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let message = |panic: Box<dyn std::any::Any + Send>| {
        panic.downcast_ref::<String>().cloned().unwrap_or_default()
    };
    let jumped = event_loop.spawn(async { jump(SECOND) });
    let advanced = event_loop.spawn(async { advance(SECOND).await });
    let held = event_loop.spawn(async {
        let _still = hold();
        sleep(Duration::from_millis(1)).await;
    });
    event_loop.run().expect("a run");
    returned(&held);
    for refused in [jumped.take(), advanced.take()] {
        let error = refused.expect("it has finished").expect_err("the clock is real");
        assert!(error.to_string().contains("Clock::Virtual"), "{error}");
    }
    // And where there is no loop, there is nothing to hold.
    let refused = catch_unwind(AssertUnwindSafe(|| drop(hold()))).expect_err("no loop");
    assert!(message(refused).contains("no event loop"));
}

#[test]
fn a_busy_peer_is_read_to_the_end_before_any_time_passes() {
    const ALL: usize = 1 << 20;
    let (near, mut far) = unix_pair();
    let writer = thread::spawn(move || far.write_all(&[7; ALL]).expect("room"));
    new_loop()
        .block_on(async {
            let timeout = spawn(sleep(Duration::from_nanos(1)));
            let still = hold();
            let mut left = ALL;
            while left > 0 {
                left -= near.read(&mut [0; 4096]).await.expect("a read");
            }
            assert!(!timeout.is_finished());
            drop(still);
            assert_eq!(near.read(&mut [0; 1]).await.expect("the end"), 0);
        })
        .expect("a run");
    writer.join().expect("all is written");
}

#[test]
fn a_pool_goes_by_the_same_time() {
    let made = Rc::new(Cell::new(0));
    let counted = made.clone();
    let connect = async move || {
        counted.set(counted.get() + 1);
        Ok::<_, std::convert::Infallible>(counted.get())
    };
    let pool = eagain::sync::Pool::builder(connect).max_lifetime(HOUR).build();
    new_loop()
        .block_on(async {
            for (minutes, expected) in [(0, 1), (59, 1), (2, 2), (59, 2)] {
                sleep(minutes * 60 * SECOND).await;
                assert_eq!(*pool.acquire().await.expect("one"), expected);
            }
        })
        .expect("a run");
}

#[test]
fn pitfall_69_no_time_passes_while_work_is_offloaded() {
    let mut event_loop = new_loop();
    let passed = event_loop.block_on(async {
        let begin = now();
        let timeout = spawn(sleep(SECOND));
        for _ in 0..10 {
            let work = eagain::offload(|| thread::sleep(Duration::from_millis(2))); // pitfall 69
            work.await.expect("a thread");
        }
        assert!(!timeout.is_finished());
        assert_eq!(now(), begin);
        timeout.await.expect("it ends");
        now() - begin
    });
    assert_eq!(passed.expect("a run"), SECOND);
}

#[test]
fn pitfall_69_work_that_nobody_awaits_any_more_holds_time_until_it_is_done() {
    let mut event_loop = new_loop();
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let doing = done.clone();
    let (begun, wait_for_it) = mpsc::channel();
    event_loop
        .block_on(async {
            let work = eagain::offload(move || {
                begun.send(()).expect("somebody listens");
                thread::sleep(Duration::from_millis(20));
                doing.store(true, std::sync::atomic::Ordering::Release);
            });
            wait_for_it.recv().expect("a thread has begun");
            drop(work);
            sleep(SECOND).await; // pitfall 69
            assert!(done.load(std::sync::atomic::Ordering::Acquire));
        })
        .expect("a run");
}
