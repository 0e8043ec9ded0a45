//! Ten thousand connections at once, and what they cost: the C10K problem, on one thread.
//!
//! ```text
//! cargo run --release --example c10k
//! cargo run --release --example c10k 1000
//! ```
//!
//! Opens N connections to an echo server of its own in a child process, sends on each of them 64
//! bytes that no other one sends, and expects them back; then once more, all at the same moment. While
//! they are all there and idle, it says what memory they take: ours, on both sides, and the kernel's.
//!
//! What stands in the way, and what is done about it:
//!
//! * `RLIMIT_NOFILE`: each side needs a descriptor for each connection. The soft limit is raised up
//!   to the hard one. If that is too low it says so, and takes as many connections as it can.
//! * Ports: a connection is known by two addresses and two ports. From one address to one server
//!   there can be as many as `net.ipv4.ip_local_port_range` has ports, 28,232 by default, less those
//!   that are in use. Beyond that the next ones come from 127.0.0.2, 127.0.0.3 …, which Linux has
//!   without being told.
//! * The listener's queue: those who connect do so 256 at a time.
//!
//! | file | what |
//! |---|---|
//! | `server` | the echo server in its child process |
//! | `clients` | the connections to it |
//! | `limits` | how many there may be |
//! | `memory` | what they take, as `/proc` counts it |
//!
//! A connection of ours in strace: `socket`, `connect`, `epoll_ctl` once in its life, `getsockopt`,
//! `getpeername`; and each echo `sendto`, `recvfrom` = EAGAIN, `recvfrom`. Beyond the first port range
//! also `bind`.

#[path = "c10k/clients.rs"]
mod clients;
#[path = "pages/command_line.rs"]
mod command_line;
#[path = "c10k/limits.rs"]
mod limits;
#[path = "c10k/memory.rs"]
mod memory;
#[path = "c10k/server.rs"]
mod server;

use std::error::Error;
use std::io::{self, Write};
use std::process::{self, ExitCode};
use std::time::{Duration, Instant};

use clients::Clients;
use eagain::EventLoop;
use memory::{Kernel, bytes};
use server::Server;

const ABOUT: &str = "\
Opens N connections at once, 10,000 if nothing is said, to an echo server in a child process;
echoes on all of them, and says what they cost.";

const MOST: usize = 1_000_000;

fn main() -> ExitCode {
    server::run_if_asked();
    let n = match command_line::arguments("[N]", ABOUT).as_slice() {
        [] => 10_000,
        [n] => match n.parse() {
            Ok(n) if (1..=MOST).contains(&n) => n,
            _ => command_line::refuse(&format!("N: a number from 1 to {MOST}")),
        },
        _ => command_line::refuse("one number at most (see --help)"),
    };
    command_line::finish(show(n))
}

fn show(wanted: usize) -> Result<(), Box<dyn Error>> {
    let n = limits::allow(wanted)?;
    let mut out = io::stdout();
    if n < wanted {
        let hard = limits::hard()?;
        writeln!(
            out,
            "{wanted} connections need more descriptors than {hard} (`ulimit -Hn`): {n}"
        )?;
    }
    let server = Server::start(n).map_err(|e| format!("cannot start the server: {e}"))?;
    let sources = limits::sources(n);
    let (ports, from) = (sources.ports, sources.count);
    writeln!(
        out,
        "{n} connections to {}, from {from} address{} with {ports} ports",
        server.addr,
        if from == 1 { "" } else { "es" },
    )?;
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    let clients = event_loop.block_on(measure(n, &server, sources))??;
    let began = Instant::now();
    drop(clients);
    server.end()?;
    took("closed", began.elapsed(), n)?;
    writeln!(out, "{n} of {n} echoed correctly, twice")?;
    Ok(())
}

async fn measure(
    n: usize,
    server: &Server,
    from: limits::Sources,
) -> Result<Clients, Box<dyn Error>> {
    let mut out = io::stdout();
    let before = Both::now(server);
    let began = Instant::now();
    let clients = clients::connect(n, server.addr, from).await?;
    took("connected", began.elapsed(), n)?;
    // The server has seen them all when all of them have had an answer.
    for round in ["echoed", "echoed again"] {
        let began = Instant::now();
        let wrong = clients::echo(&clients).await;
        took(round, began.elapsed(), n)?;
        if let Some(why) = wrong.first() {
            return Err(format!("{} of {n} were not answered as due: {why}", wrong.len()).into());
        }
    }
    let after = Both::now(server);
    let sides = [
        ("the clients'", before.ours, after.ours),
        ("the server's", before.servers, after.servers),
    ];
    for (side, before, after) in sides {
        match (before, after) {
            (Some(before), Some(after)) => {
                let each = after.saturating_sub(before) / n as u64;
                let (before, after) = (bytes(before), bytes(after));
                writeln!(out, "{side:12} VmRSS {before} -> {after}: {each} B a connection")?;
            }
            _ => writeln!(out, "{side:12} memory: the kernel does not say")?,
        }
    }
    for line in before.kernel.grown_to(&after.kernel, n) {
        writeln!(out, "the kernel's {line}")?;
    }
    Ok(clients)
}

fn took(what: &str, time: Duration, n: usize) -> io::Result<()> {
    let (ms, us) = (time.as_secs_f64() * 1e3, time.as_secs_f64() * 1e6 / n as f64);
    writeln!(io::stdout(), "{what:12} {ms:7.0} ms, {us:.0} us each")
}

/// What both processes and the kernel have.
struct Both {
    ours: Option<u64>,
    servers: Option<u64>,
    kernel: Kernel,
}

impl Both {
    fn now(server: &Server) -> Both {
        Both {
            ours: memory::resident(process::id()),
            servers: memory::resident(server.pid()),
            kernel: Kernel::now(),
        }
    }
}
