//! Pitfall 47: wakers and values that come back to where they are woken and dropped. Were
//! anything borrowed there, they would panic.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use eagain::sync::pool::Builder;
use eagain::sync::{CancellationToken, Notify, Pool, Semaphore, mpsc, oneshot};

use crate::polled::{Probe, calling, poll_and_leave};

/// Waits with a waker that uses what is waited for in any way `call` does: woken, dropped with
/// the wait, replaced by another waker.
fn reenters<S: 'static, F: Future + Unpin>(
    state: &Rc<S>,
    wait: impl Fn() -> F,
    call: fn(&S),
    wake: fn(&S),
) {
    // pitfall 47
    let calls = Rc::new(Cell::new(0));
    let waker = || {
        let (state, calls) = (state.clone(), calls.clone());
        calling(move || {
            calls.set(calls.get() + 1);
            call(&state);
        })
    };
    let mut dropped = wait();
    assert!(poll_and_leave(&mut dropped, waker()).is_pending());
    drop(dropped);
    assert_eq!(calls.replace(0), 1, "dropped");

    let mut replaced = wait();
    assert!(poll_and_leave(&mut replaced, waker()).is_pending());
    let _ = Probe::new().poll(&mut replaced);
    assert_eq!(calls.replace(0), 1, "replaced");
    drop(replaced);

    let mut woken = wait();
    assert!(poll_and_leave(&mut woken, waker()).is_pending());
    wake(state);
    assert_eq!(calls.replace(0), 2, "woken and dropped");
    drop(woken);
}

#[test]
fn pitfall_47_a_semaphores_waker_uses_the_semaphore() {
    let semaphore = Rc::new(Semaphore::new(0));
    let call = |semaphore: &Semaphore| {
        drop(semaphore.try_acquire());
        assert!(Probe::new().poll(&mut semaphore.acquire_many(100)).is_pending());
        semaphore.add_permits(0);
    };
    let wait = || Box::pin(async { drop(semaphore.acquire_many(2).await) });
    reenters(&semaphore, wait, call, |semaphore| semaphore.add_permits(2));
}

#[test]
fn pitfall_47_a_notifications_waker_uses_the_notification() {
    let notify = Rc::new(Notify::new());
    let call = |notify: &Notify| {
        let _ = Probe::new().poll(&mut notify.notified());
        notify.notify_waiters();
    };
    reenters(&notify, || notify.notified(), call, Notify::notify_one);
    let notify = Rc::new(Notify::new());
    reenters(&notify, || notify.notified(), call, Notify::notify_waiters);
}

#[test]
fn pitfall_47_a_tokens_waker_uses_the_token() {
    let call = |token: &CancellationToken| {
        let _ = Probe::new().poll(&mut token.child_token().cancelled());
        let _ = Probe::new().poll(&mut token.cancelled());
    };
    let root = Rc::new(CancellationToken::new());
    reenters(&root, || root.cancelled(), call, CancellationToken::cancel);
}

type Channel = (mpsc::Sender<Dropped>, RefCell<mpsc::Receiver<Dropped>>);

/// A value that does something when it is dropped.
struct Dropped(Option<Box<dyn Fn()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        if let Some(call) = &self.0 {
            call();
        }
    }
}

#[test]
fn pitfall_47_a_senders_waker_uses_the_channel() {
    let channel: Rc<Channel> = {
        let (sender, receiver) = mpsc::channel(1);
        Rc::new((sender, receiver.into()))
    };
    let call = |(sender, _): &Channel| {
        drop(sender.try_send(Dropped(None)));
        let _ = Probe::new().poll(&mut sender.send(Dropped(None)));
        let _ = Probe::new().poll(&mut sender.closed());
    };
    drop(channel.0.try_send(Dropped(None)));
    let wait = || Box::pin(async { drop(channel.0.send(Dropped(None)).await) });
    reenters(&channel, wait, call, |(_, receiver)| drop(receiver.borrow_mut().try_recv()));
}

#[test]
fn pitfall_47_a_receivers_waker_sends() {
    // pitfall 47
    let (sender, mut receiver) = mpsc::unbounded();
    let (again, calls) = (sender.clone(), Rc::new(Cell::new(0)));
    let calls_there = calls.clone();
    let waker = calling(move || {
        calls_there.set(calls_there.get() + 1);
        let _ = again.send('b');
    });
    assert!(poll_and_leave(&mut receiver.recv(), waker.clone()).is_pending());
    let mut recv = receiver.recv();
    assert!(poll_and_leave(&mut recv, waker).is_pending());
    sender.send('a').expect("a receiver");
    assert_eq!(calls.get(), 1);
    drop(recv);
    assert_eq!(calls.get(), 2, "dropped with the wait");
    assert_eq!((receiver.try_recv(), receiver.try_recv()), (Ok('a'), Ok('b')));
}

#[test]
fn pitfall_47_a_waker_that_drops_the_receiver_is_not_kept_by_the_channel() {
    // pitfall 47
    let (sender, receiver) = mpsc::unbounded();
    let receiver = Rc::new(RefCell::new(Some(receiver)));
    let (there, calls) = (receiver.clone(), Rc::new(Cell::new(0)));
    let calls_there = calls.clone();
    let waker = calling(move || {
        calls_there.set(calls_there.get() + 1);
        drop(there.take());
    });
    let mut cx = std::task::Context::from_waker(&waker);
    let poll = receiver.borrow_mut().as_mut().map(|receiver| receiver.poll_recv(&mut cx));
    assert!(poll.is_some_and(|poll| poll.is_pending()));
    drop(waker);
    sender.send(1).expect("a receiver, until now");
    assert_eq!((calls.get(), sender.is_closed()), (2, true), "woken, then dropped");
}

#[test]
fn pitfall_47_a_value_that_is_dropped_uses_its_channel() {
    // pitfall 47
    let (sender, receiver) = mpsc::channel(2);
    let (again, refused) = (sender.clone(), Rc::new(Cell::new(false)));
    let refused_there = refused.clone();
    let value = Dropped(Some(Box::new(move || {
        refused_there.set(again.try_send(Dropped(None)).is_err());
    })));
    drop(sender.try_send(value));
    drop(receiver);
    assert!(refused.get());
}

#[test]
fn pitfall_47_a_oneshots_waker_and_value_use_it() {
    // pitfall 47
    let (sender, receiver) = oneshot::channel();
    let receiver = Rc::new(RefCell::new(Some(receiver)));
    let (there, received) = (receiver.clone(), Rc::new(Cell::new(None)));
    let received_there = received.clone();
    let waker = calling(move || {
        if let Some(mut receiver) = there.take() {
            received_there.set(receiver.try_recv().ok());
        }
    });
    let mut taken = receiver.take().expect("not received yet");
    assert!(poll_and_leave(&mut taken, waker).is_pending());
    *receiver.borrow_mut() = Some(taken);
    sender.send(9).expect("a receiver");
    assert_eq!(received.get(), Some(9));
}

/// Of a pool, those resources use it when they are dropped. How often that was.
fn drops_that_use_the_pool(
    limit: fn(Builder<Dropped, Infallible>) -> Builder<Dropped, Infallible>,
    use_it: fn(&Pool<Dropped, Infallible>),
) -> usize {
    type Handle = Rc<RefCell<Option<Pool<Dropped, Infallible>>>>;
    let (handle, seen) = (Handle::default(), Rc::new(Cell::new(0)));
    let (there, seen_there) = (handle.clone(), seen.clone());
    let builder = Pool::builder(async move || {
        let (there, seen) = (there.clone(), seen_there.clone());
        Ok(Dropped(Some(Box::new(move || {
            if let Some(pool) = &*there.borrow() {
                drop(pool.try_acquire());
                pool.drop_expired();
                seen.set(seen.get() + 1);
            }
        }))))
    });
    let pool = limit(builder.max_size(3)).build();
    *handle.borrow_mut() = Some(pool.clone());
    let items: Vec<_> = (0..3).map(|_| Probe::new().poll(&mut Box::pin(pool.acquire()))).collect();
    drop(items);
    use_it(&pool);
    handle.take();
    seen.get()
}

#[test]
fn pitfall_47_a_pooled_resource_that_is_dropped_uses_the_pool() {
    // pitfall 47
    assert_eq!(drops_that_use_the_pool(|builder| builder.max_idle(2), |_| {}), 1);
    assert_eq!(drops_that_use_the_pool(|builder| builder, Pool::close), 3);
    let never_idle = |builder: Builder<_, _>| builder.idle_timeout(Duration::ZERO);
    assert_eq!(drops_that_use_the_pool(never_idle, Pool::drop_expired), 3);
    let never_old = |builder: Builder<_, _>| builder.max_lifetime(Duration::ZERO);
    assert_eq!(drops_that_use_the_pool(never_old, |_| {}), 3);
}
