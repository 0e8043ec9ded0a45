//! Step 4: three pages at once on one thread, by a watch list that the kernel keeps.
//!
//! `epoll_ctl` puts a socket on the list, once, with what it is waited for and a number of our
//! own; `epoll_wait` sleeps until any of them is ready and returns the numbers of those which
//! are. Three fetches then take as long as the slowest. Each has to remember how far it has come
//! (`State`), since between two of its calls the thread is busy with the others.
//!
//! The list is *level-triggered*: a socket that is ready is reported by every wait, until the
//! bytes are taken or something else is asked of it. On macOS and the BSDs the list is a kqueue;
//! `watch_list/kqueue.rs` has it.
//!
//! ```text
//! cargo run --release --example 04_epoll_many
//! cargo run --release --example 04_epoll_many http://example.org/ http://example.net/
//! ```
//!
//! One of the three in strace, among the others: added, then asked for something else, removed.
//!
//! ```text
//! epoll_create1(EPOLL_CLOEXEC) = 3
//! socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_IP) = 7
//! connect(7, {...}, ...) = -1 EINPROGRESS (Operation now in progress)
//! epoll_ctl(3, EPOLL_CTL_ADD, 7, {events=EPOLLOUT, data={u32=2, u64=2}}) = 0
//! epoll_wait(3, [{events=EPOLLOUT, data={u32=0, ...}}, ..., {events=EPOLLOUT, ...}], 64, -1) = 3
//! getsockopt(7, SOL_SOCKET, SO_ERROR, [0], [4]) = 0
//! getpeername(7, {...}, [128 => 16]) = 0
//! sendto(7, "GET /page/3 HTTP/1.0\r\nHost: 127."..., 66, MSG_NOSIGNAL, NULL, 0) = 66
//! epoll_ctl(3, EPOLL_CTL_MOD, 7, {events=EPOLLIN, data={u32=2, u64=2}}) = 0
//! epoll_wait(3, [{events=EPOLLIN, data={u32=2, u64=2}}], 64, -1) = 1
//! recvfrom(7, "HTTP/1.1 200 OK\r\nContent-Type: t"..., 16384, 0, NULL, NULL) = 40
//!     ... a wait and a recv for each piece, until
//! recvfrom(7, "", 16384, 0, NULL, NULL) = 0
//! epoll_ctl(3, EPOLL_CTL_DEL, 7, 0x7ffc86cd4584) = 0
//! close(7) = 0
//! ```

mod pages;
mod watch_list;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use eagain_sys::{clock, errno, socket};
use pages::{Response, Target, Url};
use watch_list::{EPOLLIN, EPOLLOUT, Events, Op, epoll_create1, epoll_ctl, epoll_wait};

const ABOUT: &str =
    "Fetches all pages at once, sleeping in epoll_wait, and shows which sockets were ready when.";

fn main() -> ExitCode {
    pages::serve_if_asked();
    pages::several(ABOUT, 3, fetch_all)
}

fn fetch_all(targets: &[Target]) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    let (began, cpu_before) = (clock::now(), clock::thread_cpu_time());

    let epoll = epoll_create1()?;
    let mut fetches = BTreeMap::new();
    for (number, (url, addr)) in (0..).zip(targets) {
        // First connect, then watch: a socket that was never connected counts as hung up.
        let fetch = Fetch::start(url, addr).map_err(|e| format!("{url}: {e}"))?;
        epoll_ctl(epoll.as_fd(), Op::Add, fetch.fd.as_fd(), EPOLLOUT, number)?;
        writeln!(out, "{:8.1} ms  fd {}: {url}", milliseconds(began), fetch.fd.as_raw_fd())?;
        fetches.insert(number, fetch);
    }

    let mut events = Events::with_capacity(64);
    let mut one_after_another = Duration::ZERO;
    while !fetches.is_empty() {
        match epoll_wait(epoll.as_fd(), &mut events, -1) {
            Err(e) if e.is_interrupted() => continue,
            answer => answer?,
        }
        writeln!(out, "{:8.1} ms  wait: {} ready", milliseconds(began), events.len())?;
        for event in events.iter() {
            let Some(fetch) = fetches.get_mut(&event.token) else { continue };
            let watched = fetch.state.waits_for();
            let happened = fetch.advance().map_err(|e| format!("{}: {e}", fetch.url))?;
            writeln!(out, "{:13}fd {}: {happened}", "", fetch.fd.as_raw_fd())?;

            let (fd, wanted) = (fetch.fd.as_fd(), fetch.state.waits_for());
            if fetch.state == State::Done {
                epoll_ctl(epoll.as_fd(), Op::Delete, fd, 0, 0)?;
                one_after_another += fetch.began.elapsed();
                fetches.remove(&event.token);
            } else if wanted != watched {
                epoll_ctl(epoll.as_fd(), Op::Modify, fd, wanted, event.token)?;
            }
        }
    }

    let (wall, cpu) = (began.elapsed(), clock::thread_cpu_time() - cpu_before);
    let percent = 100.0 * (1.0 - cpu.as_secs_f64() / wall.as_secs_f64());
    writeln!(out, "wall {wall:.1?} (one after another: {one_after_another:.1?})")?;
    writeln!(out, "CPU {cpu:.1?}: {percent:.1} % was waiting")?;
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

impl State {
    fn waits_for(self) -> u32 {
        match self {
            State::FinishConnecting | State::Send => EPOLLOUT,
            State::Receive | State::Done => EPOLLIN,
        }
    }
}

struct Fetch {
    url: Url,
    fd: OwnedFd,
    unsent: Vec<u8>,
    page: Vec<u8>,
    state: State,
    began: Instant,
}

impl Fetch {
    fn start(url: &Url, addr: &SocketAddr) -> eagain_sys::Result<Fetch> {
        let began = clock::now();
        let fd = socket::tcp(addr)?;
        match socket::connect(fd.as_fd(), addr) {
            Err(e) if e.is_in_progress() || e.is_interrupted() => {}
            answer => answer?,
        }
        let (unsent, page) = (url.request().into(), Vec::new());
        Ok(Fetch { url: url.clone(), fd, unsent, page, state: State::FinishConnecting, began })
    }

    /// Called when the socket is ready: does what is due, and says what came of it.
    fn advance(&mut self) -> io::Result<String> {
        match self.step() {
            // The report was wrong, which is allowed, or a signal came: the next wait will tell.
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                Ok(e.to_string())
            }
            answer => answer,
        }
    }

    fn step(&mut self) -> io::Result<String> {
        let fd = self.fd.as_fd();
        match self.state {
            State::FinishConnecting if !is_connected(fd)? => Ok("not connected yet".into()),
            State::FinishConnecting => {
                self.state = State::Send;
                Ok(format!("connected, {}", self.advance()?))
            }
            State::Send => {
                let n = socket::send(fd, &self.unsent)?;
                self.unsent.drain(..n);
                if self.unsent.is_empty() {
                    self.state = State::Receive;
                }
                Ok(format!("{n} bytes sent"))
            }
            State::Receive | State::Done => {
                let mut buffer = [0; 16384];
                let n = socket::recv(fd, &mut buffer)?;
                self.page.extend_from_slice(&buffer[..n]);
                if n > 0 {
                    return Ok(format!("{n} bytes received"));
                }
                self.state = State::Done;
                let response = Response::parse(&self.page).map_err(io::Error::other)?;
                Ok(format!("the end: {}, {} bytes of body", response.status, response.body.len()))
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

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
