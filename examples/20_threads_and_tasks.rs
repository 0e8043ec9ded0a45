//! Step 20: a thread for each request against a task for each request, measured.
//!
//! A thread is the kernel's: it has a stack of its own, as large as it may ever need, structures in
//! the kernel, and is put to sleep and woken by it, or made to stand aside in the middle of
//! something. A task is a value of this program: as large as what it needs while it waits, and it
//! gives way where it says so. The same things are done by both, and looked at from outside: what
//! the kernel says of memory, processor time and switches.
//!
//! ```text
//! cargo run --release --example 20_threads_and_tasks
//! cargo run --release --example 20_threads_and_tasks 10000 30000
//! cargo run --release --example 20_threads_and_tasks --plot /tmp/threads.svg
//! ```
//!
//! | file | what |
//! |---|---|
//! | `20_threads_and_tasks/threads.rs` | a thread for each |
//! | `20_threads_and_tasks/tasks.rs` | a task for each |
//! | `20_threads_and_tasks/process.rs` | what the kernel says that it took |
//! | `20_threads_and_tasks/peer.rs` | the other side, in a child process |
//! | `20_threads_and_tasks/by_select.rs`, `sweep.rs` | the third way for the plot, and the plot |
//!
//! In strace, fetches by tasks are these, over and over on one thread; of fetches by threads, only
//! `-f` shows anything, and of each thread `mmap`, `mprotect`, `clone3` and `futex` besides:
//!
//! ```text
//! connect(9, {...}, 128) = -1 EINPROGRESS (Operation now in progress)
//! epoll_ctl(7, EPOLL_CTL_ADD, 9, {events=EPOLLIN|EPOLLPRI|EPOLLOUT|EPOLLRDHUP|EPOLLET, ...}) = 0
//! sendto(9, "GET / HTTP/1.0\r\n\r\n", 18, MSG_NOSIGNAL, NULL, 0) = 18
//! recvfrom(9, "HTTP/1.1 200 OK\r\nContent-Length:"..., 4096, 0, NULL, NULL) = 51
//! recvfrom(9, "", 4045, 0, NULL, NULL) = 0
//! ```

#[path = "20_threads_and_tasks/by_select.rs"]
mod by_select;
#[path = "pages/command_line.rs"]
mod command_line;
#[path = "20_threads_and_tasks/peer.rs"]
mod peer;
mod plot;
#[path = "20_threads_and_tasks/process.rs"]
mod process;
#[path = "20_threads_and_tasks/report.rs"]
mod report;
#[path = "20_threads_and_tasks/run.rs"]
mod run;
#[path = "20_threads_and_tasks/sweep.rs"]
mod sweep;
#[path = "20_threads_and_tasks/tasks.rs"]
mod tasks;
#[path = "20_threads_and_tasks/threads.rs"]
mod threads;

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use eagain_sys::{descriptor, socket};
use peer::Peer;
use report::Row;
use run::Run;

const ABOUT: &str = "\
Does the same by a thread and by a task for each request, and compares what it takes: CONNECTIONS
fetches and echoes at once (1000 if nothing is said), then MANY that only are there (10000).
--plot FILE.svg draws what an echo takes by threads, by select and by epoll, 10 to 10000
connections being open.";

/// All that a fetch sends, and what comes back.
const REQUEST: &[u8] = b"GET / HTTP/1.0\r\n\r\n";
const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!";

/// All that an echo reads at a time.
const BUFFER: usize = 4096;

/// How many rounds the clients of the echo do, all of them at once.
const ROUNDS: usize = 20;

/// How often is switched, to find out how long that takes.
const SWITCHES: u32 = 20_000;

fn main() -> ExitCode {
    peer::run_if_asked();
    let (given, file) =
        command_line::arguments_and("--plot", "[CONNECTIONS [MANY]] [--plot FILE.svg]", ABOUT);
    if given.len() > 2 {
        command_line::refuse("at most two numbers expected (see --help)");
    }
    let number = |i: usize, name: &str, default: usize, most: usize| {
        let number = given
            .get(i)
            .map_or(Some(default), |text| text.parse().ok().filter(|n| (1..=most).contains(n)));
        number
            .unwrap_or_else(|| command_line::refuse(&format!("{name}: a number from 1 to {most}")))
    };
    // Each connection needs a port of this machine; there are some 28,000.
    let connections = number(0, "CONNECTIONS", 1000, 20_000);
    let many = number(1, "MANY", 10_000, 10_000_000);
    command_line::finish(compare(connections, many, file.map(PathBuf::from)))
}

fn compare(connections: usize, many: usize, file: Option<PathBuf>) -> Result<(), Box<dyn Error>> {
    process::allow_descriptors(connections)?;
    // Tasks first: what threads leave behind in the allocator would be counted as theirs.
    let (idle, sleepers) = tasks::idle(many)?;
    let tasks = Row {
        idle,
        fetch: fetch(connections, tasks::fetch)?,
        echo: echo(connections, tasks::echo)?,
        switch: tasks::switch(SWITCHES)?,
    };
    drop(sleepers);
    let threads = Row {
        idle: threads::idle(many)?,
        fetch: fetch(connections, threads::fetch)?,
        echo: echo(connections, threads::echo)?,
        switch: threads::switch(SWITCHES)?,
    };
    report::print(&threads, &tasks)?;
    if let Some(file) = file {
        sweep::plot(&file)?;
    }
    Ok(())
}

fn fetch(
    n: usize,
    by: fn(usize, SocketAddr, &mut Peer) -> io::Result<Run>,
) -> Result<Run, Box<dyn Error>> {
    let (mut peer, addr) = peer::hold(n)?;
    Ok(by(n, addr, &mut peer)?)
}

/// A scene, and how long the clients waited in all.
type Echo = (Run, Duration);

fn echo(n: usize, by: fn(usize, TcpListener) -> io::Result<Run>) -> Result<Echo, Box<dyn Error>> {
    let listener = listen()?;
    let mut clients = peer::clients(listener.local_addr()?, n, n, ROUNDS)?;
    let run = by(n, listener)?;
    // Where the system refused a thread, the clients were left alone.
    let took = if run.refused.is_some() { Duration::ZERO } else { clients.took()? };
    Ok((run, took))
}

/// A listener whose queue is long enough for ten thousand at once.
fn listen() -> io::Result<TcpListener> {
    let listener = socket::listen_tcp(&(Ipv4Addr::LOCALHOST, 0).into(), 4096)?;
    descriptor::set_nonblocking(listener.as_fd(), false)?;
    Ok(listener.into())
}

/// Whether it is the page.
fn check(page: &[u8]) -> io::Result<()> {
    if page == PAGE { Ok(()) } else { Err(io::Error::other("another page came")) }
}
