//! Step 12: the fetch as an `async fn`, and the state machine of step 9 beside it.
//!
//! The compiler makes of the function what was written by hand there: a value with a state for each
//! `await`, and with whatever the code behind that needs again as its fields. The loop runs both,
//! and does not ask which is which; so all pages are fetched twice, and the system calls are the
//! same, in the same order. What differs is who counts the states.
//!
//! ```text
//! cargo run --release --example 12_async_fetch [http://HOST[:PORT][/PATH]...]
//! EAGAIN_TRACE=turns cargo run --release --example 12_async_fetch
//! ```
//!
//! | file | what |
//! |---|---|
//! | `12_async_fetch/by_hand.rs` | the generator of step 9, without what it prints |
//! | `12_async_fetch/states.rs` | both machines side by side |
//!
//! A page in strace, by either of them; behind a wait, the `await` that came to it:
//!
//! ```text
//! socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_IP) = 6
//! connect(6, {...}, 128) = -1 EINPROGRESS (Operation now in progress)
//! epoll_ctl(3, EPOLL_CTL_ADD, 6, {events=EPOLLIN|EPOLLPRI|EPOLLOUT|EPOLLRDHUP|EPOLLET, ...}) = 0
//! epoll_wait(3, [{events=EPOLLOUT, data={u32=0, u64=0}}, ...], 1024, -1) = 5     connect().await
//! getsockopt(6, SOL_SOCKET, SO_ERROR, [0], [4]) = 0
//! getpeername(6, {...}, [128 => 16]) = 0
//! sendto(6, "GET /page/1 HTTP/1.0\r\nHost: 127."..., 66, MSG_NOSIGNAL, NULL, 0) = 66
//! epoll_wait(3, [{events=EPOLLIN|EPOLLOUT, data={u32=0, u64=0}}], 1024, -1) = 1  read().await
//! recvfrom(6, "HTTP/1.1 200 OK\r\nContent-Type: t"..., 16384, 0, NULL, NULL) = 40
//! recvfrom(6, "", 16384, 0, NULL, NULL) = 0
//! close(6) = 0
//! ```

#[path = "12_async_fetch/by_hand.rs"]
mod by_hand;
mod pages;
#[path = "12_async_fetch/states.rs"]
mod states;

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Instant;

use by_hand::Fetch;
use eagain::net::TcpStream;
use eagain::{EventLoop, Spawn};
use pages::{Response, Target, Url};

const ABOUT: &str = "\
Fetches all pages at once by an async function, then by the generator that it stands for, and
compares the two.";

/// All that a fetch reads at a time.
const BUFFER: usize = 16384;

async fn fetch(url: Url, addr: SocketAddr) -> io::Result<Vec<u8>> {
    let stream = TcpStream::connect(addr).await?;
    stream.write_all(url.request().as_bytes()).await?;
    let mut page = Vec::new();
    loop {
        page.reserve(BUFFER);
        if stream.read_append(&mut page).await? == 0 {
            return Ok(page);
        }
    }
}

fn main() -> ExitCode {
    pages::serve_if_asked();
    pages::several(ABOUT, 5, fetch_twice)
}

fn fetch_twice(targets: &[Target]) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    writeln!(
        out,
        "{:15} {:>5} {:>9} {:>6} {:>8} {:>14}",
        "", "pages", "wall", "turns", "resumes", "registrations"
    )?;
    let pages = fetch_all("by the compiler", targets, fetch)?;
    fetch_all("by hand", targets, Fetch::new)?;
    for ((url, _), page) in targets.iter().zip(&pages) {
        let response = Response::parse(page).map_err(|e| format!("{url}: {e}"))?;
        writeln!(out, "{url}: {}, {} bytes", response.status, response.body.len())?;
    }
    states::print(&targets[0])?;
    Ok(())
}

/// Fetches all pages at once by tasks of one kind, future or generator.
fn fetch_all<Kind, T: Spawn<Kind, Output = io::Result<Vec<u8>>>>(
    way: &str,
    targets: &[Target],
    task: impl Fn(Url, SocketAddr) -> T,
) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let began = Instant::now();
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    let spawn = |(url, addr): &Target| event_loop.spawn(task(url.clone(), *addr));
    let fetches: Vec<_> = targets.iter().map(spawn).collect();
    event_loop.run()?;
    let (wall, counts) = (began.elapsed(), event_loop.counts());
    let (turns, resumes) = (counts.turns, counts.resumes);
    let (n, registrations) = (targets.len(), counts.reactor.registrations);
    let ms = wall.as_secs_f64() * 1000.0;
    writeln!(
        io::stdout(),
        "{way:15} {n:>5} {ms:6.1} ms {turns:>6} {resumes:>8} {registrations:>14}"
    )?;

    let mut pages = Vec::with_capacity(fetches.len());
    for ((url, _), fetch) in targets.iter().zip(fetches) {
        let Some(end) = fetch.take() else { continue };
        pages.push(end?.map_err(|e| format!("{url}: {e}"))?);
    }
    Ok(pages)
}
