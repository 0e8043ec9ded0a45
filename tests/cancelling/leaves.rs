//! Futures that wait for a source and are forgotten, moved, doubled, or closed upon.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::{self, Write};
use std::mem::forget;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use eagain::net::{TcpListener, TcpStream};
use eagain::{EventLoop, LoopError, Source, TaskGroup, spawn, yield_now};

use crate::tasks::{returned, run, turn_until_idle, unix_pair};
use crate::witness::{Stranger, With};

type Read = Pin<Box<dyn Future<Output = io::Result<Vec<u8>>>>>;

fn read(source: &Rc<Source>) -> Read {
    let source = source.clone();
    Box::pin(async move {
        let mut buf = [0; 8];
        let n = source.read(&mut buf).await?;
        Ok(buf[..n].to_vec())
    })
}

/// Polls once.
async fn poll<F: Future + ?Sized>(mut future: Pin<&mut F>, with: With) -> Poll<F::Output> {
    poll_fn(|cx| {
        Poll::Ready(match with {
            With::Own => future.as_mut().poll(cx),
            With::Foreign => Arc::<Stranger>::default().poll(future.as_mut(), cx),
        })
    })
    .await
}

#[test]
fn what_is_forgotten_at_any_point_gives_way_to_the_next_of_its_task_unless_it_had_a_strangers_waker()
 {
    for with in [With::Own, With::Foreign] {
        for (polls, said) in [(0, ""), (1, ""), (1, "a"), (3, ""), (3, "a")] {
            let mut event_loop = EventLoop::new().expect("a loop");
            let (near, mut far) = unix_pair();
            let near = Rc::new(near);
            let its = near.clone();
            let task = event_loop.spawn(async move {
                let mut lost = read(&its);
                for _ in 0..polls {
                    assert!(poll(lost.as_mut(), with).await.is_pending());
                    yield_now().await;
                }
                far.write_all(said.as_bytes()).expect("room");
                yield_now().await; // an event has come, if there is one
                forget(lost);
                let next = read(&its);
                spawn(async move { far.write_all(b"b").expect("room") }).detach();
                next.await
            });
            run(&mut event_loop);
            let got = returned(&task);
            if (with, said) == (With::Foreign, "") && polls > 0 {
                // It could still be alive in a group that was not told of anything.
                let refused = LoopError::of(&got.expect_err("it is in the way"));
                assert!(matches!(refused, Some(LoopError::SecondWaiter { .. })));
                continue;
            }
            let got = got.expect("not refused");
            assert_eq!(got, if said.is_empty() { "b" } else { "a" }.as_bytes());
        }
    }
}

#[test]
fn what_a_task_forgot_before_it_ended_is_in_nobodys_way() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let its = near.clone();
    event_loop
        .spawn(async move {
            let mut lost = read(&its);
            assert!(poll(lost.as_mut(), With::Own).await.is_pending());
            forget(lost);
        })
        .detach();
    turn_until_idle(&mut event_loop);
    let next = event_loop.spawn(read(&near));
    turn_until_idle(&mut event_loop);
    far.write_all(b"b").expect("room");
    run(&mut event_loop);
    assert_eq!(returned(&next).expect("not refused"), b"b");
}

#[test]
fn a_source_that_is_dropped_while_something_forgotten_waits_there() {
    for with in [With::Own, With::Foreign] {
        let mut event_loop = EventLoop::new().expect("a loop");
        let (near, _far) = unix_pair();
        let task = event_loop.spawn(async move {
            {
                let mut lost = Box::pin(near.readable());
                crate::tasks::refuse(&near, eagain::Interest::READ);
                assert!(poll(lost.as_mut(), with).await.is_pending());
                forget(lost);
            }
            drop(near);
            yield_now().await;
        });
        run(&mut event_loop);
        returned(&task);
        assert_eq!(event_loop.counts().sources, 0);
    }
}

#[test]
fn a_read_that_moves_to_another_task_wakes_that_one() {
    for with in [With::Own, With::Foreign] {
        let mut event_loop = EventLoop::new().expect("a loop");
        let (near, mut far) = unix_pair();
        let moves = Rc::new(Cell::new(None));
        let (resumed, left) = (Rc::new(Cell::new(0)), moves.clone());
        let counted = resumed.clone();
        let mut future = Some(read(&Rc::new(near)));
        let first = event_loop.spawn(poll_fn(move |cx| {
            counted.set(counted.get() + 1);
            if let Some(mut future) = future.take() {
                assert!(future.as_mut().poll(cx).is_pending());
                left.set(Some(future));
            }
            Poll::<()>::Pending
        }));
        turn_until_idle(&mut event_loop);
        let mut future = moves.take().expect("a future");
        let second = event_loop.spawn(async move {
            let stranger = Arc::<Stranger>::default();
            poll_fn(|cx| match with {
                With::Own => future.as_mut().poll(cx),
                With::Foreign => stranger.poll(future.as_mut(), cx),
            })
            .await
        });
        turn_until_idle(&mut event_loop);
        far.write_all(b"!").expect("room");
        turn_until_idle(&mut event_loop);
        assert_eq!(returned(&second).expect("a read"), b"!");
        assert_eq!(resumed.get(), 1, "it gave the future away");
        first.abort();
    }
}

#[test]
fn pitfall_20_a_second_reader_of_a_task_is_refused_whatever_the_first_is_polled_with() {
    for (first, second) in [(With::Own, With::Foreign), (With::Foreign, With::Own)] {
        let mut event_loop = EventLoop::new().expect("a loop");
        let (near, mut far) = unix_pair();
        let near = Rc::new(near);
        let task = event_loop.spawn(async move {
            let (mut one, mut other) = (read(&near), read(&near));
            let stranger = Arc::<Stranger>::default();
            let mut is_first = true;
            poll_fn(|cx| {
                let mut poll = |read: &mut Read, with| match with {
                    With::Own => read.as_mut().poll(cx),
                    With::Foreign => stranger.poll(read.as_mut(), cx),
                };
                let poll_of_one = poll(&mut one, first);
                if std::mem::take(&mut is_first) {
                    assert!(poll_of_one.is_pending());
                    let Poll::Ready(Err(error)) = poll(&mut other, second) else {
                        panic!("{second:?} beside {first:?} is not refused");
                    };
                    let refused = LoopError::of(&error); // pitfall 20
                    assert!(matches!(refused, Some(LoopError::SecondWaiter { .. })), "{error}");
                }
                poll_of_one
            })
            .await
        });
        turn_until_idle(&mut event_loop);
        far.write_all(b"!").expect("room");
        turn_until_idle(&mut event_loop);
        assert_eq!(returned(&task).expect("the first is unharmed"), b"!");
    }
}

#[test]
fn pitfall_20_a_read_in_a_group_is_not_replaced_by_a_later_one_of_its_task() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let task = event_loop.spawn(async move {
        let mut group = TaskGroup::new();
        group.add(read(&near));
        let mut first = pin!(group.join_next());
        assert!(poll(first.as_mut(), With::Own).await.is_pending());
        yield_now().await; // the group was not polled since
        let refused = poll(read(&near).as_mut(), With::Own).await; // pitfall 20
        spawn(async move { far.write_all(b"!").expect("room") }).detach();
        (refused, first.await)
    });
    run(&mut event_loop);
    let (refused, first) = returned(&task);
    let Poll::Ready(Err(error)) = refused else { panic!("it waits beside the other: {refused:?}") };
    assert!(matches!(LoopError::of(&error), Some(LoopError::SecondWaiter { .. })), "{error}");
    assert_eq!(first.expect("a child").expect("it is unharmed"), b"!");
}

#[test]
fn two_accepts_in_one_task_get_a_connection_each() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let listener = TcpListener::bind("127.0.0.1:0");
    let listener = listener.expect("a listener");
    let addr = listener.local_addr().expect("an address");
    let task = event_loop.spawn(async move {
        let (one, other) = eagain::join!(listener.accept(), listener.accept());
        (one.expect("a connection").1, other.expect("a connection").1)
    });
    turn_until_idle(&mut event_loop);
    let clients = [(); 2].map(|()| {
        let client = std::net::TcpStream::connect(addr).expect("a connection");
        turn_until_idle(&mut event_loop);
        client.local_addr().expect("an address")
    });
    run(&mut event_loop);
    let (one, other) = returned(&task);
    assert!(clients == [one, other] || clients == [other, one]);
}

#[test]
fn pitfall_18_a_close_wakes_who_waits_behind_a_foreign_waker() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, _far) = unix_pair();
    let near = Rc::new(near);
    let mut future = read(&near);
    let stranger = Arc::<Stranger>::default();
    let its = stranger.clone();
    let task = event_loop.spawn(poll_fn(move |cx| its.poll(future.as_mut(), cx)));
    turn_until_idle(&mut event_loop);
    near.close().expect("a close"); // pitfall 18
    assert_eq!(stranger.woken(), 1);
    run(&mut event_loop);
    let error = returned(&task).expect_err("it was closed");
    assert_eq!(LoopError::of(&error), Some(LoopError::Closed));
    assert_eq!(stranger.kept(), 0);
}

/// A connection that is closed with everything that uses it pending.
#[test]
fn a_close_ends_reader_and_writer_whatever_they_are_polled_with() {
    for with in [With::Own, With::Foreign] {
        let mut event_loop = EventLoop::new().expect("a loop");
        let (near, _far) = crate::tasks::tcp_pair();
        while near.try_write(&[0; 1 << 16]).expect("no error").is_some() {}
        let near = Rc::new(near);
        let tasks = [true, false].map(|reads| {
            let near: Rc<TcpStream> = near.clone();
            event_loop.spawn(async move {
                let stranger = Arc::<Stranger>::default();
                let mut buf = [0; 8];
                let mut waits: Pin<Box<dyn Future<Output = io::Result<()>>>> = match reads {
                    true => Box::pin(near.read_exact(&mut buf)),
                    false => Box::pin(near.write_all(b"no room")),
                };
                poll_fn(|cx| match with {
                    With::Own => waits.as_mut().poll(cx),
                    With::Foreign => stranger.poll(waits.as_mut(), cx),
                })
                .await
            })
        });
        turn_until_idle(&mut event_loop);
        near.close().expect("a close");
        run(&mut event_loop);
        for task in &tasks {
            let error = returned(task).expect_err("it was closed");
            assert_eq!(LoopError::of(&error), Some(LoopError::Closed));
        }
    }
}

/// What is done is not parked any more, as long as it is kept.
#[test]
fn a_read_that_is_done_and_kept_is_in_nobodys_way() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let its = near.clone();
    let first = event_loop.spawn(async move {
        let mut buf = [0; 8];
        let mut done = pin!(its.read(&mut buf));
        done.as_mut().await.expect("a read");
        std::future::pending::<()>().await;
    });
    turn_until_idle(&mut event_loop);
    far.write_all(b"a").expect("room");
    turn_until_idle(&mut event_loop);
    let second = event_loop.spawn(read(&near));
    turn_until_idle(&mut event_loop);
    far.write_all(b"b").expect("room");
    turn_until_idle(&mut event_loop);
    assert_eq!(returned(&second).expect("a read"), b"b");
    first.abort();
}
