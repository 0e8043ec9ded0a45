//! `FuturesUnordered` and streams.

use std::cell::Cell;
use std::collections::HashSet;
use std::time::Duration;

use eagain::time::sleep;
use eagain::{spawn, yield_now};
use futures::stream::{FuturesOrdered, FuturesUnordered, StreamExt};

use crate::{run, tasks};

#[test]
fn sleeps_and_yields_without_order_end_once_each() {
    let polls = Cell::new(0_u32);
    let ended: HashSet<u64> = run(async {
        let all = FuturesUnordered::new();
        for n in 0..500_u64 {
            let polls = &polls;
            all.push(async move {
                for _ in 0..n % 3 {
                    polls.set(polls.get() + 1);
                    yield_now().await;
                }
                sleep(Duration::from_micros(n % 40 * 25)).await;
                n
            });
        }
        all.collect().await
    });
    assert_eq!((ended.len(), polls.get()), (500, 499));
}

#[test]
fn sockets_without_order_each_get_what_was_meant_for_them() {
    let mut got: Vec<(u8, u8)> = run(async {
        let all = FuturesUnordered::new();
        let mut peers = Vec::new();
        for n in 0..50 {
            let (near, far) = tasks::tcp_pair();
            peers.push(far);
            all.push(async move {
                let mut buf = [0];
                near.read_exact(&mut buf).await.expect("a byte");
                (n, buf[0])
            });
        }
        let send = spawn(async move {
            for (n, mut peer) in peers.into_iter().enumerate().rev() {
                yield_now().await;
                std::io::Write::write_all(&mut peer, &[n as u8]).expect("room");
            }
        });
        let got = all.collect().await;
        send.await.expect("no panic");
        got
    });
    got.sort_unstable();
    assert!(got.into_iter().eq((0..50).map(|n| (n, n))));
}

#[test]
fn what_is_left_of_a_set_is_dropped_with_its_timers_and_sources() {
    let left = run(async {
        let mut all = FuturesUnordered::new();
        let (waits, _peer) = tasks::tcp_pair();
        all.push(futures::FutureExt::boxed_local(async move {
            waits.read(&mut [0]).await.expect("nothing comes");
        }));
        all.push(Box::pin(sleep(Duration::from_secs(3600))));
        all.push(Box::pin(sleep(Duration::from_millis(1))));
        all.next().await.expect("the short one");
        all.len()
    });
    assert_eq!(left, 2);
}

#[test]
fn tasks_in_order() {
    let got: Vec<u64> = run(async {
        let tasks: FuturesOrdered<_> = (0..20)
            .map(|n| {
                spawn(async move {
                    sleep(Duration::from_micros(20 * (20 - n))).await;
                    n
                })
            })
            .collect();
        tasks.map(|task| task.expect("no panic")).collect().await
    });
    assert!(got.into_iter().eq(0..20));
}

#[test]
fn so_many_at_a_time() {
    let (now, most) = (Cell::new(0), Cell::new(0));
    let count = run(futures::stream::iter(0..60)
        .map(|_| async {
            now.set(now.get() + 1);
            most.set(most.get().max(now.get()));
            sleep(Duration::from_micros(100)).await;
            now.set(now.get() - 1);
        })
        .buffer_unordered(7)
        .count());
    assert_eq!((count, most.get(), now.get()), (60, 7, 0));
}

#[cfg(feature = "futures-core")]
mod ours {
    use eagain::stream::{from_generator, try_from_generator};
    use futures::stream::{FusedStream, TryStreamExt};

    use super::*;

    fn numbers(to: u64) -> eagain::stream::Generated<'static, u64> {
        from_generator(async move |mut out| {
            for n in 0..to {
                sleep(Duration::from_micros(10)).await;
                out.emit(n).await;
            }
        })
    }

    #[test]
    fn a_generated_stream_goes_through_adapters() {
        let got: Vec<u64> = run(StreamExt::collect(
            numbers(10).filter(|n| std::future::ready(n % 2 == 1)).map(|n| n * n),
        ));
        assert_eq!(got, [1, 9, 25, 49, 81]);
        let chunks: Vec<_> = run(numbers(5).chunks(2).collect());
        assert_eq!(chunks, [vec![0, 1], vec![2, 3], vec![4]]);
    }

    #[test]
    fn two_generated_streams_are_merged_and_end() {
        run(async {
            let (mut one, mut other) = (numbers(5), numbers(7));
            let mut sum = 0;
            loop {
                futures::select! {
                    n = futures::StreamExt::select_next_some(&mut one) => sum += n,
                    n = futures::StreamExt::select_next_some(&mut other) => sum += n,
                    complete => break,
                }
            }
            assert_eq!(sum, 10 + 21);
            assert!(one.is_terminated() && other.is_terminated());
        });
    }

    #[test]
    fn the_receiver_of_a_channel_is_a_stream() {
        let sum = run(async {
            let (sender, receiver) = eagain::sync::mpsc::channel(3);
            let send = spawn(async move {
                for n in 0..100_u64 {
                    sender.send(n).await.expect("a receiver");
                }
            });
            let doubled = receiver.map(|n| 2 * n).fold(0, |sum, n| std::future::ready(sum + n));
            let (sum, sent) = futures::join!(doubled, send);
            sent.expect("no panic");
            sum
        });
        assert_eq!(sum, 9900);
    }

    #[test]
    fn a_stream_that_can_fail_is_a_try_stream() {
        let words = try_from_generator(async |mut out| {
            for word in ["1", "2", "x", "4"] {
                let n: u32 = word.parse()?;
                out.emit(Ok(n)).await;
            }
            Ok::<(), std::num::ParseIntError>(())
        });
        let sum = run(words.try_fold(0, |sum, n| async move {
            yield_now().await;
            Ok(sum + n)
        }));
        assert!(sum.is_err());
    }

    #[test]
    fn a_generated_stream_in_a_set_of_streams_is_woken_by_its_own_waker() {
        let sum: u64 = run(async {
            let mut all = futures::stream::SelectAll::new();
            for to in 0..20 {
                all.push(Box::pin(numbers(to)));
            }
            let mut sum = 0;
            while let Some(n) = all.next().await {
                sum += n;
            }
            sum
        });
        assert_eq!(sum, (0..20_u64).map(|to| (0..to).sum::<u64>()).sum());
    }
}
