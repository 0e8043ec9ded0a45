//! Step 5: the same wait three times, by `select`, by `poll` and by `epoll`.
//!
//! What the fetches do is the same each time, and so is what they wait for; only the question to
//! the kernel differs. `select` (1983) and `poll` (1987) are handed the whole list at every wait,
//! look at each entry, and leave it to the caller to look at each again. `epoll` (2002) keeps the
//! list in the kernel and hands out what is ready. With three sockets that is the same; the table
//! shows which of the numbers grow with the length of the list.
//!
//! ```text
//! cargo run --release --example 05_select_poll_epoll
//! cargo run --release --example 05_select_poll_epoll http://example.org/ http://example.net/
//! cargo run --release --example 05_select_poll_epoll -- --plot /tmp/waits.svg
//! ```
//!
//! The same wait for two sockets in strace (on some machines the first is printed as `select`).
//! The first two name every socket every time, the third only the one that is ready:
//!
//! ```text
//! pselect6(6, [3 5], [], NULL, NULL, NULL) = 1 (in [3])
//! poll([{fd=3, events=POLLIN}, {fd=5, events=POLLIN}], 2, -1) = 1 ([{fd=3, revents=POLLIN}])
//! epoll_wait(3, [{events=EPOLLIN, data={u32=0, u64=0}}], 64, -1) = 1
//! ```

mod pages;
mod plot;
#[path = "05_select_poll_epoll/sweep.rs"]
mod sweep;
mod watch_list;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;

use eagain_sys::poll::{PollFd, poll};
use eagain_sys::poller::Interest;
use eagain_sys::select::{FdSet, select};
use eagain_sys::{clock, errno, socket};
use pages::{Response, Target, Url};
use watch_list::{EPOLLIN, EPOLLOUT, Events, Op, epoll_create1, epoll_ctl, epoll_wait};

const ABOUT: &str =
    "Fetches all pages at once, three times over, and compares what the waits had to look at.
--plot FILE.svg draws instead what a wait costs while 10 to 10000 sockets are watched, one being
ready.";

fn main() -> ExitCode {
    pages::serve_if_asked();
    pages::several_unless("--plot", ABOUT, 3, compare, |file| sweep::plot(file.as_ref()))
}

fn compare(targets: &[Target]) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    writeln!(out, "{} pages at once   waits   told   looked at   wall", targets.len())?;
    fetch_all(targets, BySelect)?;
    fetch_all(targets, ByPoll)?;
    let (list, events) = (epoll_create1()?, Events::with_capacity(64));
    fetch_all(targets, ByEpoll { list, events })
}

/// The fetches under way, by number.
type Fetches = BTreeMap<u64, Fetch>;

/// What a way of waiting cost.
#[derive(Default)]
struct Cost {
    /// Entries handed to the kernel.
    told: usize,
    /// Entries looked at to find those that are ready.
    looked_at: usize,
}

/// A way of waiting.
trait Waiting {
    const NAME: &str;

    /// A fetch begins to wait for something, waits for something else, or ends. Nobody needs to be
    /// told of it where the next wait hands everything over anyway.
    fn changed(&mut self, _: u64, _: &Fetch, _: Op, _: &mut Cost) -> eagain_sys::Result<()> {
        Ok(())
    }

    /// Sleeps until something is ready, and answers which.
    fn wait(&mut self, fetches: &Fetches, cost: &mut Cost) -> eagain_sys::Result<Vec<u64>>;
}

/// Three sets of bits, in and out in the same place: made anew for every wait.
struct BySelect;

impl Waiting for BySelect {
    const NAME: &str = "select";

    fn wait(&mut self, fetches: &Fetches, cost: &mut Cost) -> eagain_sys::Result<Vec<u64>> {
        let (mut read, mut write) = (FdSet::new(), FdSet::new());
        for fetch in fetches.values() {
            let set = if fetch.wants() == Interest::READ { &mut read } else { &mut write };
            set.insert(fetch.fd.as_fd())?;
        }
        select(&mut read, &mut write, None)?;
        let is_ready = |f: &Fetch| read.contains(f.fd.as_fd()) || write.contains(f.fd.as_fd());
        cost.told += fetches.len();
        cost.looked_at += fetches.len();
        Ok(fetches.iter().filter(|(_, f)| is_ready(f)).map(|(&n, _)| n).collect())
    }
}

/// A list of descriptors, each with what is asked and what is answered.
struct ByPoll;

impl Waiting for ByPoll {
    const NAME: &str = "poll";

    fn wait(&mut self, fetches: &Fetches, cost: &mut Cost) -> eagain_sys::Result<Vec<u64>> {
        let mut list: Vec<_> =
            fetches.values().map(|f| PollFd::new(f.fd.as_fd(), f.wants())).collect();
        poll(&mut list, None)?;
        cost.told += fetches.len();
        cost.looked_at += fetches.len();
        Ok(fetches.keys().zip(&list).filter(|(_, e)| e.is_ready()).map(|(&n, _)| n).collect())
    }
}

/// A list that stays in the kernel; it is told of changes, and hands out what is ready.
struct ByEpoll {
    list: OwnedFd,
    events: Events,
}

impl Waiting for ByEpoll {
    const NAME: &str = watch_list::NAME;

    fn changed(
        &mut self,
        n: u64,
        fetch: &Fetch,
        op: Op,
        cost: &mut Cost,
    ) -> eagain_sys::Result<()> {
        let flags = if fetch.wants() == Interest::READ { EPOLLIN } else { EPOLLOUT };
        cost.told += 1;
        epoll_ctl(self.list.as_fd(), op, fetch.fd.as_fd(), flags, n)
    }

    fn wait(&mut self, _: &Fetches, cost: &mut Cost) -> eagain_sys::Result<Vec<u64>> {
        epoll_wait(self.list.as_fd(), &mut self.events, -1)?;
        cost.looked_at += self.events.len();
        Ok(self.events.iter().map(|e| e.token).collect())
    }
}

fn fetch_all<W: Waiting>(targets: &[Target], mut way: W) -> Result<(), Box<dyn Error>> {
    let (began, mut waits, mut cost) = (clock::now(), 0, Cost::default());
    let mut fetches = Fetches::new();
    for (n, (url, addr)) in (0..).zip(targets) {
        let fetch = Fetch::start(url, addr).map_err(|e| format!("{url}: {e}"))?;
        way.changed(n, &fetch, Op::Add, &mut cost)?;
        fetches.insert(n, fetch);
    }
    while !fetches.is_empty() {
        let ready = match way.wait(&fetches, &mut cost) {
            Err(e) if e.is_interrupted() => continue,
            answer => answer?,
        };
        waits += 1;
        for n in ready {
            let Some(fetch) = fetches.get_mut(&n) else { continue };
            let wanted = fetch.wants();
            fetch.advance().map_err(|e| format!("{}: {e}", fetch.url))?;
            if fetch.state == State::Done {
                way.changed(n, fetch, Op::Delete, &mut cost)?;
                fetches.remove(&n);
            } else if fetch.wants() != wanted {
                way.changed(n, fetch, Op::Modify, &mut cost)?;
            }
        }
    }
    let (name, told, looked_at, wall) = (W::NAME, cost.told, cost.looked_at, began.elapsed());
    writeln!(io::stdout(), "{name:15} {waits:>7} {told:>6} {looked_at:>11}   {wall:.1?}")?;
    Ok(())
}

/// What a fetch does when its socket is ready next.
#[derive(Clone, Copy, PartialEq)]
enum State {
    FinishConnecting,
    Send,
    Receive,
    Done,
}

struct Fetch {
    url: Url,
    fd: OwnedFd,
    unsent: Vec<u8>,
    page: Vec<u8>,
    state: State,
}

impl Fetch {
    fn start(url: &Url, addr: &SocketAddr) -> eagain_sys::Result<Fetch> {
        let fd = socket::tcp(addr)?;
        match socket::connect(fd.as_fd(), addr) {
            Err(e) if e.is_in_progress() || e.is_interrupted() => {}
            answer => answer?,
        }
        let (url, unsent, page) = (url.clone(), url.request().into(), Vec::new());
        Ok(Fetch { url, fd, unsent, page, state: State::FinishConnecting })
    }

    fn wants(&self) -> Interest {
        match self.state {
            State::FinishConnecting | State::Send => Interest::WRITE,
            State::Receive | State::Done => Interest::READ,
        }
    }

    /// Called when the socket is ready: does what is due.
    fn advance(&mut self) -> io::Result<()> {
        match self.step() {
            Ok(state) => self.state = state,
            // The report was wrong, which is allowed, or a signal came: the next wait will tell.
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(e) => return Err(e),
        }
        Ok(())
    }

    fn step(&mut self) -> io::Result<State> {
        let fd = self.fd.as_fd();
        match self.state {
            State::FinishConnecting if !is_connected(fd)? => Ok(State::FinishConnecting),
            State::FinishConnecting => {
                self.state = State::Send;
                self.step()
            }
            State::Send => {
                let n = socket::send(fd, &self.unsent)?;
                self.unsent.drain(..n);
                Ok(if self.unsent.is_empty() { State::Receive } else { State::Send })
            }
            State::Receive | State::Done => {
                let mut buffer = [0; 16384];
                let n = socket::recv(fd, &mut buffer)?;
                self.page.extend_from_slice(&buffer[..n]);
                if n > 0 {
                    return Ok(State::Receive);
                }
                Response::parse(&self.page).map_err(io::Error::other)?;
                Ok(State::Done)
            }
        }
    }
}

/// A socket that was connecting is writable now. That may also mean that it failed, which
/// `SO_ERROR` tells, once; it is connected if it has a peer.
fn is_connected(fd: BorrowedFd<'_>) -> io::Result<bool> {
    socket::take_error(fd)?.map_or(Ok(()), Err)?;
    match socket::peer(fd) {
        Err(e) if e.errno() == errno::ENOTCONN => Ok(false),
        answer => answer.map(|_| true).map_err(io::Error::from),
    }
}
