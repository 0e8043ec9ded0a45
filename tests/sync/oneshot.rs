//! Channels for one value.

use std::task::Poll;

use eagain::spawn;
use eagain::sync::oneshot::{self, RecvError, TryRecvError};

use crate::polled::Probe;
use crate::run;

#[test]
fn the_value_arrives_whoever_comes_first() {
    run(async {
        let (sender, receiver) = oneshot::channel();
        sender.send(1).expect("a receiver");
        assert_eq!(receiver.await, Ok(1));

        let (sender, receiver) = oneshot::channel();
        spawn(async move { sender.send(2) }).detach();
        assert_eq!(receiver.await, Ok(2));
    });
}

#[test]
fn a_sender_that_is_dropped_wakes_the_receiver() {
    let (sender, mut receiver) = oneshot::channel::<u8>();
    let probe = Probe::new();
    assert!(probe.poll(&mut receiver).is_pending());
    drop(sender);
    assert_eq!((probe.wakes(), probe.kept()), (1, 0));
    assert_eq!(probe.poll(&mut receiver), Poll::Ready(Err(RecvError)));
}

#[test]
fn the_receiver_is_woken_once_and_takes_the_value_once() {
    let (sender, mut receiver) = oneshot::channel();
    let (probe, other) = (Probe::new(), Probe::new());
    assert!(probe.poll(&mut receiver).is_pending());
    assert!(other.poll(&mut receiver).is_pending());
    assert_eq!((probe.kept(), other.kept()), (0, 1));
    sender.send('x').expect("a receiver");
    assert_eq!((probe.wakes(), other.wakes(), other.kept()), (0, 1, 0));
    assert_eq!(other.poll(&mut receiver), Poll::Ready(Ok('x')));
    assert_eq!(other.poll(&mut receiver), Poll::Ready(Err(RecvError)));
}

#[test]
fn try_recv_tells_not_yet_from_never() {
    let (sender, mut receiver) = oneshot::channel();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    sender.send(5).expect("a receiver");
    assert_eq!(receiver.try_recv(), Ok(5));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn a_closed_receiver_takes_what_was_sent_before() {
    let (sender, mut receiver) = oneshot::channel();
    sender.send(1).expect("a receiver");
    receiver.close();
    assert_eq!(receiver.try_recv(), Ok(1));

    let (sender, mut receiver) = oneshot::channel();
    receiver.close();
    assert_eq!((sender.is_closed(), sender.send(2)), (true, Err(2)));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn the_sender_learns_that_nobody_wants_the_value() {
    run(async {
        let (mut sender, receiver) = oneshot::channel::<u8>();
        spawn(async move { drop(receiver) }).detach();
        sender.closed().await;
        sender.closed().await;
        assert_eq!(sender.send(1), Err(1));
    });
}
