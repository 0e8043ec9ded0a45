//! Every method that waits, dropped at each point at which it may be: it leaves all as it was.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;

use eagain::sync::{CancellationToken, Notify, Pool, Semaphore, mpsc, oneshot};

use crate::case::Case;
use crate::polled::Probe;

fn no_permits() -> Rc<Semaphore> {
    Rc::new(Semaphore::new(0))
}

fn has_permits(semaphore: &Rc<Semaphore>, permits: usize) {
    assert_eq!(semaphore.available_permits(), permits);
    assert!(semaphore.try_acquire_many(permits).is_ok(), "nobody stands in line");
}

#[test]
fn acquire() {
    let case = Case {
        setup: no_permits,
        wait: |semaphore| Box::pin(async move { drop(semaphore.acquire().await) }),
        grant: |semaphore| semaphore.add_permits(1),
        check: |semaphore| has_permits(semaphore, 1),
    };
    case.holds();
}

#[test]
fn acquire_many() {
    let case = Case {
        setup: || Rc::new(Semaphore::new(2)),
        wait: |semaphore| Box::pin(async move { drop(semaphore.acquire_many(5).await) }),
        grant: |semaphore| semaphore.add_permits(3),
        check: |semaphore| has_permits(semaphore, 5),
    };
    case.holds();
}

#[test]
fn acquire_owned() {
    let case = Case {
        setup: no_permits,
        wait: |semaphore| Box::pin(async move { drop(semaphore.clone().acquire_owned().await) }),
        grant: |semaphore| semaphore.add_permits(1),
        check: |semaphore| has_permits(semaphore, 1),
    };
    case.holds();
}

#[test]
fn acquire_many_owned() {
    let case = Case {
        setup: no_permits,
        wait: |semaphore| {
            Box::pin(async move { drop(semaphore.clone().acquire_many_owned(2).await) })
        },
        grant: |semaphore| semaphore.add_permits(2),
        check: |semaphore| has_permits(semaphore, 2),
    };
    case.holds();
}

#[test]
fn notified_one() {
    // What was notified is heard once, by somebody: a permit is left for who was dropped.
    let case = Case {
        setup: || (Notify::new(), Cell::new(false)),
        wait: |(notify, heard)| {
            Box::pin(async move {
                notify.notified().await;
                heard.set(true);
            })
        },
        grant: |(notify, _)| notify.notify_one(),
        check: |(notify, heard)| {
            let permit = Probe::new().poll(&mut notify.notified()).is_ready();
            assert_eq!(permit, !heard.get());
        },
    };
    case.holds();
}

#[test]
fn notified_all() {
    let case = Case {
        setup: Notify::new,
        wait: |notify| Box::pin(notify.notified()),
        grant: |notify| notify.notify_waiters(),
        check: |notify| assert!(Probe::new().poll(&mut notify.notified()).is_pending()),
    };
    case.holds();
}

#[test]
fn cancelled() {
    let case = Case {
        setup: CancellationToken::new,
        wait: |token| Box::pin(token.cancelled()),
        grant: |token| token.cancel(),
        check: |token| assert!(token.is_cancelled()),
    };
    case.holds();
}

#[test]
fn cancelled_owned() {
    let case = Case {
        setup: CancellationToken::new,
        wait: |token| Box::pin(token.clone().cancelled_owned()),
        grant: |token| token.cancel(),
        check: |token| assert!(token.is_cancelled()),
    };
    case.holds();
}

#[test]
fn run_until_cancelled() {
    let case = Case {
        setup: CancellationToken::new,
        wait: |token| {
            Box::pin(async move { assert_eq!(token.run_until_cancelled(never()).await, None) })
        },
        grant: |token| token.cancel(),
        check: |token| assert!(token.is_cancelled()),
    };
    case.holds();
}

async fn never() {
    std::future::pending().await
}

/// A channel of one, which is full or taken; a receiver that takes.
type Full = (mpsc::Sender<u8>, RefCell<mpsc::Receiver<u8>>);

fn full() -> Full {
    let (sender, receiver) = mpsc::channel(1);
    sender.try_send(0).expect("room");
    (sender, receiver.into())
}

fn take_one((_, receiver): &Full) {
    receiver.borrow_mut().try_recv().expect("a value");
}

#[test]
fn send() {
    let case = Case {
        setup: full,
        wait: |(sender, receiver)| {
            Box::pin(async move {
                sender.send(1).await.expect("a receiver");
                assert_eq!(receiver.borrow_mut().try_recv(), Ok(1));
            })
        },
        grant: take_one,
        check: |(sender, receiver)| {
            assert_eq!(receiver.borrow_mut().try_recv(), Err(mpsc::TryRecvError::Empty));
            assert_eq!((sender.capacity(), sender.try_send(2)), (1, Ok(())));
        },
    };
    case.holds();
}

#[test]
fn reserve() {
    let case = Case {
        setup: full,
        wait: |(sender, _)| Box::pin(async move { drop(sender.reserve().await) }),
        grant: take_one,
        check: |(sender, _)| assert_eq!((sender.capacity(), sender.try_send(2)), (1, Ok(()))),
    };
    case.holds();
}

#[test]
fn closed() {
    let case = Case {
        setup: full,
        wait: |(sender, _)| Box::pin(sender.closed()),
        grant: |(_, receiver)| receiver.borrow_mut().close(),
        check: |(sender, _)| assert!(sender.is_closed()),
    };
    case.holds();
}

#[test]
fn acquire_of_a_pool() {
    async fn connect() -> Result<u8, Infallible> {
        Ok(7)
    }
    let case = Case {
        setup: || {
            let pool = Pool::builder(connect).max_size(1).build();
            let taken = crate::run({
                let pool = pool.clone();
                async move { pool.acquire().await.ok() }
            });
            (pool, Cell::new(taken))
        },
        wait: |(pool, _)| Box::pin(async move { drop(pool.acquire().await) }),
        grant: |(_, taken)| drop(taken.take()),
        check: |(pool, _)| {
            let status = pool.status();
            assert_eq!((status.in_use, status.idle, status.waiting), (0, 1, 0));
            assert_eq!(pool.try_acquire().as_deref(), Ok(&7));
        },
    };
    case.holds();
}

#[test]
fn recv() {
    let (sender, mut receiver) = mpsc::channel(1);
    let probe = Probe::new();
    drop(receiver.recv());
    let mut recv = receiver.recv();
    assert!(probe.poll(&mut recv).is_pending());
    drop(recv);
    assert_eq!(probe.kept(), 0);
    let mut recv = receiver.recv();
    assert!(probe.poll(&mut recv).is_pending());
    sender.try_send('a').expect("room");
    assert_eq!(probe.wakes(), 1);
    drop(recv);
    assert_eq!((probe.kept(), receiver.try_recv()), (0, Ok('a')));
}

#[test]
fn closed_of_a_oneshot() {
    let (mut sender, mut receiver) = oneshot::channel::<u8>();
    let probe = Probe::new();
    drop(sender.closed());
    let mut closed = sender.closed();
    assert!(probe.poll(&mut closed).is_pending());
    drop(closed);
    assert_eq!(probe.kept(), 0);
    let mut closed = sender.closed();
    assert!(probe.poll(&mut closed).is_pending());
    receiver.close();
    assert_eq!((probe.wakes(), probe.kept()), (1, 0));
    drop(closed);
    assert!(sender.is_closed());
}

#[test]
fn receiver_of_a_oneshot() {
    let probe = Probe::new();
    let (sender, receiver) = oneshot::channel::<u8>();
    drop(receiver);
    assert_eq!(sender.send(1), Err(1));

    let (sender, mut receiver) = oneshot::channel();
    assert!(probe.poll(&mut receiver).is_pending());
    drop(receiver);
    assert_eq!((probe.kept(), sender.send(2)), (0, Err(2)));

    let (sender, mut receiver) = oneshot::channel();
    let value = Rc::new(3);
    assert!(probe.poll(&mut receiver).is_pending());
    sender.send(value.clone()).expect("a receiver");
    drop(receiver);
    assert_eq!((probe.kept(), Rc::strong_count(&value)), (0, 1));
}
