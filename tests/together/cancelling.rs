//! Dropping what is put together, at every point at which it waits, leaves nothing behind.

use std::time::Duration;

use eagain::future::{join_all, race, race_all, try_join_all};
use eagain::stream::from_generator;
use eagain::time::sleep;
use eagain::time::timeout;
use eagain::{TaskGroup, yield_now};

use crate::probe::{Log, new_loop, polled_at_most};
use crate::tasks;

const NAP: Duration = Duration::from_micros(50);

/// Waits in each way that there is: for its turn, for a deadline, for a source, and for nothing
/// to come of it.
async fn wait_in_every_way(log: Log) -> Result<u32, ()> {
    let _guard = log.guard();
    yield_now().await;
    sleep(NAP).await;
    let (read, write) = tasks::pipe();
    let mut buf = [0];
    eagain::select! {
        read = read.read(&mut buf) => unreachable!("{read:?}"),
        () = sleep(NAP) => {}
    }
    let (one, other) = eagain::join!(read.readable(), async {
        yield_now().await;
        write.write(b"x").await
    });
    one.and(other.map(drop)).expect("a byte went through");
    Ok(1)
}

/// Drops a future after it was polled once, twice and so on, until that is often enough for it.
fn drop_at_every_poll<F: Future>(name: &str, least: u32, make: impl Fn(Log) -> F) {
    for polls in 0..10_000 {
        let mut event_loop = new_loop();
        let log = Log::default();
        let made = make(log.clone());
        let out = event_loop.block_on(polled_at_most(polls, made)).expect("a run");
        let counts = event_loop.counts();
        let left = (counts.tasks, counts.timers, counts.sources);
        assert_eq!(left, (0, 0, 0), "{name}, dropped after {polls} polls");
        assert_eq!(log.made(), log.dropped(), "{name}, dropped after {polls} polls");
        if out.is_some() {
            assert!(polls >= least, "{name} was done after {polls} polls");
            return;
        }
    }
    panic!("{name} is never done");
}

fn several(log: &Log, count: usize) -> Vec<impl Future<Output = Result<u32, ()>> + use<>> {
    (0..count).map(|_| wait_in_every_way(log.clone())).collect()
}

// pitfall 53
#[test]
fn pitfall_53_joins_leave_nothing_behind() {
    drop_at_every_poll("join", 4, async |log: Log| {
        let [one, two, three] = [(); 3].map(|()| wait_in_every_way(log.clone()));
        eagain::join!(one, two, three)
    });
    drop_at_every_poll("try_join", 4, async |log: Log| {
        let [one, two, three] = [(); 3].map(|()| wait_in_every_way(log.clone()));
        eagain::try_join!(one, two, three)
    });
    drop_at_every_poll("join_all of a few", 4, |log| join_all(several(&log, 3)));
    drop_at_every_poll("join_all of many", 4, |log| join_all(several(&log, 20)));
    drop_at_every_poll("try_join_all", 4, |log| try_join_all(several(&log, 20)));
}

#[test]
fn pitfall_53_races_and_timeouts_leave_nothing_behind() {
    drop_at_every_poll("select", 3, async |log: Log| {
        let [one, two] = [(); 2].map(|()| wait_in_every_way(log.clone()));
        eagain::select! {
            Ok(n) = one => n,
            Ok(n) = two => n,
            Err(()) = async { sleep(NAP / 2).await; Ok::<(), ()>(()) } => 0,
        }
    });
    drop_at_every_poll("race", 4, |log| {
        race(wait_in_every_way(log.clone()), wait_in_every_way(log.clone()))
    });
    drop_at_every_poll("race_all", 4, |log| race_all(several(&log, 20)));
    drop_at_every_poll("timeout", 2, |log| timeout(NAP * 3, wait_in_every_way(log)));
}

#[test]
fn pitfall_53_groups_and_streams_leave_nothing_behind() {
    drop_at_every_poll("scope", 4, async |log: Log| {
        TaskGroup::try_scope(async |group| {
            for child in several(&log, 5) {
                group.add(async { child.await.map(drop) });
            }
            wait_in_every_way(log.clone()).await
        })
        .await
    });
    drop_at_every_poll("tasks of a group", 2, async |log: Log| {
        let mut group = TaskGroup::new();
        for child in several(&log, 5) {
            group.spawn(child);
        }
        group.try_wait().await
    });
    drop_at_every_poll("stream", 8, async |log: Log| {
        let mut stream = from_generator(async |mut out| {
            for child in several(&log, 3) {
                out.emit(child.await).await;
            }
        });
        while let Some(Ok(_)) = stream.next().await {}
    });
}

/// pitfall 53: many of them.
#[test]
fn pitfall_53_a_hundred_thousand_cancelled_waits_leave_empty_tables() {
    let mut event_loop = new_loop();
    event_loop
        .block_on(async {
            let (read, _write) = tasks::pipe();
            for _ in 0..100_000 {
                let hour = Duration::from_secs(3600);
                let wait = timeout(hour, race(async { drop(read.readable().await) }, sleep(hour)));
                polled_at_most(1, wait).await;
            }
        })
        .expect("a run");
    let counts = event_loop.counts();
    assert_eq!((counts.tasks, counts.timers, counts.sources), (0, 0, 0));
}

/// pitfall 52: what a loser had read is not lost, since it had not read it.
#[test]
fn pitfall_52_a_reader_that_loses_again_and_again_loses_no_byte() {
    let got = crate::probe::run(async {
        let (read, write) = tasks::pipe();
        let data: Vec<u8> = (0..=255).collect();
        let send = async {
            for chunk in data.chunks(7) {
                write.write(chunk).await.expect("room");
                sleep(NAP).await;
            }
            write.close().expect("it was open");
        };
        let receive = async {
            let (mut all, mut buf) = (Vec::new(), [0; 5]);
            for round in 0.. {
                eagain::select! {
                    n = read.read(&mut buf) => match n.expect("a read") {
                        0 => break,
                        n => all.extend_from_slice(&buf[..n]),
                    },
                    () = sleep(NAP / 3) => {}
                    // Not always: no time passes while somebody is ready.
                    () = yield_now(), if round % 3 > 0 => {}
                }
            }
            all
        };
        eagain::join!(send, receive).1
    });
    assert!(got.into_iter().eq(0..=255));
}
