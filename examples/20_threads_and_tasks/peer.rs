//! The other side: a server that holds its answers back until it is told, and clients for the echo.
//!
//! They run in a child process, the example's own binary started a second time, so that what is
//! measured, and traced, is one side only.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsFd;
use std::process::{self, Child, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};
use std::{env, net};

use eagain::net::{TcpListener, TcpStream};
use eagain::{EventLoop, Source};

use crate::process::allow_descriptors;

/// The arguments that turn the example into its own peer.
const HOLD: &str = "--hold";
const CLIENTS: &str = "--clients";

const MESSAGE: [u8; 64] = [b'x'; 64];

/// A running peer. Dropping it ends the child process and waits for that.
pub(crate) struct Peer {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Peer {
    fn start(args: &[String]) -> io::Result<Peer> {
        let mut command = Command::new(env::current_exe()?);
        let mut child = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Peer { child, stdout: BufReader::new(stdout) })
    }

    /// What it says next.
    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // A server ends with its standard input, clients with their connections.
        if let Err(e) = self.child.wait() {
            eprintln!("cannot wait for the peer: {e}");
        }
    }
}

/// A server for so many fetches, and where it listens.
pub(crate) fn hold(n: usize) -> io::Result<(Peer, SocketAddr)> {
    let mut peer = Peer::start(&[HOLD.into(), n.to_string()])?;
    let line = peer.line()?;
    let addr = line.parse().map_err(|_| io::Error::other(format!("the peer said {line:?}")))?;
    Ok((peer, addr))
}

impl Peer {
    /// Lets the server answer.
    pub(crate) fn go(&mut self) -> io::Result<()> {
        let stdin = self.child.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        stdin.write_all(b"go")
    }
}

/// Starts clients: in each of `rounds`, `active` of the connections send and are answered.
pub(crate) fn clients(
    addr: SocketAddr,
    connections: usize,
    active: usize,
    rounds: usize,
) -> io::Result<Peer> {
    let numbers = [connections, active, rounds].map(|n| n.to_string());
    Peer::start(&[&[CLIENTS.into(), addr.to_string()][..], &numbers].concat())
}

impl Peer {
    /// How long the clients' rounds took in all.
    pub(crate) fn took(&mut self) -> io::Result<Duration> {
        let line = self.line()?;
        let ns = line.parse().map_err(|_| io::Error::other("the clients were not served"))?;
        Ok(Duration::from_nanos(ns))
    }
}

/// In the child process: does its part, and does not return. Elsewhere it does nothing.
pub(crate) fn run_if_asked() {
    let args: Vec<String> = env::args().skip(1).collect();
    let ended = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [HOLD, n] => n.parse().map_err(Into::into).and_then(serve),
        [CLIENTS, addr, connections, active, rounds] => talk([addr, connections, active, rounds]),
        _ => return,
    };
    // Whoever started it learns from the silence on its standard output.
    process::exit(i32::from(ended.is_err()));
}

/// Pages that nobody is sent before the word is given.
#[derive(Clone, Default)]
struct Held {
    streams: Rc<RefCell<Vec<TcpStream>>>,
    going: Rc<Cell<bool>>,
}

fn serve(n: usize) -> Result<(), Box<dyn Error>> {
    allow_descriptors(n)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    writeln!(io::stdout(), "{}", listener.local_addr()?)?;
    let (mut event_loop, held) = (EventLoop::new()?, Held::default());
    event_loop.spawn(accept(listener, held.clone())).detach();
    let stdin = Source::new(io::stdin().as_fd().try_clone_to_owned()?)?;
    event_loop.block_on(async {
        let mut word = [0; 16];
        if stdin.read(&mut word).await? > 0 {
            held.going.set(true);
            for stream in held.streams.take() {
                send_page(stream).await;
            }
        }
        // The end: all have their answers, or nobody wants them.
        stdin.read(&mut word).await.map(drop)
    })??;
    Ok(())
}

async fn accept(listener: TcpListener, held: Held) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        eagain::spawn(answer(stream, held.clone())).detach();
    }
}

/// Reads a request, and answers it when the time has come.
async fn answer(stream: TcpStream, held: Held) -> io::Result<()> {
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_append(&mut head).await? == 0 {
            return Ok(());
        }
    }
    if held.going.get() {
        send_page(stream).await;
    } else {
        held.streams.borrow_mut().push(stream);
    }
    Ok(())
}

/// Whoever does not take it is no concern of its server.
async fn send_page(stream: TcpStream) {
    stream.write_all(crate::PAGE).await.unwrap_or(());
}

fn talk(args: [&str; 4]) -> Result<(), Box<dyn Error>> {
    let addr: SocketAddr = args[0].parse()?;
    let number = |i: usize| args[i].parse::<usize>();
    let (connections, active, rounds) = (number(1)?, number(2)?, number(3)?);
    allow_descriptors(connections)?;
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        streams.push(net::TcpStream::connect(addr)?);
    }
    // Once each, so that all of them are known to the server, and after that it counts.
    round(&mut streams)?;
    let began = Instant::now();
    for i in 0..rounds {
        let from = (i * active) % (connections - active + 1);
        round(&mut streams[from..from + active])?;
    }
    writeln!(io::stdout(), "{}", began.elapsed().as_nanos())?;
    Ok(())
}

/// All say something, and then wait for their echoes.
fn round(streams: &mut [net::TcpStream]) -> io::Result<()> {
    streams.iter_mut().try_for_each(|stream| stream.write_all(&MESSAGE))?;
    let mut answer = [0; MESSAGE.len()];
    streams.iter_mut().try_for_each(|stream| stream.read_exact(&mut answer))
}
