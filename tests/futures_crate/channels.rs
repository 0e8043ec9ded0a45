//! Channels and locks.

use std::rc::Rc;
use std::thread;

use eagain::{spawn, yield_now};
use futures::channel::{mpsc, oneshot};
use futures::lock::Mutex;
use futures::{SinkExt, StreamExt};

use crate::run;

#[test]
fn a_bounded_channel_between_tasks_holds_the_sender_back() {
    let got: Vec<u32> = run(async {
        let (mut sender, receiver) = mpsc::channel(2);
        let send = spawn(async move {
            for n in 0..1000 {
                sender.send(n).await.expect("a receiver");
            }
        });
        let got = receiver.collect().await;
        send.await.expect("no panic");
        got
    });
    assert!(got.into_iter().eq(0..1000));
}

#[test]
fn a_channel_from_other_threads_wakes_the_loop() {
    let sum: u64 = run(async {
        let (sender, mut receiver) = mpsc::unbounded();
        let threads: Vec<_> = (0..4_u64)
            .map(|thread| {
                let sender = sender.clone();
                thread::spawn(move || {
                    for n in 0..1000 {
                        sender.unbounded_send(thread * 1000 + n).expect("a receiver");
                    }
                })
            })
            .collect();
        drop(sender);
        let mut sum = 0;
        while let Some(n) = receiver.next().await {
            sum += n;
        }
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
        sum
    });
    assert_eq!(sum, (0..4000).sum());
}

#[test]
fn a_oneshot_brings_its_value_or_tells_that_none_will_come() {
    run(async {
        let (sender, receiver) = oneshot::channel();
        spawn(async move {
            yield_now().await;
            sender.send(5).expect("a receiver");
        })
        .detach();
        assert_eq!(receiver.await, Ok(5));
        let (sender, receiver) = oneshot::channel::<()>();
        let task = spawn(receiver);
        yield_now().await;
        drop(sender);
        assert!(task.await.expect("no panic").is_err());
    });
}

#[test]
fn a_lock_is_held_across_waits() {
    let sum = run(async {
        let lock = Rc::new(Mutex::new(0));
        let tasks = (0..50).map(|_| {
            let lock = lock.clone();
            spawn(async move {
                let mut locked = lock.lock().await;
                let before = *locked;
                yield_now().await;
                *locked = before + 1;
            })
        });
        futures::future::join_all(tasks.collect::<Vec<_>>()).await;
        *lock.lock().await
    });
    assert_eq!(sum, 50);
}
