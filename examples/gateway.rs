//! An HTTP/1.1 gateway: a reverse proxy in front of several servers.
//!
//! ```text
//! cargo run --release --example gateway [ADDR:PORT] UPSTREAM... [--timeout SECONDS]
//! cargo run --release --example gateway 127.0.0.1:8080 127.0.0.1:8001 127.0.0.1:8002
//! curl -v http://127.0.0.1:8080/
//! wrk -c 64 http://127.0.0.1:8080/
//! ```
//!
//! A request goes to the upstream that has the fewest of them, in turn among equals, over a connection
//! that is used again if the upstream agrees. What went wrong is told to the client, by one of these:
//!
//! | answer | when |
//! |---|---|
//! | 400, 431, 501 | the request is malformed or ambiguous; its head is too long; it asks for what is not done here (`CONNECT`, an `Upgrade` other than to h2c, which is ignored, codings other than chunked) |
//! | 408 | the head took longer than ten seconds, or the body comes slower than 1 KiB/s |
//! | 502 | no upstream could be reached, or none answered in HTTP |
//! | 503 | all connections are busy, and so is the queue for them, or it was too slow |
//! | 504 | the connection was not made in time, or no answer came in time (`--timeout`, 30 s) |
//! | 505 | the request is neither HTTP/1.1 nor HTTP/1.0 |
//!
//! Another upstream is tried when nothing was sent to the first; and when it broke off without an
//! answer, if the method is idempotent (`GET HEAD OPTIONS TRACE PUT DELETE`) and nothing of a body
//! was taken from the client. A timeout is not tried again: that is how an overload grows. An answer
//! that breaks off in the middle breaks off at the client, too, and never looks whole.
//!
//! What is passed on: `Host` as the client sent it; bodies piece by piece, 16 KiB in memory, so a slow
//! side slows the other; their length where it is known, else in chunks of our own, without trailers.
//! What is not: fields that concern one connection only. `X-Forwarded-For`, `X-Forwarded-Proto` and
//! `Via` are added. `Expect: 100-continue` is answered here, when an upstream has the head.
//!
//! | file | what |
//! |---|---|
//! | `client` | a client's connection: a request, its answer, the next one |
//! | `exchange` | which upstreams are tried, and what is tried again |
//! | `attempt` | one request to one upstream, and its answer |
//! | `upstreams` | who is asked: pools of connections, who is busy, who is down |
//! | `request`, `answer` | their heads: what they say, and how they are passed on |
//! | `fields` | which fields concern one connection only, and how a body ends |
//! | `body` | a body's bytes, from one side to the other |
//! | `peer` | a connection and what was read from it |
//! | `refusal` | what the gateway says by itself |
//! | `gateway` | what the connections share: limits, the way to the end |
//!
//! A request over connections that are there, in strace: `recvfrom` the client's, `sendto` the
//! upstream's, `epoll_wait`, `recvfrom` the upstream's, `sendto` the client's.

#[path = "gateway/answer.rs"]
mod answer;
#[path = "gateway/attempt.rs"]
mod attempt;
#[path = "gateway/body.rs"]
mod body;
#[path = "gateway/client.rs"]
mod client;
#[path = "pages/command_line.rs"]
mod command_line;
#[path = "gateway/exchange.rs"]
mod exchange;
#[path = "gateway/fields.rs"]
mod fields;
#[path = "gateway/gateway.rs"]
mod gateway;
#[path = "gateway/peer.rs"]
mod peer;
#[path = "gateway/refusal.rs"]
mod refusal;
#[path = "gateway/request.rs"]
mod request;
#[path = "gateway/upstreams.rs"]
mod upstreams;

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use eagain::EventLoop;
use eagain::net::TcpListener;
use eagain::signal::{SignalKind, signal};
use eagain::sync::Semaphore;
use eagain::time::timeout;
use eagain_sys::limits;
use gateway::{Gateway, Presence};
use upstreams::CONNECTIONS;

const ABOUT: &str = "\
Passes HTTP/1.1 requests on to the upstreams, and their answers back. Listens on 127.0.0.1:8080
unless two addresses or more are given: then on the first; port 0 is any. An upstream has
--timeout SECONDS to begin its answer, 30 if nothing is said. SIGTERM and Ctrl-C end it when
all answers are out.";

/// How long answers may take to get out at the end.
const GRACE: Duration = Duration::from_secs(10);

/// So many clients at once, if there are descriptors for them. More of them wait to be accepted.
const CLIENTS: u64 = 8192;
/// Descriptors that are neither a client's nor an upstream's.
const OTHERS: u64 = 32;

fn main() -> ExitCode {
    let takes = "[ADDR:PORT] UPSTREAM... [--timeout SECONDS]";
    let (arguments, seconds) = command_line::arguments_and("--timeout", takes, ABOUT);
    let (addr, upstreams) = match arguments.as_slice() {
        [] => command_line::refuse("an upstream is needed (see --help)"),
        [upstream] => ("127.0.0.1:8080", std::slice::from_ref(upstream)),
        [addr, upstreams @ ..] => (addr.as_str(), upstreams),
    };
    let Ok(addr) = addr.parse() else {
        command_line::refuse(&format!("{addr:?} is not an address like 127.0.0.1:8080"))
    };
    let has_port = |upstream: &String| {
        let port = upstream.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        port.is_some_and(|port| port != 0)
    };
    if let Some(bad) = upstreams.iter().find(|upstream| !has_port(upstream)) {
        command_line::refuse(&format!("{bad:?} is not an upstream like 127.0.0.1:8001"));
    }
    let limit = seconds.map_or(Some(30), |s| s.parse().ok().filter(|s| (1..=3600).contains(s)));
    let Some(limit) = limit else {
        command_line::refuse("--timeout takes a number of seconds, 1 to 3600")
    };
    let gateway = Gateway::new(upstreams, Duration::from_secs(limit));
    command_line::finish(run(addr, Rc::new(gateway), upstreams.len()))
}

fn run(addr: SocketAddr, gateway: Rc<Gateway>, upstreams: usize) -> Result<(), Box<dyn Error>> {
    let clients = clients(upstreams)?;
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    event_loop.block_on(serve(addr, gateway, clients))?
}

/// How many clients there are descriptors for. Upstreams come first: a client without one is of no
/// use to anybody.
fn clients(upstreams: usize) -> Result<usize, Box<dyn Error>> {
    let reserved = OTHERS + (CONNECTIONS * upstreams) as u64;
    let (soft, hard) = limits::descriptors()?;
    let limit = soft.max(hard.min(reserved + CLIENTS));
    if soft < limit {
        limits::set_descriptors(limit)?;
    }
    let clients = limit.saturating_sub(reserved).min(CLIENTS);
    if clients == 0 {
        return Err(format!(
            "{limit} descriptors are too few: {reserved} are kept for other things (`ulimit -Hn`)"
        )
        .into());
    }
    Ok(clients as usize)
}

async fn serve(
    addr: SocketAddr,
    gateway: Rc<Gateway>,
    clients: usize,
) -> Result<(), Box<dyn Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener = TcpListener::builder().nodelay(true).bind(addr);
    let listener = listener.map_err(|e| format!("{addr}: {e}"))?;
    writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;

    eagain::select! {
        ended = accept(&listener, &gateway, Semaphore::new(clients)) => return Ok(ended?),
        asked = terminate.recv() => asked?,
        asked = interrupt.recv() => asked?,
    }
    // Nobody hears a second one: it ends the program at once.
    drop((terminate, interrupt));
    // Whoever is in the queue has been told by the kernel that somebody is here.
    loop {
        match listener.try_accept() {
            Ok(Some((stream, from))) => {
                let presence = Presence::new(gateway.clone());
                eagain::spawn(client::serve(stream, from, presence)).detach();
            }
            Ok(None) => break,
            // Those who are here have their answers all the same.
            Err(e) => {
                tell(format_args!("the queue is given up: {e}"));
                break;
            }
        }
    }
    drop(listener);
    gateway.drain();
    tell(format_args!("draining: {} connections", gateway.clients()));
    if timeout(GRACE, gateway.empty()).await.is_err() {
        tell(format_args!("gave up on {} of them", gateway.clients()));
    }
    Ok(())
}

/// Says how the end comes on. That nobody hears it ends no answer.
fn tell(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{line}");
}

async fn accept(
    listener: &TcpListener,
    gateway: &Rc<Gateway>,
    places: Semaphore,
) -> io::Result<()> {
    let places = Rc::new(places);
    loop {
        let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
        let (stream, from) = listener.accept().await?;
        let presence = Presence::new(gateway.clone());
        let task = async move {
            client::serve(stream, from, presence).await;
            drop(place);
        };
        eagain::spawn(task).detach();
    }
}
