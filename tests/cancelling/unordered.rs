//! Many futures behind wakers of their own, as `FuturesUnordered` has them.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::Write;
use std::pin::pin;
use std::rc::Rc;

use eagain::{EventLoop, Source};
use futures::StreamExt;
use futures::stream::FuturesUnordered;

use crate::tasks::{turn_until_idle, unix_pair};

const MANY: usize = 100;

/// Reads, and counts how often that is polled.
async fn read(source: Source, polls: Rc<Cell<usize>>) -> Vec<u8> {
    let mut buf = [0; 8];
    let n = {
        let mut read = pin!(source.read(&mut buf));
        poll_fn(|cx| {
            polls.set(polls.get() + 1);
            read.as_mut().poll(cx)
        })
        .await
    };
    buf[..n.expect("a read")].to_vec()
}

#[test]
fn of_a_hundred_reads_only_those_that_are_ready_are_polled() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (polls, got) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let (near, mut far): (Vec<_>, Vec<_>) = [(); MANY].map(|()| unix_pair()).into_iter().unzip();
    let reads = near.into_iter().map(|source| read(source, polls.clone()));
    let mut reads: FuturesUnordered<_> = reads.collect();
    let counted = got.clone();
    let task = event_loop.spawn(async move {
        while let Some(read) = reads.next().await {
            assert_eq!(read, b"hello");
            counted.set(counted.get() + 1);
        }
    });
    turn_until_idle(&mut event_loop);
    assert_eq!((polls.get(), event_loop.counts().sources), (MANY, MANY));
    for (spoke, which) in [7, 99, 50, 0].into_iter().enumerate() {
        let resumes = event_loop.counts().resumes;
        far[which].write_all(b"hello").expect("room");
        turn_until_idle(&mut event_loop);
        assert_eq!((polls.get(), got.get()), (MANY + spoke + 1, spoke + 1));
        assert_eq!(event_loop.counts().resumes, resumes + 1);
    }
    // All at once: they share a wake-up of the task.
    let resumes = event_loop.counts().resumes;
    for far in &mut far {
        let _ = far.write_all(b"hello"); // to those who have read already, or gone
    }
    turn_until_idle(&mut event_loop);
    assert_eq!((polls.get(), got.get()), (2 * MANY, MANY));
    assert!(event_loop.counts().resumes - resumes <= 5);
    assert!(task.is_finished());
}
