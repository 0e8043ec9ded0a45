//! The other side of the examples that fetch: five pages over HTTP/1.1, each of which takes its
//! time.
//!
//! It runs in a child process, the example's own binary started a second time, so that a trace
//! of the example shows one side of the conversation only. Inside it is plain blocking code with
//! a thread per connection: it is the peer, not the subject.
//!
//! An example calls `serve_if_asked` first thing in `main`, and `start` when it wants pages.
//! The child ends when its standard input does, and that is a pipe which only the parent holds:
//! however the parent ends, the kernel closes the pipe, and no orphan remains.

// Each example uses its part of this module.
#![allow(dead_code)]

pub(crate) mod command_line;
pub(crate) mod http;

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::{self, Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use eagain_sys::{descriptor, socket};

pub(crate) use http::{Response, Url};

/// How long each page takes, from the request to its last byte: `/page/1` is the first. One
/// after another they take a second, together as long as the slowest.
pub(crate) const DELAYS: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_millis(280),
    Duration::from_millis(160),
    Duration::from_millis(240),
    Duration::from_millis(120),
];

/// A response is sent in pieces with this pause before each but the first. The first piece ends
/// in the middle of the head: what `recv` returns is what has arrived, not a message.
const PAUSE: Duration = Duration::from_millis(10);
const FIRST_PIECE: usize = 40;
const PIECE: usize = 4096;

/// The argument that turns an example into its own peer.
const SERVE: &str = "--serve-pages";

/// A running peer. Dropping it ends the child process and waits for that.
pub(crate) struct Pages {
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    child: Child,
}

impl Pages {
    /// The address of page `n`, counted from 1.
    pub(crate) fn url(&self, n: usize) -> Url {
        let addr = self.addr;
        Url { host: addr.ip().to_string(), port: addr.port(), path: format!("/page/{n}") }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // Closes the child's standard input first, which is what ends it.
        if let Err(e) = self.child.wait() {
            eprintln!("cannot wait for the page server: {e}");
        }
    }
}

/// Starts the peer as a child process.
pub(crate) fn start() -> io::Result<Pages> {
    let mut child = Command::new(env::current_exe()?)
        .arg(SERVE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut port = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut port)?;
    }
    let port = port.trim().parse().map_err(|_| io::Error::other("the page server has no port"))?;
    Ok(Pages { addr: (Ipv4Addr::LOCALHOST, port).into(), child })
}

/// What an example fetches: the page, and where its host is.
pub(crate) type Target = (Url, SocketAddr);

/// The `main` of an example that fetches one page: the one that the user named, or else page 1 of
/// a peer that is started for it.
pub(crate) fn one(
    about: &str,
    fetch: impl FnOnce(&Url, &SocketAddr) -> Result<(), Box<dyn Error>>,
) -> ExitCode {
    let own = format!("Without a URL, a child process serves a page that takes {:?}.", DELAYS[0]);
    let named = named(URL, &format!("{about}\n{own}"));
    if named.len() > 1 {
        command_line::refuse("one URL expected (see --help)");
    }
    command_line::finish(targets(named, 1).and_then(|(targets, _peer)| {
        let (url, addr) = &targets[0];
        fetch(url, addr).map_err(|e| format!("{url}: {e}").into())
    }))
}

/// The `main` of an example that fetches any number of pages: those that the user named, or else
/// pages 1 to `n` of a peer that is started for it.
pub(crate) fn several(
    about: &str,
    n: usize,
    fetch: impl FnOnce(&[Target]) -> Result<(), Box<dyn Error>>,
) -> ExitCode {
    several_unless("", about, n, fetch, |_| Ok(()))
}

/// The same with an option that asks for something else to be done, and a file to do it to.
pub(crate) fn several_unless(
    option: &str,
    about: &str,
    n: usize,
    fetch: impl FnOnce(&[Target]) -> Result<(), Box<dyn Error>>,
    other: impl FnOnce(&str) -> Result<(), Box<dyn Error>>,
) -> ExitCode {
    let own = format!("Without a URL, a child process serves {n} pages that take 120 to 280 ms.");
    let takes =
        if option.is_empty() { format!("{URL}...") } else { format!("{URL}... | {option} FILE") };
    let (given, file) = command_line::arguments_and(option, &takes, &format!("{about}\n{own}"));
    if let Some(file) = file {
        if !given.is_empty() {
            command_line::refuse(&format!("either URLs or {option} (see --help)"));
        }
        return command_line::finish(other(&file));
    }
    let named = parsed(&given);
    command_line::finish(targets(named, n).and_then(|(targets, _peer)| fetch(&targets)))
}

const URL: &str = "[http://HOST[:PORT][/PATH]]";

fn named(takes: &str, about: &str) -> Vec<Url> {
    parsed(&command_line::arguments(takes, about))
}

fn parsed(given: &[String]) -> Vec<Url> {
    let parse = |text: &String| Url::parse(text).unwrap_or_else(|e| command_line::refuse(&e));
    given.iter().map(parse).collect()
}

/// Looks the names up, before anything else is done; starts a peer if there are none.
fn targets(mut urls: Vec<Url>, n: usize) -> Result<(Vec<Target>, Option<Pages>), Box<dyn Error>> {
    let mut peer = None;
    if urls.is_empty() {
        let own = start().map_err(|e| format!("cannot start the page server: {e}"))?;
        urls.extend((1..=n).map(|i| own.url(i)));
        peer = Some(own);
    }
    let mut targets = Vec::with_capacity(urls.len());
    for url in urls {
        let addr = url.resolve().map_err(|e| format!("{url}: {e}"))?;
        targets.push((url, addr));
    }
    Ok((targets, peer))
}

/// In the child process: serves pages, and does not return. Elsewhere it does nothing.
pub(crate) fn serve_if_asked() {
    if env::args_os().nth(1).is_some_and(|argument| argument == SERVE) {
        if let Err(e) = serve() {
            eprintln!("the page server failed: {e}");
            process::exit(1);
        }
        process::exit(0);
    }
}

fn serve() -> io::Result<()> {
    // The backlog that std asks for is too short for a thousand connections at once.
    let listener = socket::listen_tcp(&(Ipv4Addr::LOCALHOST, 0).into(), 4096)?;
    descriptor::set_nonblocking(listener.as_fd(), false)?;
    let listener = TcpListener::from(listener);
    writeln!(io::stdout(), "{}", listener.local_addr()?.port())?;
    thread::Builder::new().spawn(move || accept(&listener))?;

    // Nothing ever comes in here but the end.
    io::copy(&mut io::stdin(), &mut io::sink()).map(drop)
}

fn accept(listener: &TcpListener) {
    loop {
        let serving = listener.accept().and_then(|(stream, _)| {
            // A fetcher that leaves early is no concern of its server.
            thread::Builder::new().spawn(move || answer(&stream).unwrap_or(()))
        });
        // Out of descriptors or threads, most likely: some will be free again soon.
        if serving.is_err() {
            thread::sleep(PAUSE);
        }
    }
}

/// Reads one request and sends one response.
fn answer(mut stream: &TcpStream) -> io::Result<()> {
    let mut head = BufReader::new(stream.take(8192)).lines();
    let request = head.next().transpose()?.unwrap_or_default();
    let asked = Instant::now();
    for line in head {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let page = path.strip_prefix("/page/").and_then(|n| n.parse().ok()).unwrap_or(0);
    let (delay, response) = response(page);

    stream.set_nodelay(true)?;
    let (first, rest) = response.split_at(FIRST_PIECE);
    let pauses = rest.chunks(PIECE).count() as u32;
    let lead = delay.saturating_sub(PAUSE * pauses);
    thread::sleep(lead.saturating_sub(asked.elapsed()));
    stream.write_all(first)?;
    for piece in rest.chunks(PIECE) {
        thread::sleep(PAUSE);
        stream.write_all(piece)?;
    }
    Ok(())
}

/// How long page `n` takes, and the bytes of its response, head and body.
fn response(n: usize) -> (Duration, Vec<u8>) {
    let delay = n.checked_sub(1).and_then(|i| DELAYS.get(i)).copied();
    let (status, body) = match delay {
        Some(_) => ("200 OK", (1..=600).map(|i| format!("page {n}, line {i}\n")).collect()),
        None => ("404 Not Found", "There are pages 1 to 5.\n".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    (delay.unwrap_or_default(), (head + &body).into_bytes())
}
