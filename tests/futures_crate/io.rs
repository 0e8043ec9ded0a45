//! A connection, read and written by what the `futures` crate has for it.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use eagain::net::{TcpListener, TcpStream};
use eagain::{EventLoop, LoopError, spawn, yield_now};
use futures::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use futures::stream::{FuturesUnordered, TryStreamExt};
use futures::{FutureExt, StreamExt};

use super::run;

/// A connection's two ends.
async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.expect("a connection");
    (client, listener.accept().await.expect("a connection").0)
}

fn poll_read(mut stream: &TcpStream, cx: &mut Context<'_>) -> Poll<std::io::Result<usize>> {
    Pin::new(&mut stream).poll_read(cx, &mut [0; 8])
}

/// Polls a read once, and leaves it parked for the task that calls.
async fn park(stream: &TcpStream) {
    poll_fn(|cx| {
        assert!(poll_read(stream, cx).is_pending());
        Poll::Ready(())
    })
    .await;
}

/// Fills what lies between here and the reader, and leaves the write parked.
async fn park_write(mut stream: &TcpStream) {
    poll_fn(|cx| {
        while Pin::new(&mut stream).poll_write(cx, &[0; 1 << 16]).is_ready() {}
        Poll::Ready(())
    })
    .await;
}

#[test]
fn a_copy_takes_a_stream_to_its_end() {
    run(async {
        let (mut client, server) = pair().await;
        let echo = spawn(async move { futures::io::copy(&server, &mut &server).await });
        let data: Vec<u8> = (0..4 << 20).map(|i: u32| (i % 251) as u8).collect();
        let mut got = Vec::new();
        let (mut reader, mut writer) = (&client, &client);
        let write = async {
            AsyncWriteExt::write_all(&mut writer, &data).await?;
            AsyncWriteExt::close(&mut writer).await
        };
        let read = async {
            let mut buf = [0; 1 << 14];
            while got.len() < data.len() {
                let n = AsyncReadExt::read(&mut reader, &mut buf).await?;
                got.extend_from_slice(&buf[..n]);
            }
            Ok(())
        };
        futures::try_join!(write, read).expect("an echo");
        assert_eq!(echo.await.unwrap().unwrap(), data.len() as u64);
        assert!(got == data, "what came back is not what was sent");
        assert_eq!(AsyncReadExt::read(&mut client, &mut [0; 8]).await.unwrap_or(0), 0);
    });
}

#[test]
fn lines_come_as_they_were_cut() {
    run(async {
        let (client, server) = pair().await;
        spawn(async move {
            for piece in ["a\nb", "c\n", "\nlast"] {
                client.write_all(piece.as_bytes()).await.expect("room");
                yield_now().await;
            }
        })
        .detach();
        let lines: Vec<String> = BufReader::new(server).lines().try_collect().await.unwrap();
        assert_eq!(lines, ["a", "bc", "", "last"]);
    });
}

#[test]
fn the_last_task_to_poll_is_the_one_that_is_woken() {
    run(async {
        let (client, server) = pair().await;
        let server = Rc::new(server);
        let first = server.clone();
        let polls = Rc::new(Cell::new(0));
        let count = polls.clone();
        let first = spawn(poll_fn(move |cx| {
            count.set(count.get() + 1);
            poll_read(&first, cx).map(drop)
        }));
        yield_now().await;
        let second = spawn(async move { AsyncReadExt::read(&mut &*server, &mut [0; 8]).await });
        yield_now().await;
        client.write_all(b"x").await.unwrap();
        assert_eq!(second.await.unwrap().expect("the place was free"), 1);
        assert_eq!(polls.get(), 1, "the first was woken, too");
        first.abort();
    });
}

#[test]
fn the_last_waker_is_woken_where_wakers_come_in_between() {
    run(async {
        let (client, server) = pair().await;
        for _ in 0..3 {
            // Each with a waker of its own, which is gone when the data come.
            let mut children = FuturesUnordered::from_iter([park(&server)]);
            assert_eq!(children.next().await, Some(()));
        }
        let read = poll_fn(|cx| poll_read(&server, cx));
        let mut children = FuturesUnordered::from_iter([read]);
        assert!(children.next().now_or_never().is_none());
        client.write_all(b"x").await.unwrap();
        assert_eq!(children.next().await.unwrap().expect("the place was free"), 1);
    });
}

#[test]
fn a_poll_that_was_given_up_makes_way_for_a_future() {
    run(async {
        let (client, server) = pair().await;
        let server = Rc::new(server);
        let given_up = server.clone();
        spawn(async move { park(&given_up).await }).await.unwrap();
        let reader = server.clone();
        let reader = spawn(async move { reader.read(&mut [0; 8]).await });
        yield_now().await;
        client.write_all(b"x").await.unwrap();
        assert_eq!(reader.await.unwrap().expect("nobody reads here"), 1);
    });
}

#[test]
fn a_poll_that_is_not_given_up_learns_who_came() {
    run(async {
        let (client, server) = pair().await;
        let server = Rc::new(server);
        let polling = server.clone();
        let polling = spawn(async move { poll_fn(|cx| poll_read(&polling, cx)).await });
        yield_now().await;
        let reader = server.clone();
        let reader = spawn(async move { reader.read(&mut [0; 8]).await });
        let error = polling.await.unwrap().expect_err("two at once");
        assert!(matches!(LoopError::of(&error), Some(LoopError::SecondWaiter { .. })));
        client.write_all(b"x").await.unwrap();
        assert_eq!(reader.await.unwrap().unwrap(), 1);
    });
}

#[test]
fn a_live_future_does_not_make_way_for_a_poll() {
    run(async {
        let (client, server) = pair().await;
        let server = Rc::new(server);
        let reader = server.clone();
        let reader = spawn(async move { reader.read(&mut [0; 8]).await });
        yield_now().await;
        let error = poll_fn(|cx| poll_read(&server, cx)).await.expect_err("occupied");
        assert!(matches!(LoopError::of(&error), Some(LoopError::SecondWaiter { .. })));
        client.write_all(b"x").await.unwrap();
        assert_eq!(reader.await.unwrap().unwrap(), 1);
    });
}

#[test]
fn both_directions_are_parked_at_once_and_each_is_woken() {
    run(async {
        let (client, server) = pair().await;
        let server = Rc::new(server);
        let parked = server.clone();
        let reader = spawn(async move {
            park(&parked).await;
            poll_fn(|cx| poll_read(&parked, cx)).await
        });
        yield_now().await;
        park_write(&server).await;
        client.write_all(b"x").await.unwrap();
        assert_eq!(reader.await.unwrap().unwrap(), 1);
        let writer = spawn(async move { AsyncWriteExt::write(&mut &*server, b"y").await });
        yield_now().await;
        while client.try_read(&mut [0; 1 << 16]).unwrap() != Some(0) && !writer.is_finished() {
            yield_now().await;
        }
        assert_eq!(writer.await.unwrap().unwrap(), 1);
    });
}

#[test]
fn both_directions_are_parked_behind_wakers_that_come_in_between() {
    run(async {
        let (client, server) = pair().await;
        let read = poll_fn(|cx| poll_read(&server, cx));
        let mut reading = FuturesUnordered::from_iter([read]);
        assert!(reading.next().now_or_never().is_none());
        for _ in 0..2 {
            // The second time takes the place of the first, and of nobody else.
            FuturesUnordered::from_iter([park_write(&server)]).next().await;
        }
        assert!(reading.next().now_or_never().is_none()); // from here on it is this task's
        client.write_all(b"x").await.unwrap();
        assert_eq!(reading.next().await.unwrap().unwrap(), 1);
    });
}

#[test]
fn a_stream_that_is_dropped_while_it_is_parked_leaves_nothing() {
    let mut event_loop = EventLoop::new().expect("a loop");
    event_loop
        .block_on(async {
            let (client, server) = pair().await;
            park(&server).await;
            park_write(&server).await;
            // And behind a waker that is no task's.
            let mut children = FuturesUnordered::from_iter([park(&client)]);
            assert_eq!(children.next().await, Some(()));
        })
        .expect("a run");
    let counts = event_loop.counts();
    assert_eq!((counts.tasks, counts.timers, counts.sources), (0, 0, 0), "something is left");
}

#[test]
fn a_task_that_ends_parked_is_not_resumed_by_what_it_left() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (client, server) = event_loop.block_on(pair()).expect("a run");
    let server = Rc::new(server);
    let parked = server.clone();
    event_loop.block_on(async move { park(&parked).await }).expect("a run");
    let resumed = event_loop.counts().resumes;
    event_loop
        .block_on(async {
            client.write_all(b"x").await?;
            server.read(&mut [0; 8]).await
        })
        .expect("a run")
        .expect("a byte");
    assert!(event_loop.counts().resumes - resumed <= 2, "somebody else was resumed");
}

#[test]
fn a_closed_side_is_the_end_for_the_other_and_closing_twice_is_fine() {
    run(async {
        let (mut client, mut server) = pair().await;
        client.flush().await.unwrap();
        AsyncWriteExt::close(&mut client).await.unwrap();
        AsyncWriteExt::close(&mut client).await.unwrap();
        let mut all = Vec::new();
        assert_eq!(AsyncReadExt::read_to_end(&mut server, &mut all).await.unwrap(), 0);
        let error = AsyncWriteExt::write(&mut client, b"x").await.expect_err("it is closed");
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    });
}

#[test]
fn without_a_loop_a_poll_is_an_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let server = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let server = TcpStream::try_from(server).expect("a connection");
    let mut cx = Context::from_waker(std::task::Waker::noop());
    let Poll::Ready(Err(_)) = poll_read(&server, &mut cx) else { panic!("no loop runs here") };
}
