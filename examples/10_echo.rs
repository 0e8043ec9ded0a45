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
//! ```

#[path = "pages/command_line.rs"]
mod command_line;

use std::error::Error;
use std::io::{self, ErrorKind::WouldBlock, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::os::fd::AsFd;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{env, net, thread};

use eagain::net::{TcpListener, TcpStream};
use eagain::{Context, EventLoop, Generator, JoinHandle, Source, Step};
use eagain_sys::socket;

const ABOUT: &str =
    "Echoes for four clients, one of which does not read, and shows the tasks of the server.";

/// The argument that turns the example into its own clients.
const CLIENTS: &str = "--clients";

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
                Ok((stream, _)) => {
                    let (unsent, log) = (Vec::with_capacity(BUFFER), Log::new(self.log.began));
                    let echo = cx.spawn(Echo { stream, unsent, echoed: 0, log });
                    self.log.add(format!("accepted, spawned {}", echo.id()));
                    echo.detach();
                }
                Err(e) if e.kind() == WouldBlock => {
                    self.log.add("WAITING to accept");
                    return Ok(Step::Yield(cx.readable(&self.listener)?));
                }
                // The connection still queues, so asking again at once would spin.
                Err(e) if eagain::is_fd_exhaustion(&e) => {
                    self.log.add("out of descriptors, WAITING for one to be closed");
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
            let is_sending = !self.unsent.is_empty();
            let answer = if is_sending {
                self.stream.try_write(&self.unsent)
            } else {
                self.stream.try_read_append(&mut self.unsent)
            };
            match answer {
                Ok(n) if is_sending => {
                    self.unsent.drain(..n);
                    self.echoed += n as u64;
                }
                Ok(0) => {
                    self.log.add(format!("the end after {} bytes", self.echoed));
                    return Ok(Step::Return(()));
                }
                Ok(_) => {}
                Err(e) if e.kind() == WouldBlock => {
                    if self.echoed > before {
                        self.log.add(format!("{} bytes echoed", self.echoed - before));
                    }
                    let (wait, what) = match is_sending {
                        true => (cx.writable(&self.stream), "send says EAGAIN, WAITING to write"),
                        false => (cx.readable(&self.stream), "WAITING to read"),
                    };
                    self.log.add(what);
                    return wait.map(Step::Yield);
                }
                Err(e) => return Err(e),
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
            match self.pipe.try_read(&mut report) {
                Ok(0) => {
                    self.log.add("the clients are gone, so nobody needs to accept");
                    self.accept.abort();
                    return Ok(Step::Return(()));
                }
                Ok(n) => self.log.add(String::from_utf8_lossy(&report[..n]).trim()),
                Err(e) if e.kind() == WouldBlock => {
                    self.log.add("WAITING to read");
                    return Ok(Step::Yield(cx.readable(&self.pipe)?));
                }
                Err(e) => return Err(e),
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
    let mut args = env::args().skip(1);
    if args.next().is_some_and(|arg| arg == CLIENTS) {
        let addr = args.next().and_then(|addr| addr.parse().ok());
        let addr = addr.unwrap_or_else(|| command_line::refuse("the clients need an address"));
        return command_line::finish(clients(addr));
    }
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
    let mut peer = start_clients(addr)?;

    let began = Instant::now();
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    let accept = event_loop.spawn(Accept { listener, log: Log::new(began) });
    if let Some(pipe) = peer.stdout.take() {
        let pipe = Source::new(pipe)?;
        event_loop.spawn(Reports { pipe, accept, log: Log::new(began) }).detach();
    }
    // `event_loop.run()`, with a look at the tasks after each turn.
    while event_loop.counts().tasks > 0 {
        event_loop.turn(None)?;
        let ms = milliseconds(began);
        let ready = in_state(&event_loop, eagain::State::Ready);
        let waiting = in_state(&event_loop, eagain::State::Waiting);
        writeln!(out, "{ms:7.1} ms  READY   {ready}   WAITING {waiting}")?;
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

fn start_clients(addr: SocketAddr) -> io::Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    command.args([CLIENTS, &addr.to_string()]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()
}

/// In the child process: plain blocking code with a thread for each client.
fn clients(addr: SocketAddr) -> Result<(), Box<dyn Error>> {
    let chatting: Vec<_> = (0..3).map(|_| net::TcpStream::connect(addr)).collect();
    let slow = socket::blocking_tcp(&addr)?;
    socket::set_receive_buffer(slow.as_fd(), 4096)?;
    socket::connect(slow.as_fd(), &addr)?;
    let slow = net::TcpStream::from(slow);
    thread::sleep(Duration::from_millis(50));

    let ended = thread::scope(|scope| -> Vec<io::Result<()>> {
        let mut threads: Vec<_> =
            chatting.into_iter().map(|stream| scope.spawn(|| chat(stream?))).collect();
        threads.push(scope.spawn(|| read_slowly(&slow)));
        threads.push(scope.spawn(|| {
            (&slow).write_all(&[b'x'; 32768])?;
            slow.shutdown(Shutdown::Write)
        }));
        let panicked = |_| Err(io::Error::other("a client panicked"));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(panicked)).collect()
    });
    Ok(ended.into_iter().collect::<io::Result<()>>()?)
}

/// Says three things, and waits for the echo of each.
fn chat(mut stream: net::TcpStream) -> io::Result<()> {
    for word in ["one", "two", "six"] {
        stream.write_all(word.as_bytes())?;
        stream.read_exact(&mut [0; 3])?;
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Lets everything lie for a while.
fn read_slowly(mut stream: &net::TcpStream) -> io::Result<()> {
    let (mut piece, mut bytes) = ([0; 8192], 0);
    loop {
        thread::sleep(Duration::from_millis(10));
        match stream.read(&mut piece)? {
            0 => return writeln!(io::stdout(), "the slow client had {bytes} bytes back"),
            n => bytes += n,
        }
    }
}
