//! Step 7: the fetch as a generator, and the event loop that runs it.
//!
//! The generator never waits. It yields *what* it waits for, a socket and an event, and whoever
//! resumes it has waited. The loop, in turn, knows nothing of pages: register, wait, unregister,
//! resume, until the generator returns a value.
//!
//! ```text
//! cargo run --release --example 07_generator_fetch [http://HOST[:PORT][/PATH]]
//!
//! epoll_ctl(5, EPOLL_CTL_ADD, 3, {events=EPOLLIN, data={u32=0, u64=0}}) = 0         register
//! epoll_wait(5, [{events=EPOLLIN, data={u32=0, u64=0}}], 1, -1) = 1                 wait
//! epoll_ctl(5, EPOLL_CTL_DEL, 3, 0x7fff2e48e534) = 0                                unregister
//! recvfrom(3, "HTTP/1.1 200 OK\r\nContent-Type: t"..., 16384, 0, NULL, NULL) = 40   resume
//! ```

mod pages;
mod watch_list;

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::rc::Rc;

use eagain_sys::{errno, socket};
use pages::{Response, Url};
use watch_list::{EPOLLIN, EPOLLOUT, Events, Op, epoll_create1, epoll_ctl, epoll_wait};

const ABOUT: &str = "Fetches a page by a generator and shows what it yields.";

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

/// The event loop, for one generator.
fn run<G: Generator>(mut generator: G) -> Result<G::Return, Box<dyn std::error::Error>> {
    let (epoll, mut out) = (epoll_create1()?, io::stdout());
    let mut events = Events::with_capacity(1);
    loop {
        let (socket, event) = match generator.resume() {
            Step::Yield(socket, event) => (socket, event),
            Step::Return(value) => return Ok(value),
        };
        let (fd, name) = (socket.as_raw_fd(), if event == EPOLLIN { "IN" } else { "OUT" });
        writeln!(out, "yields (fd {fd}, {name}): register, wait, unregister, resume")?;

        epoll_ctl(epoll.as_fd(), Op::Add, socket.as_fd(), event, 0)?;
        loop {
            match epoll_wait(epoll.as_fd(), &mut events, -1) {
                Err(e) if e.is_interrupted() => {}
                answer => break answer?,
            }
        }
        epoll_ctl(epoll.as_fd(), Op::Delete, socket.as_fd(), 0, 0)?;
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
    pages::one(ABOUT, |url, &addr| {
        let page = run(Fetch::new(url, addr)?)??;
        let response = Response::parse(&page)?;
        writeln!(io::stdout(), "returns {}: {} bytes", response.status, response.body.len())?;
        Ok(())
    })
}
