//! Step 10: the server side. One task accepts, and spawns another for each connection.
//!
//! What was read is sent back, and mostly *send* takes it at once. But a client may not read:
//! then its receive buffer fills up, then our send buffer, and *send* too says EAGAIN. The task
//! parks until there is room, and reads no more from that client meanwhile; the others do not
//! notice. Sockets that never have to wait to write are never watched for it.
//!
//! The clients are a child process: three that chat, and one that sends 32 KiB and reads late and
//! slowly. When they are gone, the server ends.
//!
//! ```text
//! cargo run --release --example 10_echo
//! EAGAIN_TRACE=turns cargo run --release --example 10_echo
//! ```
//!
//! The connection of the slow reader in strace:
//!
//! ```text
//! accept4(3, {...}, [128 => 16], SOCK_CLOEXEC|SOCK_NONBLOCK) = 11
//! recvfrom(11, 0x55e868741710, 1024, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)
//! epoll_ctl(4, EPOLL_CTL_ADD, 11, {events=EPOLLIN|EPOLLPRI|EPOLLRDHUP|EPOLLET, ...}) = 0
//! recvfrom(11, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"..., 1024, 0, NULL, NULL) = 1024
//! sendto(11, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"..., 1024, MSG_NOSIGNAL, NULL, 0) = 1024
//!     ... and so on, until nothing more fits on the way to the client
//! sendto(11, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"..., 1024, MSG_NOSIGNAL, NULL, 0) = -1 EAGAIN (...)
//! epoll_ctl(4, EPOLL_CTL_MOD, 11, {events=EPOLLIN|EPOLLPRI|EPOLLOUT|EPOLLRDHUP|EPOLLET, ...}) = 0
//! recvfrom(8, "two", 1024, 0, NULL, NULL) = 3
//! sendto(8, "two", 3, MSG_NOSIGNAL, NULL, 0) = 3
//!     ... the others go on, and when the client has read something
//! epoll_wait(4, [{events=EPOLLIN|EPOLLOUT|EPOLLRDHUP, data={u32=5, u64=5}}, ...], 1024, -1) = 3
//! sendto(11, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"..., 1024, MSG_NOSIGNAL, NULL, 0) = 1024
//! ```

#[path = "10_echo/clients.rs"]
mod clients;
#[path = "pages/command_line.rs"]
mod command_line;

use std::error::Error;
use std::io::{self, Write};
use std::net::{self, Ipv4Addr};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use eagain::net::{TcpListener, TcpStream};
use eagain::{Context, EventLoop, Generator, JoinHandle, Source, Step};
use eagain_sys::socket;

const ABOUT: &str =
    "Echoes for four clients, one of which does not read, and shows the tasks of the server.";

/// What a connection holds at most: what was read and not sent back yet.
const BUFFER: usize = 1024;

/// Accepts connections, and spawns a task for each.
struct Accept {
    listener: TcpListener,
    log: Log,
}

impl Accept {
    fn advance(&mut self, cx: &mut Context<'_>) -> io::Result<Step<()>> {
        loop {
            match self.listener.try_accept() {
                Ok(Some((stream, _))) => {
                    let (unsent, log) = (Vec::with_capacity(BUFFER), Log::new(self.log.began));
                    let echo = cx.spawn(Echo { stream, unsent, echoed: 0, log });
                    self.log.add(format!("accepted, spawned {}", echo.id()));
                    echo.detach();
                }
                Ok(None) => {
                    self.log.add("WAITING to accept");
                    return Ok(Step::Yield(cx.readable(&self.listener)?));
                }
                // The connection still queues, so asking again at once would spin.
                Err(e) if eagain::is_fd_exhaustion(&e) => {
                    self.log.add("out of descriptors, WAITING for a close");
                    return Ok(Step::Yield(cx.descriptor_closed(Duration::from_millis(100))));
                }
                Err(e) => return Err(e),
            }
        }
    }
}

impl Generator for Accept {
    type Return = io::Result<()>;

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<io::Result<()>> {
        let step = self.advance(cx);
        self.log.print(cx, step)
    }

    fn state(&self) -> &'static str {
        "accept"
    }
}

/// Echoes on one connection until the client has said all.
struct Echo {
    stream: TcpStream,
    unsent: Vec<u8>,
    echoed: u64,
    log: Log,
}

impl Echo {
    fn advance(&mut self, cx: &mut Context<'_>) -> io::Result<Step<()>> {
        let before = self.echoed;
        loop {
            // What was read is sent before anything else is read.
            while !self.unsent.is_empty() {
                let Some(n) = self.stream.try_write(&self.unsent)? else {
                    let echoed = self.echoed - before;
                    self.log.add(format!("{echoed} bytes echoed, EAGAIN, WAITING to write"));
                    return Ok(Step::Yield(cx.writable(&self.stream)?));
                };
                self.unsent.drain(..n);
                self.echoed += n as u64;
            }
            match self.stream.try_read_append(&mut self.unsent)? {
                Some(0) => {
                    self.log.add(format!("the end after {} bytes", self.echoed));
                    return Ok(Step::Return(()));
                }
                Some(_) => {}
                None => {
                    self.log.add(format!("{} bytes echoed, WAITING to read", self.echoed - before));
                    return Ok(Step::Yield(cx.readable(&self.stream)?));
                }
            }
        }
    }
}

impl Generator for Echo {
    type Return = io::Result<()>;

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<io::Result<()>> {
        let step = self.advance(cx);
        self.log.print(cx, step)
    }

    fn state(&self) -> &'static str {
        if self.unsent.is_empty() { "read" } else { "send" }
    }
}

/// Takes down what the clients report, and ends the server when they are gone.
struct Reports {
    /// Their standard output, which ends when they do.
    pipe: Source,
    accept: JoinHandle<io::Result<()>>,
    log: Log,
}

impl Reports {
    fn advance(&mut self, cx: &mut Context<'_>) -> io::Result<Step<()>> {
        let mut report = [0; 4096];
        loop {
            match self.pipe.try_read(&mut report)? {
                Some(0) => {
                    self.log.add("the clients are gone, so nobody needs to accept");
                    self.accept.abort();
                    return Ok(Step::Return(()));
                }
                Some(n) => self.log.add(String::from_utf8_lossy(&report[..n]).trim()),
                None => {
                    self.log.add("WAITING to read");
                    return Ok(Step::Yield(cx.readable(&self.pipe)?));
                }
            }
        }
    }
}

impl Generator for Reports {
    type Return = io::Result<()>;

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<io::Result<()>> {
        let step = self.advance(cx);
        self.log.print(cx, step)
    }

    fn state(&self) -> &'static str {
        "reports"
    }
}

/// What a task did in a resume, in words.
struct Log {
    began: Instant,
    did: Vec<String>,
}

impl Log {
    fn new(began: Instant) -> Log {
        Log { began, did: Vec::new() }
    }

    fn add(&mut self, what: impl Into<String>) {
        self.did.push(what.into());
    }

    fn print<T>(&mut self, cx: &Context<'_>, step: io::Result<Step<T>>) -> Step<io::Result<T>> {
        if let Err(e) = &step {
            self.add(e.to_string());
        }
        let (ms, id, cause) = (milliseconds(self.began), cx.id(), cx.cause());
        let did = self.did.join(", ");
        self.did.clear();
        let shown = writeln!(io::stdout(), "{ms:7.1} ms  RUNNING {id} ({cause}): {did}");
        Step::from_result(shown.and(step))
    }
}

fn main() -> ExitCode {
    clients::run_if_asked();
    if !command_line::arguments("", ABOUT).is_empty() {
        command_line::refuse("no argument expected (see --help)");
    }
    command_line::finish(serve())
}

fn serve() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    let listener = socket::listen_tcp(&(Ipv4Addr::LOCALHOST, 0).into(), TcpListener::BACKLOG)?;
    // Connections inherit it: what may be on its way to a client that does not read.
    socket::set_send_buffer(listener.as_fd(), 4096)?;
    let listener = TcpListener::try_from(net::TcpListener::from(listener))?;
    let addr = listener.local_addr()?;
    writeln!(out, "listening on {addr}")?;
    let mut peer = clients::start(addr)?;

    let began = Instant::now();
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    let accept = event_loop.spawn(Accept { listener, log: Log::new(began) });
    let mut reports = None;
    if let Some(pipe) = peer.stdout.take() {
        let pipe = Source::new(pipe)?;
        reports = Some(event_loop.spawn(Reports { pipe, accept, log: Log::new(began) }));
    }
    // `event_loop.run()`, with a look at the tasks after each turn.
    while event_loop.counts().tasks > 0 {
        event_loop.turn(None)?;
        let ms = milliseconds(began);
        let ready = in_state(&event_loop, eagain::State::Ready);
        let waiting = in_state(&event_loop, eagain::State::Waiting);
        writeln!(out, "{ms:7.1} ms  READY   {ready}   WAITING {waiting}")?;
        // Where they failed nobody would end the server.
        if let Some(ended) = reports.as_ref().and_then(JoinHandle::take) {
            ended??;
        }
    }
    if !peer.wait()?.success() {
        return Err("the clients failed".into());
    }
    Ok(())
}

/// Which tasks the loop has in this state, and what for.
fn in_state(event_loop: &EventLoop, state: eagain::State) -> String {
    let tasks = event_loop.tasks();
    let of_state = tasks.iter().filter(|task| task.state == state);
    let names: Vec<_> =
        of_state.map(|t| format!("{} {}", t.id, t.waits_for).trim().to_owned()).collect();
    if names.is_empty() { "nobody".into() } else { names.join(", ") }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
