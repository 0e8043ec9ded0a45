//! Step 8: five of these generators on one thread, run by the same loop grown to many.
//!
//! Not a line of the fetch is different from step 7. Only `run` has become `run_all`: what each
//! generator yields goes on one watch list, under the generator's number, and one wait serves
//! all of them. Whoever is reported is resumed. The pages take 120 to 280 ms, so they come back
//! in another order than they were asked for, all within the time of the slowest.
//!
//! ```text
//! cargo run --release --example 08_run_all [http://HOST[:PORT][/PATH]...]
//! ```
//!
//! The list is told of a socket at each yield, and told to forget it at each resume. From a run in
//! strace, the two pages that come first:
//!
//! ```text
//! epoll_ctl(9, EPOLL_CTL_ADD, 6, {events=EPOLLIN, data={u32=2, u64=2}}) = 0         register
//! epoll_ctl(9, EPOLL_CTL_ADD, 8, {events=EPOLLIN, data={u32=4, u64=4}}) = 0         register
//! epoll_wait(9, [{events=EPOLLIN, data={u32=4, u64=4}}], 64, -1) = 1                wait for all
//! epoll_ctl(9, EPOLL_CTL_DEL, 8, 0x7ffd17c02f34) = 0                                unregister
//! recvfrom(8, "HTTP/1.1 200 OK\r\nContent-Type: t"..., 16384, 0, NULL, NULL) = 40   resume
//! epoll_ctl(9, EPOLL_CTL_ADD, 8, {events=EPOLLIN, data={u32=4, u64=4}}) = 0         register
//!     ... until this one returns, and then the other
//! recvfrom(8, "", 16384, 0, NULL, NULL) = 0
//! epoll_wait(9, [{events=EPOLLIN, data={u32=2, u64=2}}], 64, -1) = 1
//! epoll_ctl(9, EPOLL_CTL_DEL, 6, 0x7ffd17c02f34) = 0
//! recvfrom(6, "HTTP/1.1 200 OK\r\nContent-Type: t"..., 16384, 0, NULL, NULL) = 40
//! ```

mod pages;
mod watch_list;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use eagain_sys::{clock, errno, socket};
use pages::{Response, Target, Url};
use watch_list::{EPOLLIN, EPOLLOUT, Events, Op, epoll_create1, epoll_ctl, epoll_wait};

const ABOUT: &str =
    "Fetches all pages at once by generators, and shows in which order they return.";

/// What a generator says when it gives control back.
enum Step<R> {
    /// Resume me when this event can be had of this socket.
    Yield(Rc<OwnedFd>, u32),
    /// This is my value, and I am done.
    Return(R),
}

/// A function that can be paused.
trait Generator {
    type Return;
    fn resume(&mut self) -> Step<Self::Return>;
}

/// The event loop. Hands over each value when it is returned, with its generator's number.
fn run_all<G: Generator>(
    mut generators: Vec<G>,
    mut returned: impl FnMut(usize, G::Return) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let (epoll, mut events) = (epoll_create1()?, Events::with_capacity(64));
    let mut ready: Vec<usize> = (0..generators.len()).collect();
    let mut waiting = BTreeMap::new();
    loop {
        // 1. Whoever is ready runs until it yields, and is registered, or returns.
        for n in ready.drain(..) {
            match generators[n].resume() {
                Step::Yield(socket, event) => {
                    epoll_ctl(epoll.as_fd(), Op::Add, socket.as_fd(), event, n as u64)?;
                    waiting.insert(n, socket);
                }
                Step::Return(value) => returned(n, value)?,
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        // 2. One wait for all of them.
        match epoll_wait(epoll.as_fd(), &mut events, -1) {
            Err(e) if e.is_interrupted() => continue,
            answer => answer?,
        }
        // 3. Whoever has its event waits no longer, and is ready.
        for event in events.iter() {
            let n = event.token as usize;
            if let Some(socket) = waiting.remove(&n) {
                epoll_ctl(epoll.as_fd(), Op::Delete, socket.as_fd(), 0, 0)?;
                ready.push(n);
            }
        }
    }
}

/// What the fetch does when it is resumed.
#[derive(PartialEq)]
enum State {
    Connect,
    FinishConnecting,
    Send,
    Receive,
    Done,
}

struct Fetch {
    socket: Rc<OwnedFd>,
    addr: SocketAddr,
    unsent: Vec<u8>,
    page: Vec<u8>,
    state: State,
}

impl Generator for Fetch {
    type Return = io::Result<Vec<u8>>;

    fn resume(&mut self) -> Step<io::Result<Vec<u8>>> {
        match self.step() {
            Ok(State::Done) => return Step::Return(Ok(std::mem::take(&mut self.page))),
            Ok(state) => self.state = state,
            // It was not ready after all, which is allowed: wait once more.
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(e) => return Step::Return(Err(e)),
        }
        let event = if self.state == State::Receive { EPOLLIN } else { EPOLLOUT };
        Step::Yield(self.socket.clone(), event)
    }
}

impl Fetch {
    fn new(url: &Url, addr: SocketAddr) -> eagain_sys::Result<Fetch> {
        let (socket, unsent) = (Rc::new(socket::tcp(&addr)?), url.request().into());
        Ok(Fetch { socket, addr, unsent, page: Vec::new(), state: State::Connect })
    }

    /// Does what is due, and answers what comes next.
    fn step(&mut self) -> io::Result<State> {
        let fd = self.socket.as_fd();
        match self.state {
            State::Connect => match socket::connect(fd, &self.addr) {
                Err(e) if !e.is_in_progress() && !e.is_interrupted() => Err(e.into()),
                _ => Ok(State::FinishConnecting),
            },
            State::FinishConnecting => {
                // Writable: it stands, or it failed, which SO_ERROR tells, once.
                socket::take_error(fd)?.map_or(Ok(()), Err)?;
                match socket::peer(fd) {
                    Err(e) if e.errno() == errno::ENOTCONN => return Ok(State::FinishConnecting),
                    answer => answer?,
                };
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
                Ok(if n == 0 { State::Done } else { State::Receive })
            }
        }
    }
}

fn main() -> ExitCode {
    pages::serve_if_asked();
    pages::several(ABOUT, 5, fetch_all)
}

fn fetch_all(targets: &[Target]) -> Result<(), Box<dyn Error>> {
    let (mut out, began) = (io::stdout(), clock::now());
    let mut fetches = Vec::with_capacity(targets.len());
    for (url, addr) in targets {
        fetches.push(Fetch::new(url, *addr).map_err(|e| format!("{url}: {e}"))?);
        writeln!(out, "asked for    {url}")?;
    }
    let mut one_after_another = Duration::ZERO;
    run_all(fetches, |n, page| {
        let (url, took) = (&targets[n].0, began.elapsed());
        let page = page.map_err(|e| format!("{url}: {e}"))?;
        let response = Response::parse(&page).map_err(|e| format!("{url}: {e}"))?;
        let Response { status, body } = response;
        one_after_another += took;
        writeln!(out, "{took:7.1?}      {url} returns {status}: {} bytes", body.len())?;
        Ok(())
    })?;
    let wall = began.elapsed();
    writeln!(out, "wall {wall:.1?} (one after another: {one_after_another:.1?})")?;
    Ok(())
}
