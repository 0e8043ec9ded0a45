//! How time passes where nobody moves it.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::pending;
use std::rc::Rc;
use std::time::{Duration, Instant};

use eagain::sync::Pool;
use eagain::time::{now, sleep, sleep_until};
use eagain::{Cause, Step, Wait, spawn};

use crate::tasks::{returned, task, unix_pair};
use crate::{HOUR, SECOND, YEAR, new_loop, slow_peer, spawn_sleep};

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
fn a_pool_goes_by_the_same_time() {
    let made = Rc::new(Cell::new(0));
    let counted = made.clone();
    let connect = async move || {
        counted.set(counted.get() + 1);
        Ok::<_, Infallible>(counted.get())
    };
    let pool = Pool::builder(connect).max_lifetime(HOUR).build();
    new_loop()
        .block_on(async {
            for (minutes, expected) in [(0, 1), (59, 1), (2, 2), (59, 2)] {
                sleep(minutes * 60 * SECOND).await;
                assert_eq!(*pool.acquire().await.expect("one"), expected);
            }
        })
        .expect("a run");
}
