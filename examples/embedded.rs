//! The loop inside a foreign one: a program that has its own `poll(2)` loop, and tasks.
//!
//! The foreign loop looks after its own things, here standard input and a tick. Ours becomes one
//! more of them, by three methods:
//!
//! | the foreign loop asks | it is told by |
//! |---|---|
//! | how long may I sleep? | `EventLoop::next_deadline` |
//! | what shall I watch meanwhile? | `AsFd`: the poller's own descriptor |
//! | and when it is time? | `EventLoop::turn(Some(ZERO))`: a turn that does not sleep |
//!
//! Nothing is turned in vain: the descriptor is readable only if a turn finds something, be it data
//! on a socket or the bell that another thread has rung.
//!
//! ```text
//! cargo run --release --example embedded [http://HOST[:PORT][/PATH]...]
//! ```
//!
//! In strace, all sleeping is done by the foreign `poll`, where 3 is ours; the `epoll_wait` of a
//! turn only fetches what is there:
//!
//! ```text
//! poll([{fd=3, events=POLLIN}], 1, 21) = 1 ([{fd=3, revents=POLLIN}])
//! epoll_wait(3, [{events=EPOLLIN, data={u32=0, u64=0}}], 1024, 0) = 1
//! poll([{fd=3, events=POLLIN}], 1, 0) = 0 (Timeout)                       a task is READY
//! recvfrom(8, "HTTP/1.1 200 OK\r\nContent-Type: t"..., 16384, 0, NULL, NULL) = 40
//! ```

#[path = "embedded/foreign.rs"]
mod foreign;
mod pages;

use std::error::Error;
use std::io::{self, Stdin, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use eagain::net::TcpStream;
use eagain::time::{sleep, timeout};
use eagain::{EventLoop, JoinHandle};
use eagain_sys::{clock, pipe};
use foreign::{Source, Then};
use pages::{Response, Target, Url};

const ABOUT: &str = "\
Fetches all pages by tasks of an event loop that is turned by somebody else's, which ticks, and
reads lines from standard input, until the tasks are done.";

/// Our loop, as a source of the foreign one.
struct Ours {
    event_loop: EventLoop,
    began: Instant,
}

impl Source for Ours {
    fn prepare(&mut self) -> Option<Duration> {
        let deadline = self.event_loop.next_deadline()?;
        Some(deadline.saturating_duration_since(clock::now()))
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.event_loop.as_fd())
    }

    fn check(&mut self, readable: bool) -> bool {
        readable || self.prepare().is_some_and(|left| left.is_zero())
    }

    fn dispatch(&mut self) -> io::Result<Then> {
        let before = self.event_loop.counts();
        self.event_loop.turn(Some(Duration::ZERO))?;
        let after = self.event_loop.counts();
        let (turn, resumed) = (after.turns, after.resumes - before.resumes);
        say(
            self.began,
            format_args!("ours: turn {turn}, {resumed} resumed, {} left", after.tasks),
        )?;
        Ok(if after.tasks == 0 { Then::Quit } else { Then::Stay })
    }
}

/// The foreign loop's own clock work.
struct Tick {
    due: Instant,
    period: Duration,
    began: Instant,
}

impl Source for Tick {
    fn prepare(&mut self) -> Option<Duration> {
        Some(self.due.saturating_duration_since(clock::now()))
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn check(&mut self, _: bool) -> bool {
        self.due <= clock::now()
    }

    fn dispatch(&mut self) -> io::Result<Then> {
        self.due += self.period;
        say(self.began, format_args!("theirs: tick"))?;
        Ok(Then::Stay)
    }
}

/// The foreign loop's own input.
struct Input {
    stdin: Stdin,
    began: Instant,
}

impl Source for Input {
    fn prepare(&mut self) -> Option<Duration> {
        None
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.stdin.as_fd())
    }

    fn check(&mut self, readable: bool) -> bool {
        readable
    }

    fn dispatch(&mut self) -> io::Result<Then> {
        let mut buf = [0; 4096];
        let n = match pipe::read(self.stdin.as_fd(), &mut buf) {
            Err(e) if e.is_would_block() || e.is_interrupted() => return Ok(Then::Stay),
            answer => answer?,
        };
        if n == 0 {
            say(self.began, format_args!("theirs: the end of standard input"))?;
            return Ok(Then::Leave);
        }
        say(self.began, format_args!("theirs: {n} bytes of standard input"))?;
        Ok(Then::Stay)
    }
}

/// Tasks know nothing of who turns the loop.
async fn fetch(url: &Url, addr: SocketAddr, began: Instant) -> io::Result<()> {
    let stream = TcpStream::connect(addr).await?;
    stream.write_all(url.request().as_bytes()).await?;
    let mut page = Vec::with_capacity(16384);
    stream.read_to_end(&mut page).await?;
    let response = Response::parse(&page).map_err(io::Error::other)?;
    let (status, n) = (response.status, response.body.len());
    say(began, format_args!("  a task has {url}: {status}, {n} bytes"))
}

/// Their deadlines are kept ...
async fn nap(began: Instant) -> io::Result<()> {
    for _ in 0..3 {
        sleep(Duration::from_millis(30)).await;
        say(began, format_args!("  a task has slept for 30 ms"))?;
    }
    Ok(())
}

/// ... and what comes from other threads is heard.
async fn wait_for_a_thread(began: Instant) -> io::Result<()> {
    let work = eagain::offload(|| thread::sleep(Duration::from_millis(50)));
    work.await.map_err(|e| io::Error::other(e.to_string()))?;
    say(began, format_args!("  a task has heard from another thread"))
}

fn main() -> ExitCode {
    pages::serve_if_asked();
    pages::several(ABOUT, pages::DELAYS.len(), show)
}

fn show(targets: &[Target]) -> Result<(), Box<dyn Error>> {
    let began = clock::now();
    let event_loop = EventLoop::builder().from_env()?.build()?;
    let mut tasks: Vec<JoinHandle<io::Result<()>>> = Vec::new();
    for (url, addr) in targets.iter().cloned() {
        tasks.push(event_loop.spawn(async move {
            let fetched = timeout(PATIENCE, fetch(&url, addr, began)).await;
            let fetched = fetched.unwrap_or_else(|late| Err(late.into()));
            fetched.map_err(|e| io::Error::other(format!("{url}: {e}")))
        }));
    }
    tasks.push(event_loop.spawn(nap(began)));
    tasks.push(event_loop.spawn(wait_for_a_thread(began)));

    let period = Duration::from_millis(60);
    let waits = foreign::run(vec![
        Box::new(Input { stdin: io::stdin(), began }),
        Box::new(Tick { due: began + period, period, began }),
        Box::new(Ours { event_loop, began }),
    ])?;
    for task in tasks {
        task.take().ok_or("a task was left")?.map_err(|e| e.to_string())??;
    }
    writeln!(io::stdout(), "{:.3?} in {waits} waits of the foreign loop", began.elapsed())?;
    Ok(())
}

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(30);

fn say(began: Instant, what: std::fmt::Arguments<'_>) -> io::Result<()> {
    writeln!(io::stdout(), "{:8.1} ms  {what}", began.elapsed().as_secs_f64() * 1000.0)
}
