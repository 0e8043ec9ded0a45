//! Channels: what is sent arrives, in order, or comes back.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll};

use eagain::sync::mpsc::{self, SendError, TryRecvError, TrySendError};
use eagain::{spawn, yield_now};

use crate::polled::Probe;
use crate::run;

#[test]
fn values_arrive_in_the_order_in_which_they_were_sent() {
    let received = run(async {
        let (sender, mut receiver) = mpsc::channel(3);
        spawn(async move {
            for n in 0..1000 {
                sender.send(n).await.expect("a receiver");
            }
        })
        .detach();
        let mut received = Vec::new();
        while let Some(n) = receiver.recv().await {
            received.push(n);
        }
        received
    });
    assert_eq!(received, (0..1000).collect::<Vec<_>>());
}

#[test]
fn a_full_channel_holds_its_sender_back() {
    run(async {
        let (sender, mut receiver) = mpsc::channel(2);
        let sent = Rc::new(Cell::new(0));
        let sent_there = sent.clone();
        spawn(async move {
            for n in 1..=5 {
                sender.send(n).await.expect("a receiver");
                sent_there.set(n);
            }
        })
        .detach();
        yield_now().await;
        yield_now().await;
        assert_eq!((sent.get(), receiver.len()), (2, 2));
        assert_eq!(receiver.recv().await, Some(1));
        yield_now().await;
        yield_now().await;
        assert_eq!((sent.get(), receiver.len()), (3, 2));
    });
}

#[test]
fn senders_wait_their_turn() {
    let received = run(async {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.try_send(99).expect("room");
        for n in 0..10 {
            let sender = sender.clone();
            spawn(async move {
                sender.send(n).await.expect("a receiver");
                sender.send(n + 10).await.expect("a receiver");
            })
            .detach();
        }
        drop(sender);
        yield_now().await;
        assert_eq!(receiver.recv().await, Some(99));
        let mut received = Vec::new();
        while let Some(n) = receiver.recv().await {
            received.push(n);
        }
        received
    });
    assert_eq!(received, (0..20).collect::<Vec<_>>());
}

#[test]
fn a_newcomer_does_not_overtake_a_sender_that_waits() {
    let (sender, mut receiver) = mpsc::channel(1);
    let probe = Probe::new();
    sender.try_send(1).expect("room");
    let mut send = sender.send(2);
    assert!(probe.poll(&mut send).is_pending());
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
    assert!(probe.poll(&mut send).is_ready());
    assert_eq!(receiver.try_recv(), Ok(2));
}

#[test]
fn try_send_gives_back_what_it_cannot_send() {
    let (sender, mut receiver) = mpsc::channel(1);
    assert_eq!(sender.try_send("a"), Ok(()));
    assert_eq!(sender.try_send("b"), Err(TrySendError::Full("b")));
    receiver.close();
    assert_eq!(sender.try_send("c"), Err(TrySendError::Closed("c")));
    assert_eq!(sender.try_send("d").map_err(TrySendError::into_inner), Err("d"));
}

#[test]
fn dropping_the_receiver_wakes_all_senders_and_gives_their_values_back() {
    let (sender, receiver) = mpsc::channel(1);
    let probe = Probe::new();
    sender.try_send(0).expect("room");
    let mut sends: Vec<_> = (1..4).map(|n| sender.send(n)).collect();
    for send in &mut sends {
        assert!(probe.poll(send).is_pending());
    }
    drop(receiver);
    assert_eq!((probe.wakes(), probe.kept()), (3, 0));
    for (n, send) in (1..4).zip(&mut sends) {
        assert_eq!(probe.poll(send), Poll::Ready(Err(SendError(n))));
    }
    assert!(sender.is_closed());
}

#[test]
fn a_sender_whose_turn_had_come_when_it_was_closed_gets_its_value_back() {
    let (sender, mut receiver) = mpsc::channel(1);
    let probe = Probe::new();
    sender.try_send(0).expect("room");
    let mut send = sender.send(1);
    assert!(probe.poll(&mut send).is_pending());
    receiver.try_recv().expect("a value");
    receiver.close();
    assert_eq!(probe.poll(&mut send), Poll::Ready(Err(SendError(1))));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn dropping_the_last_sender_wakes_the_receiver_which_drains_first() {
    let (sender, mut receiver) = mpsc::channel::<u8>(4);
    let probe = Probe::new();
    let other = sender.clone();
    {
        let mut recv = receiver.recv();
        assert!(probe.poll(&mut recv).is_pending());
        drop(sender);
        assert_eq!(probe.wakes(), 0);
        drop(other);
        assert_eq!(probe.wakes(), 1);
        assert_eq!(probe.poll(&mut recv), Poll::Ready(None));
    }
    let (sender, mut receiver) = mpsc::channel(4);
    sender.try_send(1).expect("room");
    sender.try_send(2).expect("room");
    drop(sender);
    let received = run(async move {
        [receiver.recv().await, receiver.recv().await, receiver.recv().await, receiver.recv().await]
    });
    assert_eq!(received, [Some(1), Some(2), None, None]);
}

#[test]
fn a_closed_channel_is_drained() {
    let (sender, mut receiver) = mpsc::unbounded();
    sender.send(1).expect("a receiver");
    receiver.close();
    assert!(receiver.is_closed());
    assert_eq!(sender.send(2), Err(SendError(2)));
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn dropping_the_receiver_drops_what_it_has_not_received() {
    let value = Rc::new(());
    let (sender, receiver) = mpsc::unbounded();
    sender.send(value.clone()).expect("a receiver");
    drop(receiver);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_permit_holds_its_room_until_it_is_used_or_dropped() {
    let (sender, mut receiver) = mpsc::channel(2);
    let permit = sender.try_reserve().expect("room");
    let unused = sender.try_reserve().expect("room");
    assert_eq!((sender.capacity(), sender.max_capacity()), (0, 2));
    assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)));
    assert!(matches!(sender.try_reserve(), Err(TrySendError::Full(()))));
    drop(unused);
    assert_eq!((sender.capacity(), sender.try_send(1)), (1, Ok(())));
    assert_eq!(permit.send(2), Ok(()));
    assert_eq!((receiver.try_recv(), receiver.try_recv()), (Ok(1), Ok(2)));
    assert_eq!(sender.capacity(), 2);
    let late = sender.try_reserve().expect("room");
    receiver.close();
    assert_eq!(late.send(3), Err(SendError(3)));
    assert!(matches!(sender.try_reserve(), Err(TrySendError::Closed(()))));
}

#[test]
fn closed_waits_for_the_receiver_to_go() {
    run(async {
        let (sender, receiver) = mpsc::unbounded::<u8>();
        let other = sender.clone();
        assert!(sender.same_channel(&other));
        let gone = Rc::new(RefCell::new(Some(receiver)));
        let going = gone.clone();
        spawn(async move { drop(going.take()) }).detach();
        sender.closed().await;
        assert!(gone.borrow().is_none());
        other.closed().await;
    });
}

#[test]
fn the_receiver_clones_its_waker_once_for_many_waits() {
    let (sender, mut receiver) = mpsc::channel(1);
    let probe = Probe::new();
    let mut cx = Context::from_waker(probe.waker());
    for n in 1..=100 {
        assert!(receiver.poll_recv(&mut cx).is_pending());
        assert_eq!(probe.kept(), 1);
        sender.try_send(n).expect("room");
        assert_eq!((probe.wakes(), probe.kept()), (n, 1));
        assert_eq!(receiver.poll_recv(&mut cx), Poll::Ready(Some(n)));
    }
    sender.try_send(0).expect("room");
    assert_eq!(probe.wakes(), 100, "nobody waits: nobody is woken");
    drop(receiver);
    assert_eq!(probe.kept(), 0);
}

#[test]
#[should_panic(expected = "room for one value")]
fn a_channel_without_room_is_refused() {
    let _ = mpsc::channel::<u8>(0);
}

#[test]
fn a_channel_of_any_capacity_is_made_at_once() {
    let (sender, mut receiver) = mpsc::channel(usize::MAX);
    sender.try_send(1).expect("room");
    assert_eq!((sender.capacity(), receiver.try_recv()), (usize::MAX - 1, Ok(1)));
}
