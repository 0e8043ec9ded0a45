//! An HTTP/1.1 server: keep-alive, pipelining, limits, files, and a graceful end.
//!
//! ```text
//! cargo run --release --example http_server [ADDR:PORT] [--dir DIRECTORY]
//! ```
//!
//! | `GET` | who answers |
//! |---|---|
//! | `/` | the connection's task, at once: `Hello, World!` |
//! | `/async` | the connection's task, after it has awaited 100 ms |
//! | `/offload` | a thread of the pool, which blocks for 100 ms |
//! | anything else, and `/`, with `--dir` | files of that directory: regular files cannot be waited for, so the pool opens and reads them |
//!
//! The two slow ones are the two ways to write a handler. Both leave the loop to the others; but a
//! task that waits costs some hundred bytes, and a thread that waits is a thread: with 64 clients at
//! once, `/async` answers them all in 100 ms, and `/offload`, four at a time, takes 1.6 s.
//!
//! What is refused, after which the connection ends:
//!
//! | answer | when |
//! |---|---|
//! | 400 | it is malformed or ambiguous: not one `Host`, not one way to tell where the body ends |
//! | 405, 501 | another method than `GET` and `HEAD`, known or not; a coding besides chunked |
//! | 413 | a `GET` or `HEAD` with a body (`Expect: 100-continue` is answered by that, too) |
//! | 408, 431 | the head takes too long; it is too long |
//! | 505 | neither HTTP/1.1 nor HTTP/1.0 |
//!
//! What a client may cost: no buffer while it is idle, 8 KiB of memory for a head, ten seconds to
//! send one, a minute between two, half a minute for each piece of an answer that it does not take.
//! With `--dir` it may cost a second descriptor: no more clients are let in than there are for that.
//! SIGTERM and Ctrl-C end the program once the answers are out that were asked for, or after ten
//! seconds; a second one ends it at once.
//!
//! | file | what |
//! |---|---|
//! | `connection` | one connection: read, answer, send, wait |
//! | `request` | what was asked, by `httparse` |
//! | `framing` | whether a body follows, and whether that is beyond doubt |
//! | `response` | what is sent back |
//! | `files` | which file, and its bytes |
//! | `server` | what the connections share: buffers, the date, patience, the way to the end |
//!
//! In strace a request costs what an echo does: `epoll_wait`, `recvfrom`, `sendto`; sixteen that
//! arrive in one piece cost the same three together.

#[path = "pages/command_line.rs"]
mod command_line;
#[path = "http_server/connection.rs"]
mod connection;
#[path = "http_server/files.rs"]
mod files;
#[path = "http_server/framing.rs"]
mod framing;
#[path = "http_server/request.rs"]
mod request;
#[path = "http_server/response.rs"]
mod response;
#[path = "http_server/server.rs"]
mod server;

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use eagain::EventLoop;
use eagain::net::{TcpListener, TcpStream};
use eagain::signal::{SignalKind, signal};
use eagain::time::timeout;
use server::Server;

const ABOUT: &str = "\
Serves HTTP/1.1: `Hello, World!` on /, and with --dir the files of a directory. 127.0.0.1:8080
unless told otherwise; port 0 is any. SIGTERM and Ctrl-C end it when all answers are out.";

/// How long answers may take to get out at the end.
const GRACE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let (arguments, dir) =
        command_line::arguments_and("--dir", "[ADDR:PORT] [--dir DIRECTORY]", ABOUT);
    let addr = match arguments.as_slice() {
        [] => "127.0.0.1:8080".to_owned(),
        [addr] => addr.clone(),
        _ => command_line::refuse("one address at most (see --help)"),
    };
    let Ok(addr) = addr.parse() else {
        command_line::refuse(&format!("{addr:?} is not an address like 127.0.0.1:8080"))
    };
    let root = dir.map(|dir| {
        files::root(&dir).unwrap_or_else(|e| command_line::refuse(&format!("--dir {dir}: {e}")))
    });
    command_line::finish(run(addr, root))
}

fn run(addr: SocketAddr, root: Option<PathBuf>) -> Result<(), Box<dyn Error>> {
    let server = Rc::new(Server::new(root)?);
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    event_loop.block_on(serve(addr, server))?
}

async fn serve(addr: SocketAddr, server: Rc<Server>) -> Result<(), Box<dyn Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener = TcpListener::bind(addr).map_err(|e| format!("{addr}: {e}"))?;
    listener.set_nodelay(true)?;
    writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;

    let ticking = eagain::spawn(server.clone().tick());
    eagain::select! {
        ended = accept(&listener, &server) => return Ok(ended?),
        asked = terminate.recv() => asked?,
        asked = interrupt.recv() => asked?,
    }
    // Nobody hears a second one: it ends the program at once.
    drop((terminate, interrupt));
    // Whoever is in the queue has been told by the kernel that somebody is here.
    loop {
        match listener.try_accept() {
            Ok(Some((stream, _))) => begin(stream, &server),
            Ok(None) => break,
            // Those who are here have their answers all the same.
            Err(e) => {
                tell(format_args!("the queue is given up: {e}"));
                break;
            }
        }
    }
    drop(listener);
    server.drain();
    tell(format_args!("draining: {} connections", server.connections()));
    let drained = timeout(GRACE, server.empty()).await;
    ticking.abort();
    if drained.is_err() {
        tell(format_args!("gave up on {} of them", server.connections()));
    }
    Ok(())
}

/// Says how the end comes on. That nobody hears it ends no answer.
fn tell(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// A connection counts from here on, not when its task first runs: the program may end before.
fn begin(stream: TcpStream, server: &Rc<Server>) {
    eagain::spawn(connection::serve(server.watch(stream), server.clone())).detach();
}

async fn accept(listener: &TcpListener, server: &Rc<Server>) -> io::Result<()> {
    loop {
        server.has_room().await;
        // Out of descriptors it waits until one is closed.
        let (stream, _) = listener.accept().await?;
        begin(stream, server);
    }
}
