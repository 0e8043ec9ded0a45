//! Permits: counted, given in order, never lost.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Poll;

use eagain::sync::Semaphore;
use eagain::sync::semaphore::{AcquireError, TryAcquireError};
use eagain::{spawn, yield_now};

use crate::polled::Probe;
use crate::run;

type Count = Rc<Cell<usize>>;

#[test]
fn no_more_run_at_once_than_there_are_permits() {
    let most = run(async {
        let semaphore = Rc::new(Semaphore::new(3));
        let (inside, most, done) = <(Count, Count, Count)>::default();
        for _ in 0..20 {
            let (semaphore, inside, most, done) =
                (semaphore.clone(), inside.clone(), most.clone(), done.clone());
            spawn(async move {
                let permit = semaphore.acquire().await.expect("open");
                inside.set(inside.get() + 1);
                most.set(most.get().max(inside.get()));
                yield_now().await;
                inside.set(inside.get() - 1);
                done.set(done.get() + 1);
                drop(permit);
            })
            .detach();
        }
        while done.get() < 20 {
            yield_now().await;
        }
        assert_eq!(semaphore.available_permits(), 3);
        most.get()
    });
    assert_eq!(most, 3);
}

#[test]
fn permits_are_given_in_the_order_in_which_they_were_asked_for() {
    let order = run(async {
        let semaphore = Rc::new(Semaphore::new(0));
        let order = Rc::new(RefCell::new(Vec::new()));
        for n in [2, 1, 3] {
            let (semaphore, order) = (semaphore.clone(), order.clone());
            spawn(async move {
                let permits = semaphore.acquire_many_owned(n).await.expect("open");
                order.borrow_mut().push(permits.num_permits());
            })
            .detach();
        }
        yield_now().await;
        yield_now().await;
        semaphore.add_permits(1);
        yield_now().await;
        assert!(order.borrow().is_empty(), "the first one wants two");
        semaphore.add_permits(2);
        while order.borrow().len() < 3 {
            yield_now().await;
        }
        assert_eq!(semaphore.available_permits(), 3);
        order.take()
    });
    assert_eq!(order, [2, 1, 3]);
}

#[test]
fn a_newcomer_does_not_overtake_one_who_waits_for_more() {
    let (semaphore, probe) = (Semaphore::new(1), Probe::new());
    let mut many = semaphore.acquire_many(2);
    assert!(probe.poll(&mut many).is_pending());
    assert_eq!(semaphore.try_acquire().err(), Some(TryAcquireError::NoPermits));
    assert!(probe.poll(&mut semaphore.acquire()).is_pending());
    drop(many);
    assert!(semaphore.try_acquire().is_ok());
}

#[test]
fn who_gives_up_lets_those_behind_it_through() {
    let (semaphore, probe, behind) = (Semaphore::new(1), Probe::new(), Probe::new());
    let mut many = semaphore.acquire_many(2);
    let mut one = semaphore.acquire();
    assert!(probe.poll(&mut many).is_pending());
    assert!(behind.poll(&mut one).is_pending());
    drop(many);
    assert_eq!((probe.wakes(), behind.wakes()), (0, 1));
    assert!(behind.poll(&mut one).is_ready());
}

#[test]
fn a_permit_that_is_forgotten_does_not_come_back() {
    let semaphore = Rc::new(Semaphore::new(3));
    semaphore.try_acquire().expect("a permit").forget();
    semaphore.clone().try_acquire_owned().expect("a permit").forget();
    assert_eq!(semaphore.available_permits(), 1);
    assert_eq!((semaphore.forget_permits(5), semaphore.available_permits()), (1, 0));
    semaphore.add_permits(2);
    let both = semaphore.try_acquire_many(2).expect("two permits");
    assert_eq!((both.num_permits(), semaphore.available_permits()), (2, 0));
    drop(both);
    assert_eq!(semaphore.available_permits(), 2);
}

#[test]
fn closing_it_ends_all_waits() {
    let (semaphore, probe) = (Rc::new(Semaphore::new(1)), Probe::new());
    let held = semaphore.try_acquire().expect("a permit");
    let mut waits: Vec<_> = (0..3).map(|_| semaphore.acquire()).collect();
    for wait in &mut waits {
        assert!(probe.poll(wait).is_pending());
    }
    semaphore.close();
    assert_eq!((probe.wakes(), probe.kept()), (3, 0));
    for wait in &mut waits {
        assert!(matches!(probe.poll(wait), Poll::Ready(Err(AcquireError))));
    }
    drop(held);
    assert!(semaphore.is_closed());
    assert_eq!(semaphore.try_acquire().err(), Some(TryAcquireError::Closed));
    assert!(matches!(probe.poll(&mut semaphore.acquire()), Poll::Ready(Err(_))));
    assert!(matches!(probe.poll(&mut semaphore.clone().acquire_owned()), Poll::Ready(Err(_))));
}

#[test]
fn no_permits_are_to_be_had_at_once() {
    let (semaphore, probe) = (Semaphore::new(0), Probe::new());
    let mut wait = semaphore.acquire();
    assert!(probe.poll(&mut wait).is_pending());
    assert!(probe.poll(&mut semaphore.acquire_many(0)).is_ready());
}
