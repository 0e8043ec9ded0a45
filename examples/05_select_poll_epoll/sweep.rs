//! What a wait costs while so many sockets are watched and one of them is ready.

use std::error::Error;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::time::Duration;

use eagain_sys::poll::{PollFd, poll};
use eagain_sys::poller::Interest;
use eagain_sys::select::{FdSet, select};
use eagain_sys::{Result, clock, limits};

use crate::plot;
use crate::watch_list::{self, EPOLLIN, Events, Op, epoll_create1, epoll_ctl, epoll_wait};

const WATCHED: [usize; 7] = [10, 30, 100, 300, 1000, 3000, 10_000];

/// How long a figure is measured, and by how many waits at a time: the least counts, since whatever
/// else the machine does only makes it more.
const TIME: Duration = Duration::from_millis(100);
const WAITS: u32 = 8;

/// A way of waiting for one of these sockets, and what a wait costs.
type Way = fn(&[OwnedFd]) -> Result<Duration>;

const WAYS: [(&str, Way); 3] =
    [("select", by_select), ("poll", by_poll), (watch_list::NAME, by_list)];

/// Measures, prints a table, and draws it.
pub(crate) fn plot(file: &Path) -> std::result::Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    writeln!(out, "a wait while so many sockets are watched, one of them being ready")?;
    let mut lines = Vec::new();
    for (name, way) in WAYS {
        let mut points = Vec::new();
        for n in WATCHED {
            match measure(n, way) {
                Ok(each) => {
                    let us = each.as_nanos() as f64 / 1000.0;
                    points.push((n as f64, us));
                    writeln!(out, "{name:8} {n:>6} {us:8.2} us")?;
                }
                // Further on, it would refuse as well.
                Err(e) => {
                    writeln!(out, "{name:8} {n:>6} {e}")?;
                    break;
                }
            }
        }
        lines.push(plot::Line { name, points });
    }
    let labels = plot::Labels {
        title: "A wait, one of the watched sockets being ready",
        x: "watched sockets",
        y: "microseconds a wait",
    };
    plot::draw(file, &labels, &lines).map_err(|e| format!("{}: {e}", file.display()))?;
    writeln!(out, "drawn in {}", file.display())?;
    Ok(())
}

fn measure(n: usize, way: Way) -> std::result::Result<Duration, Box<dyn Error>> {
    Ok(way(&sockets(n)?)?)
}

/// So many sockets. Nobody sends to them but to the last: what it has got, it keeps.
fn sockets(n: usize) -> io::Result<Vec<OwnedFd>> {
    let (soft, hard) = limits::descriptors()?;
    let needed = (n as u64 + 100).min(hard);
    if soft < needed {
        limits::set_descriptors(needed)?;
    }
    let (ready, mut peer) = UnixStream::pair()?;
    peer.write_all(b"hello")?;
    let idle = (1..n).map(|_| UnixDatagram::unbound().map(OwnedFd::from));
    idle.chain([Ok(ready.into())]).collect()
}

/// The sets are overwritten by each wait, so each begins with a copy.
fn by_select(sockets: &[OwnedFd]) -> Result<Duration> {
    let mut all = FdSet::new();
    sockets.iter().try_for_each(|socket| all.insert(socket.as_fd()))?;
    least(|| {
        let (mut read, mut write) = (all, FdSet::new());
        select(&mut read, &mut write, None)?;
        Ok(sockets.iter().filter(|socket| read.contains(socket.as_fd())).count())
    })
}

/// The list can be used again, and is looked through for those that are ready.
fn by_poll(sockets: &[OwnedFd]) -> Result<Duration> {
    let mut list: Vec<_> =
        sockets.iter().map(|socket| PollFd::new(socket.as_fd(), Interest::READ)).collect();
    least(|| {
        poll(&mut list, None)?;
        Ok(list.iter().filter(|entry| entry.is_ready()).count())
    })
}

/// The kernel has the list, and hands out what is ready.
fn by_list(sockets: &[OwnedFd]) -> Result<Duration> {
    let (list, mut events) = (epoll_create1()?, Events::with_capacity(64));
    for (n, socket) in (0..).zip(sockets) {
        epoll_ctl(list.as_fd(), Op::Add, socket.as_fd(), EPOLLIN, n)?;
    }
    least(|| {
        epoll_wait(list.as_fd(), &mut events, -1)?;
        Ok(events.iter().count())
    })
}

/// What a wait takes that finds one ready. It never sleeps, so the processor's time is all of it,
/// and no other program that runs meanwhile is in it.
fn least(mut wait: impl FnMut() -> Result<usize>) -> Result<Duration> {
    let (began, mut least) = (clock::now(), Duration::MAX);
    while began.elapsed() < TIME {
        let before = clock::thread_cpu_time();
        for _ in 0..WAITS {
            match wait() {
                Err(e) if e.is_interrupted() => {}
                ready => assert_eq!(ready?, 1, "one has something to read"),
            }
        }
        least = least.min((clock::thread_cpu_time() - before) / WAITS);
    }
    Ok(least)
}
