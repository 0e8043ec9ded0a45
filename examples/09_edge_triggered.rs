//! Step 9: the same generator on the library's loop: try, EAGAIN, park, edge, resume.
//!
//! In step 8 each yield told the kernel of the socket anew, and each resume told it to forget.
//! Here a call is *tried* first, and again for as long as it succeeds. Only when it answers EAGAIN
//! the task is *parked*: WAITING. The socket is registered at the first park, once in its life and
//! *edge-triggered*: a report says that something is new, not that something is there. Such an
//! edge moves the task to READY; in the next turn of the loop it is RUNNING, and tries again.
//!
//! ```text
//! cargo run --release --example 09_edge_triggered [http://HOST[:PORT][/PATH]...]
//! EAGAIN_TRACE=turns cargo run --release --example 09_edge_triggered
//! ```
//!
//! All that one of the five says in strace. Step 8 adds and deletes a socket at every event:
//!
//! ```text
//! socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_IP) = 7
//! connect(7, {...}, 16) = -1 EINPROGRESS (Operation now in progress)                  try
//! epoll_ctl(5, EPOLL_CTL_ADD, 7, {events=EPOLLIN|EPOLLPRI|EPOLLOUT|EPOLLRDHUP|EPOLLET, ...}) = 0
//! epoll_wait(5, [{events=EPOLLOUT, ...}, ...], 1024, -1) = 5                          park, edge
//! getsockopt(7, SOL_SOCKET, SO_ERROR, [0], [4]) = 0                                   resume
//! getpeername(7, {...}, [128 => 16]) = 0
//! sendto(7, "GET /page/1 HTTP/1.0\r\nHost: 127."..., 66, MSG_NOSIGNAL, NULL, 0) = 66
//! recvfrom(7, 0x5609..., 16384, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)
//! epoll_wait(5, [{events=EPOLLIN|EPOLLOUT, ...}], 1024, -1) = 1                       park, edge
//! recvfrom(7, "HTTP/1.1 200 OK\r\nContent-Type: t"..., 16384, 0, NULL, NULL) = 40     resume
//!     ... a wait and a recv for each piece: a short one has emptied the buffer, no EAGAIN needed
//! recvfrom(7, "", 16384, 0, NULL, NULL) = 0
//! close(7) = 0
//! ```

mod pages;

use std::error::Error;
use std::io::{self, ErrorKind::WouldBlock, Write};
use std::mem;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Instant;

use eagain::net::TcpStream;
use eagain::{Context, EventLoop, Generator, Step};
use pages::{Response, Target, Url};

const ABOUT: &str =
    "Fetches all pages at once on the event loop, and shows its tasks RUNNING, READY and WAITING.";

/// What the fetch tries when it is resumed.
#[derive(Clone, Copy, PartialEq)]
enum State {
    FinishConnecting,
    Send,
    Receive,
    Done,
}

struct Fetch {
    addr: SocketAddr,
    /// There is none before the first resume.
    stream: Option<TcpStream>,
    unsent: Vec<u8>,
    page: Vec<u8>,
    state: State,
    resumed: u32,
    /// What came of this resume, in words.
    did: Vec<String>,
    began: Instant,
}

/// The page, and how often its task was resumed.
type Fetched = (Vec<u8>, u32);

impl Generator for Fetch {
    type Return = io::Result<Fetched>;

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<io::Result<Fetched>> {
        self.resumed += 1;
        self.did.clear();
        let step = self.advance(cx);
        let (ms, id, cause, did) =
            (milliseconds(self.began), cx.id(), cx.cause(), self.did.join(", "));
        let shown = writeln!(io::stdout(), "{ms:8.1} ms  RUNNING {id} ({cause}): {did}");
        Step::from_result(shown.and(step))
    }

    fn state(&self) -> &'static str {
        match self.state {
            State::FinishConnecting => "finish connecting",
            State::Send => "send",
            State::Receive => "receive",
            State::Done => "done",
        }
    }
}

impl Fetch {
    fn new(url: &Url, addr: SocketAddr, began: Instant) -> Fetch {
        let (unsent, page, did) = (url.request().into(), Vec::new(), Vec::new());
        let state = State::FinishConnecting;
        Fetch { addr, stream: None, unsent, page, state, resumed: 0, did, began }
    }

    /// Goes on until a call answers EAGAIN, and says what is to be waited for then.
    fn advance(&mut self, cx: &mut Context<'_>) -> io::Result<Step<Fetched>> {
        loop {
            match (self.step(), &self.stream) {
                (Ok(State::Done), _) => {
                    return Ok(Step::Return((mem::take(&mut self.page), self.resumed)));
                }
                (Ok(state), _) => self.state = state,
                (Err(e), Some(stream)) if e.kind() == WouldBlock => {
                    let (wait, what) = match self.state {
                        State::Receive => (cx.readable(stream), "WAITING to read"),
                        _ => (cx.writable(stream), "WAITING to write"),
                    };
                    self.did.push(what.into());
                    return wait.map(Step::Yield);
                }
                (Err(e), _) => return Err(e),
            }
        }
    }

    /// Tries what is due, and answers what comes next.
    fn step(&mut self) -> io::Result<State> {
        let Some(stream) = &self.stream else {
            self.stream = Some(TcpStream::connect(self.addr)?);
            self.did.push("connect".into());
            return Ok(State::FinishConnecting);
        };
        match self.state {
            State::FinishConnecting => {
                stream.try_connected()?;
                self.did.push("connected".into());
                Ok(State::Send)
            }
            State::Send => {
                let n = stream.try_write(&self.unsent)?;
                self.did.push(format!("{n} bytes sent"));
                self.unsent.drain(..n);
                Ok(if self.unsent.is_empty() { State::Receive } else { State::Send })
            }
            State::Receive | State::Done => {
                let mut buffer = [0; 16384];
                let n = stream.try_read(&mut buffer)?;
                if n == 0 {
                    self.did.push("the end".into());
                    return Ok(State::Done);
                }
                self.did.push(format!("{n} bytes received"));
                self.page.extend_from_slice(&buffer[..n]);
                Ok(State::Receive)
            }
        }
    }
}

fn main() -> ExitCode {
    pages::serve_if_asked();
    pages::several(ABOUT, 5, fetch_all)
}

fn fetch_all(targets: &[Target]) -> Result<(), Box<dyn Error>> {
    let (mut out, began) = (io::stdout(), Instant::now());
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    let mut fetches = Vec::with_capacity(targets.len());
    for (url, addr) in targets {
        fetches.push((url, event_loop.spawn(Fetch::new(url, *addr, began))));
    }

    // `event_loop.run()`, with a look at the tasks after each turn.
    while event_loop.counts().tasks > 0 {
        event_loop.turn(None)?;
        let (ready, waiting) = (
            in_state(&event_loop, eagain::State::Ready),
            in_state(&event_loop, eagain::State::Waiting),
        );
        writeln!(out, "{:8.1} ms  READY   {ready}   WAITING {waiting}", milliseconds(began))?;
    }

    for (url, fetch) in fetches {
        let Some(end) = fetch.take() else { continue };
        let (page, resumed) = end?.map_err(|e| format!("{url}: {e}"))?;
        let response = Response::parse(&page).map_err(|e| format!("{url}: {e}"))?;
        let (status, bytes) = (response.status, response.body.len());
        writeln!(out, "{url}: {status}, {bytes} bytes, resumed {resumed} times")?;
    }
    let counts = event_loop.counts();
    let (turns, waits, changes) =
        (counts.turns, counts.reactor.waits, counts.reactor.registrations);
    writeln!(out, "{turns} turns, {waits} waits, {changes} registrations")?;
    Ok(())
}

/// Which tasks the loop has in this state.
fn in_state(event_loop: &EventLoop, state: eagain::State) -> String {
    let tasks = event_loop.tasks();
    let names: Vec<_> =
        tasks.iter().filter(|task| task.state == state).map(|task| task.id.to_string()).collect();
    if names.is_empty() { "nobody".into() } else { names.join(", ") }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
