//! Step 21: a loop per core, and what passes between them.
//!
//! One loop runs on one thread, and its tasks need no lock. More cores are more loops, which share
//! nothing: each has its own listener on the same port (`SO_REUSEPORT`), the kernel chooses one for
//! each connection, and there the connection stays. Three things cross over, and nothing else. A
//! *task* is spawned on another loop by its `Handle`: what goes over is the closure that makes it,
//! so only that is `Send`. The *result* comes back the same way: this is how the counts are asked
//! for, which belong to the loops' threads. And a *connection* can be moved, as what it is to the
//! kernel: a descriptor, `OwnedFd`. What has arrived on it and was not read moves along.
//!
//! Go moves its goroutines from thread to thread by itself, and what they share must be guarded;
//! Node has a process per core. This is in between.
//!
//! ```text
//! cargo run --release --example 21_multicore
//! cargo run --release --example 21_multicore 4 127.0.0.1:7777
//! ```
//!
//! The first serves 64 connections of a child process, and ends; with an address it is a server
//! until Ctrl-C, to point a load generator at, and says every second how many connections each loop
//! has had. Whoever sends the word `move` is moved to the next loop, which sends the echo.
//!
//! The port is shared with whoever asks for that as the same user, another run of this program too:
//! the kernel refuses neither and gives each its part of the connections. So the server asks for the
//! port alone first, and says in its second line if it is not.
//!
//! In strace, the main thread makes the listeners; the second one is bound to the port that the
//! first one found. A `write` is the bell of a loop that is sent something, here the task that
//! accepts. What the loops do with it, and the moves, `strace -f` shows:
//!
//! ```text
//! socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_IP) = 3
//! setsockopt(3, SOL_SOCKET, SO_REUSEPORT, [1], 4) = 0
//! bind(3, {sa_family=AF_INET, sin_port=htons(0), ...}, 16) = 0
//! socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_IP) = 4
//! setsockopt(4, SOL_SOCKET, SO_REUSEPORT, [1], 4) = 0
//! bind(4, {sa_family=AF_INET, sin_port=htons(40185), ...}, 16) = 0
//! listen(4, 4096) = 0
//! write(8, "\1\0\0\0\0\0\0\0", 8) = 8
//! write(6, "\1\0\0\0\0\0\0\0", 8) = 8
//! ```

#[path = "21_multicore/clients.rs"]
mod clients;
#[path = "pages/command_line.rs"]
mod command_line;

use std::cell::Cell;
use std::error::Error;
use std::future::pending;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use eagain::net::{TcpListener, TcpStream};
use eagain::{EventLoop, Handle, JoinError, PerCore, RemoteJoinHandle};

const ABOUT: &str = "\
Echoes on as many event loops as there are processors (two at least), or as LOOPS says. Without an
address, a child process is the clients, and the server ends when they have; with one, it serves
until Ctrl-C. Port 0 is any.";

/// How often the counts are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What a loop has done. There is one for each thread, so nothing of it is atomic or locked.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Served {
    accepted: u64,
    moved_here: u64,
    echoes: u64,
}

thread_local! {
    static SERVED: Cell<Served> = Cell::default();
}

fn count(add: impl FnOnce(&mut Served)) {
    let mut served = SERVED.get();
    add(&mut served);
    SERVED.set(served);
}

/// Which of the loops a task is on.
#[derive(Clone)]
struct Place {
    index: usize,
    loops: Arc<[Handle]>,
}

impl Place {
    fn next(&self) -> Place {
        Place { index: (self.index + 1) % self.loops.len(), loops: self.loops.clone() }
    }

    fn handle(&self) -> &Handle {
        &self.loops[self.index]
    }
}

/// Accepts on this loop.
async fn accept(listener: OwnedFd, here: Place) -> io::Result<()> {
    let listener = TcpListener::try_from(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        count(|served| served.accepted += 1);
        eagain::spawn(echo(stream, here.clone())).detach();
    }
}

/// Echoes on this loop, until the peer has said all or wants to be moved.
async fn echo(stream: TcpStream, here: Place) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let n = stream.read(&mut buffer).await?;
        match &buffer[..n] {
            [] => return Ok(()),
            word @ (b"move" | b"move\n") => return move_on(stream, word.into(), here.next()),
            bytes => stream.write_all(bytes).await?,
        }
        count(|served| served.echoes += 1);
    }
}

/// Moves the connection, with what was read from it and not sent back yet.
fn move_on(stream: TcpStream, unsent: Vec<u8>, there: Place) -> io::Result<()> {
    // From here on, the loop that it leaves knows nothing of it.
    let fd = OwnedFd::try_from(stream)?;
    let handle = there.handle().clone();
    let arrive = move || async move {
        count(|served| served.moved_here += 1);
        let stream = TcpStream::try_from(fd)?;
        stream.write_all(&unsent).await?;
        count(|served| served.echoes += 1);
        echo(stream, there).await
    };
    handle.spawn(arrive).detach();
    Ok(())
}

/// Whether somebody listens there already: who asks for the port alone is refused it then.
fn is_listened_to(addr: SocketAddr) -> bool {
    TcpListener::bind(addr).is_err_and(|e| e.kind() == io::ErrorKind::AddrInUse)
}

fn main() -> ExitCode {
    clients::run_if_asked();
    let (loops, addr) = arguments();
    command_line::finish(serve(loops, addr))
}

fn serve(count: usize, named: Option<SocketAddr>) -> Result<(), Box<dyn Error>> {
    let addr = named.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
    let is_shared = named.is_some_and(is_listened_to);
    let (addr, listeners) = listen(addr, count).map_err(|e| format!("{addr}: {e}"))?;

    // Each loop would run for ever; what it does is spawned on it from here.
    let builder = EventLoop::builder().from_env()?;
    let loops = PerCore::new().threads(count).builder(builder).start(|_| pending::<()>())?;
    let handles: Arc<[Handle]> = loops.handles().into();
    let mut accepting = Vec::with_capacity(count);
    for (index, listener) in listeners.into_iter().enumerate() {
        let here = Place { index, loops: handles.clone() };
        accepting.push(handles[index].spawn(move || accept(listener, here)));
    }
    writeln!(io::stdout(), "listening on {addr}")?;
    if is_shared {
        writeln!(io::stdout(), "another program listens there, too: it gets its part of them")?;
    }

    if named.is_some() {
        return watch(&handles, accepting);
    }
    clients::run(addr)?;
    report(&served(&handles)?, &[])?;
    // Stops them, and waits until the threads have ended.
    loops.shutdown();
    Ok(())
}

/// As many listeners on one address as there are loops. The first one may find a port.
fn listen(addr: SocketAddr, count: usize) -> io::Result<(SocketAddr, Vec<OwnedFd>)> {
    let (mut addr, mut listeners) = (addr, Vec::with_capacity(count));
    for _ in 0..count {
        let listener = TcpListener::bind_reuseport(addr)?;
        listener.set_nodelay(true)?;
        addr = listener.local_addr()?;
        listeners.push(OwnedFd::try_from(listener)?);
    }
    Ok((addr, listeners))
}

/// Says what the loops have done, until one of them cannot accept any more.
fn watch(
    handles: &[Handle],
    mut accepting: Vec<RemoteJoinHandle<io::Result<()>>>,
) -> Result<(), Box<dyn Error>> {
    let mut before = vec![Served::default(); handles.len()];
    loop {
        thread::sleep(LOOK);
        if let Some(i) = accepting.iter().position(RemoteJoinHandle::is_finished) {
            return Ok(accepting.swap_remove(i).join()??);
        }
        let now = served(handles)?;
        report(&now, &before)?;
        before = now;
    }
}

/// Asks each loop, by a task that looks at what only its thread can see.
fn served(handles: &[Handle]) -> Result<Vec<Served>, JoinError> {
    let asked: Vec<_> = handles.iter().map(|h| h.spawn(|| async { SERVED.get() })).collect();
    asked.into_iter().map(RemoteJoinHandle::join).collect()
}

/// A line for each loop that has done something since.
fn report(now: &[Served], before: &[Served]) -> io::Result<()> {
    for (i, served) in now.iter().enumerate() {
        let Served { accepted, moved_here, echoes } = served;
        if before.get(i) != Some(served) {
            writeln!(
                io::stdout(),
                "loop {i}: {accepted} connections accepted, {moved_here} moved here, {echoes} echoes"
            )?;
        }
    }
    Ok(())
}

/// How many loops, and where to serve others than our own clients.
fn arguments() -> (usize, Option<SocketAddr>) {
    let mut given = command_line::arguments("[LOOPS [ADDR:PORT]]", ABOUT).into_iter();
    let most = 1024;
    let loops = match given.next().map(|text| text.parse()) {
        None => thread::available_parallelism().map_or(2, NonZeroUsize::get).max(2),
        Some(Ok(loops)) if (1..=most).contains(&loops) => loops,
        Some(_) => command_line::refuse(&format!("LOOPS: a number from 1 to {most}")),
    };
    let addr = given.next().map(|text| {
        let refuse = |_| command_line::refuse("ADDR:PORT: such as 127.0.0.1:7777 or [::1]:7777");
        text.parse().unwrap_or_else(refuse)
    });
    if given.next().is_some() {
        command_line::refuse("two arguments at most (see --help)");
    }
    (loops, addr)
}
