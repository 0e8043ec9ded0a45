//! The pool: how many there are, who gets one, and that no slot is lost.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::Poll;

use eagain::sync::Pool;
use eagain::sync::pool::{AcquireError, TryAcquireError};
use eagain::{spawn, yield_now};

use crate::polled::Probe;
use crate::run;
use crate::works::{Failed, Item, Works, acquire, acquired, counts};

#[test]
fn resources_are_made_when_they_are_needed_and_used_again() {
    let works = Rc::<Works>::default();
    let pool = works.pool(2).build();
    assert_eq!((works.made.get(), counts(&pool)), (0, (0, 0, 0)));
    let (first, second) = (acquired(&pool), acquired(&pool));
    assert_eq!((first.number, second.number, counts(&pool)), (1, 2, (2, 0, 0)));
    drop(first);
    drop(second);
    assert_eq!(counts(&pool), (0, 2, 0));
    assert_eq!(acquired(&pool).number, 2, "the one that was used last");
    assert_eq!((works.made.get(), works.dropped.get(), pool.status().max_size), (2, 0, 2));
}

#[test]
fn no_more_are_made_than_allowed_and_all_get_their_turn() {
    let works = Rc::<Works>::default();
    let pool = works.pool(3).build();
    let order = run(async move {
        let order = Rc::new(RefCell::new(Vec::new()));
        for n in 0..20 {
            let (pool, order) = (pool.clone(), order.clone());
            spawn(async move {
                let item = pool.acquire().await.expect("an item");
                order.borrow_mut().push(n);
                yield_now().await;
                drop(item);
            })
            .detach();
        }
        while order.borrow().len() < 20 {
            yield_now().await;
        }
        order.take()
    });
    assert_eq!(order, (0..20).collect::<Vec<_>>());
    assert_eq!(works.made.get(), 3);
}

#[test]
fn a_newcomer_does_not_overtake_one_who_was_granted_a_slot() {
    let pool = Rc::<Works>::default().pool(1).build();
    let probe = Probe::new();
    let held = acquired(&pool);
    let mut waits = acquire(&pool);
    assert!(probe.poll(&mut waits).is_pending());
    assert_eq!(counts(&pool), (1, 0, 1));
    drop(held);
    assert_eq!(probe.wakes(), 1);
    assert_eq!(pool.try_acquire().err(), Some(TryAcquireError::NoneIdle));
    assert!(Probe::new().poll(&mut acquire(&pool)).is_pending());
    assert!(probe.poll(&mut waits).is_ready());
}

#[test]
fn a_failed_connect_gives_its_slot_to_the_next() {
    let works = Works::with_gate();
    works.fails.set(true);
    let pool = works.pool(1).build();
    let (first, second) = (Probe::new(), Probe::new());
    let (mut fails, mut waits) = (acquire(&pool), acquire(&pool));
    assert!(first.poll(&mut fails).is_pending());
    assert!(second.poll(&mut waits).is_pending());
    works.open();
    let Poll::Ready(Err(e)) = first.poll(&mut fails) else { panic!("it must fail") };
    assert_eq!((e, second.wakes()), (AcquireError::Connect(Failed), 1));
    works.open();
    assert!(matches!(second.poll(&mut waits), Poll::Ready(Ok(_))));
    assert_eq!(counts(&pool), (0, 1, 0));
}

#[test]
fn pitfall_54_who_is_cancelled_while_it_connects_loses_no_slot() {
    // pitfall 54
    let works = Works::with_gate();
    let pool = works.pool(1).build();
    let (first, second) = (Probe::new(), Probe::new());
    let (mut connects, mut waits) = (acquire(&pool), acquire(&pool));
    assert!(first.poll(&mut connects).is_pending());
    assert!(second.poll(&mut waits).is_pending());
    assert_eq!(counts(&pool), (1, 0, 1));
    drop(connects);
    assert_eq!((first.kept(), second.wakes()), (0, 1));
    works.open();
    assert!(second.poll(&mut waits).is_ready());
    assert_eq!(counts(&pool), (0, 1, 0));
}

#[test]
fn pitfall_54_who_is_cancelled_while_it_checks_loses_the_resource_and_no_slot() {
    // pitfall 54
    let works = Rc::<Works>::default();
    let pool = works.pool(1).health_check(async |_: &mut Item| std::future::pending().await);
    let pool = pool.build();
    drop(acquired(&pool));
    let mut checks = acquire(&pool);
    assert!(Probe::new().poll(&mut checks).is_pending());
    assert_eq!(counts(&pool), (1, 0, 0));
    drop(checks);
    assert_eq!((counts(&pool), works.dropped.get()), ((0, 0, 0), 1));
    assert_eq!(acquired(&pool).number, 2);
}

#[test]
fn what_is_not_good_is_dropped_and_the_next_tried() {
    let works = Rc::<Works>::default();
    let pool = works.pool(3).check(|item| item.number == 1).build();
    let items = [acquired(&pool), acquired(&pool), acquired(&pool)];
    drop(items);
    assert_eq!((counts(&pool), acquired(&pool).number), ((0, 3, 0), 1));
    assert_eq!((works.dropped.get(), counts(&pool)), (2, (0, 1, 0)));

    let pool = works.pool(2).health_check(async |item: &mut Item| {
        yield_now().await;
        item.number > 4
    });
    let pool = pool.build();
    drop(acquired(&pool)); // number 4
    let number = run(async move { pool.acquire().await.expect("an item").number });
    assert_eq!(number, 5);
}

#[test]
fn try_acquire_takes_what_is_idle_and_makes_nothing() {
    let works = Rc::<Works>::default();
    let pool = works.pool(2).check(|item| item.number > 1).build();
    assert_eq!(pool.try_acquire().err(), Some(TryAcquireError::NoneIdle));
    let (first, second) = (acquired(&pool), acquired(&pool));
    drop(second);
    drop(first);
    assert_eq!(pool.try_acquire().expect("the good one").number, 2);
    assert_eq!((works.made.get(), counts(&pool)), (2, (0, 1, 0)));
}

#[test]
fn what_is_detached_or_discarded_leaves_its_slot() {
    let works = Rc::<Works>::default();
    let pool = works.pool(1).build();
    let probe = Probe::new();
    let broken = acquired(&pool);
    let mut waits = acquire(&pool);
    assert!(probe.poll(&mut waits).is_pending());
    broken.discard();
    assert_eq!((works.dropped.get(), probe.wakes()), (1, 1));
    let Poll::Ready(Ok(item)) = probe.poll(&mut waits) else { panic!("a new one") };
    let own = item.detach();
    assert_eq!((own.number, counts(&pool), works.dropped.get()), (2, (0, 0, 0), 1));
    assert_eq!(acquired(&pool).number, 3);
}

#[test]
fn closing_ends_waits_and_drops_what_is_idle_and_what_comes_back() {
    let works = Rc::<Works>::default();
    let pool = works.pool(2).build();
    let probe = Probe::new();
    let (held, other) = (acquired(&pool), acquired(&pool));
    let mut waits = acquire(&pool);
    assert!(probe.poll(&mut waits).is_pending());
    drop(other);
    assert!(probe.poll(&mut waits).is_ready());
    let other = acquired(&pool);
    let mut waits = acquire(&pool);
    assert!(probe.poll(&mut waits).is_pending());
    pool.close();
    assert!(pool.is_closed());
    assert!(matches!(probe.poll(&mut waits), Poll::Ready(Err(AcquireError::Closed))));
    drop((held, other));
    assert_eq!((works.dropped.get(), counts(&pool)), (2, (0, 0, 0)));
    assert_eq!(pool.try_acquire().err(), Some(TryAcquireError::Closed));
}

#[test]
fn a_pool_that_is_closed_while_one_connects_hands_out_nothing() {
    let works = Works::with_gate();
    let pool = works.pool(1).build();
    let mut connects = acquire(&pool);
    assert!(Probe::new().poll(&mut connects).is_pending());
    pool.close();
    works.open();
    let connected = Probe::new().poll(&mut connects);
    assert!(matches!(connected, Poll::Ready(Err(AcquireError::Closed))));
    assert_eq!((works.made.get(), works.dropped.get()), (1, 1));
}

#[test]
fn a_panic_while_connecting_loses_no_slot() {
    let pool = Pool::<u8, Failed>::builder(async || panic!("no connection")).max_size(1).build();
    let attempt = std::panic::AssertUnwindSafe(|| {
        let mut acquire = Box::pin(pool.acquire());
        let _ = Probe::new().poll(&mut acquire);
    });
    assert!(std::panic::catch_unwind(attempt).is_err());
    assert_eq!(pool.status().in_use, 0);
}
