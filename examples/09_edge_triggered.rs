//! Step 9: the same generator on the library's loop: try, EAGAIN, park, edge, resume.
//!
//! In step 8 each yield told the kernel of the socket anew, and each resume told it to forget.
//! Here a call is *tried* first, and again as long as it succeeds. Only at an EAGAIN (`None` in the
//! code) the task is *parked*: WAITING. The first park in a socket's life registers it, once and
//! *edge-triggered*: the kernel reports that something is new, not that something is there. Such an
//! edge moves the task to READY; in the next turn of the loop it is RUNNING, and tries again.
//!
//! ```text
//! cargo run --release --example 09_edge_triggered [http://HOST[:PORT][/PATH]...]
//! EAGAIN_TRACE=turns cargo run --release --example 09_edge_triggered
//! ```
//!
//! One of the five in strace, from its first call to its last. Of the dozen `epoll_ctl` that it
//! cost in step 8, one is left:
//!
//! ```text
//! socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_IP) = 6
//! connect(6, {...}, 128) = -1 EINPROGRESS (Operation now in progress)                  try
//! epoll_ctl(3, EPOLL_CTL_ADD, 6, {events=EPOLLIN|EPOLLPRI|EPOLLOUT|EPOLLRDHUP|EPOLLET, ...}) = 0
//! epoll_wait(3, [{events=EPOLLOUT, data={u32=0, u64=0}}, ...], 1024, -1) = 5           park, edge
//! getsockopt(6, SOL_SOCKET, SO_ERROR, [0], [4]) = 0                                    resume
//! getpeername(6, {...}, [128 => 16]) = 0
//! sendto(6, "GET /page/1 HTTP/1.0\r\nHost: 127."..., 66, MSG_NOSIGNAL, NULL, 0) = 66
//! epoll_wait(3, [{events=EPOLLIN|EPOLLOUT, data={u32=0, u64=0}}], 1024, -1) = 1        park, edge
//! recvfrom(6, "HTTP/1.1 200 OK\r\nContent-Type: t"..., 16384, 0, NULL, NULL) = 40      resume
//!     ... a wait and a recv for each piece, until
//! recvfrom(6, "", 16384, 0, NULL, NULL) = 0
//! close(6) = 0
//! ```
//!
//! Not even the EAGAINs of `recv` are there: that the buffer is empty is known without asking, as
//! no edge has told of data yet, or as the last piece did not fill what it was read into.

mod pages;

use std::error::Error;
use std::io::{self, Write};
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
enum State {
    FinishConnecting,
    Send,
    Receive,
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
        match (&step, &self.state) {
            (Ok(Step::Yield(_)), State::Receive) => self.did.push("WAITING to read".into()),
            (Ok(Step::Yield(_)), _) => self.did.push("WAITING to write".into()),
            (Ok(Step::Return(_)), _) => {}
            (Err(e), _) => self.did.push(e.to_string()),
        }
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
        }
    }
}

impl Fetch {
    fn new(url: &Url, addr: SocketAddr, began: Instant) -> Fetch {
        let (unsent, page, did) = (url.request().into(), Vec::new(), Vec::new());
        let state = State::FinishConnecting;
        Fetch { addr, stream: None, unsent, page, state, resumed: 0, did, began }
    }

    /// Goes on until a call answers EAGAIN (`None`), and says what is to be waited for then.
    fn advance(&mut self, cx: &mut Context<'_>) -> io::Result<Step<Fetched>> {
        let stream = match &self.stream {
            Some(stream) => stream,
            None => {
                self.did.push("connect".into());
                self.stream.insert(TcpStream::begin_connect(self.addr)?)
            }
        };
        loop {
            match self.state {
                State::FinishConnecting => {
                    let Some(()) = stream.try_connected()? else {
                        return Ok(Step::Yield(cx.writable(stream)?));
                    };
                    self.did.push("connected".into());
                    self.state = State::Send;
                }
                State::Send => {
                    let Some(n) = stream.try_write(&self.unsent)? else {
                        return Ok(Step::Yield(cx.writable(stream)?));
                    };
                    self.did.push(format!("{n} bytes sent"));
                    self.unsent.drain(..n);
                    if self.unsent.is_empty() {
                        self.state = State::Receive;
                    }
                }
                State::Receive => {
                    let mut buffer = [0; 16384];
                    let Some(n) = stream.try_read(&mut buffer)? else {
                        return Ok(Step::Yield(cx.readable(stream)?));
                    };
                    if n == 0 {
                        self.did.push("the end".into());
                        return Ok(Step::Return((mem::take(&mut self.page), self.resumed)));
                    }
                    self.did.push(format!("{n} bytes received"));
                    self.page.extend_from_slice(&buffer[..n]);
                }
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
    let (turns, registrations) = (counts.turns, counts.reactor.registrations);
    writeln!(out, "{turns} turns of the loop, {registrations} registrations")?;
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
