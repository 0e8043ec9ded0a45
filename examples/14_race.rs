//! Step 14: not waiting for something: in the background, until another one wins, for so long, or
//! not any more.
//!
//! A future that is awaited no longer is dropped, and with it goes what it waited with: its timer,
//! its interest in a socket, the socket itself. That is all there is to cancelling; nobody has to
//! be told. A task is a future that the loop holds: to drop that, somebody has to `abort` it.
//! Behind each line stands what the loop holds after it.
//!
//! ```text
//! cargo run --release --example 14_race
//! EAGAIN_TRACE=turns cargo run --release --example 14_race
//! ```
//!
//! The race in strace: page 5 has come to its end, the winner's socket is closed, and in the same
//! breath that of the loser, which has received nothing:
//!
//! ```text
//! sendto(6, "GET /page/1 HTTP/1.0\r\nHost: 127."..., 66, MSG_NOSIGNAL, NULL, 0) = 66
//! sendto(7, "GET /page/5 HTTP/1.0\r\nHost: 127."..., 66, MSG_NOSIGNAL, NULL, 0) = 66
//! recvfrom(7, "HTTP/1.1 200 OK\r\nContent-Type: t"..., 4096, 0, NULL, NULL) = 40
//! recvfrom(7, "", 4096, 0, NULL, NULL) = 0
//! close(7) = 0
//! close(6) = 0
//! ```

#[path = "pages/fetching.rs"]
mod fetching;
mod pages;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use eagain::future::race;
use eagain::time::{sleep, timeout};
use eagain::{EventLoop, JoinError};
use pages::{Pages, command_line};

const ABOUT: &str = "\
Fetches pages in four ways not to wait for them: as a background task, as a race, with a timeout,
and with a change of mind. A child process serves the pages.";

/// Less than any page takes.
const PATIENCE: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    pages::serve_if_asked();
    if !command_line::arguments("", ABOUT).is_empty() {
        command_line::refuse("no argument expected (see --help)");
    }
    command_line::finish(show())
}

fn show() -> Result<(), Box<dyn Error>> {
    let pages = pages::start().map_err(|e| format!("cannot start the page server: {e}"))?;
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    let pages = &pages;
    run(&mut event_loop, "in the background", background(pages))?;
    run(&mut event_loop, "the first one wins", first(pages))?;
    run(&mut event_loop, "for so long", no_longer(pages))?;
    run(&mut event_loop, "not any more", cancelled(pages))
}

/// Runs it, and says how long it took and what it left behind.
fn run(
    event_loop: &mut EventLoop,
    what: &str,
    future: impl Future<Output = io::Result<String>>,
) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let came = event_loop.block_on(future)??;
    let (ms, counts) = (began.elapsed().as_secs_f64() * 1000.0, event_loop.counts());
    let (tasks, sources, timers) = (counts.tasks, counts.sources, counts.timers);
    writeln!(
        io::stdout(),
        "{what:20} {ms:6.1} ms  {came}; {tasks} tasks, {sources} sources, {timers} timers left"
    )?;
    Ok(())
}

/// Fetches page `n`, and says so.
async fn page(pages: &Pages, n: usize) -> io::Result<String> {
    let bytes = fetching::fetch(&pages.url(n), pages.addr).await?;
    Ok(format!("page {n}: {bytes} bytes"))
}

/// A task runs whether or not anybody awaits it. It cannot borrow what may end before it does, so
/// it gets its own URL.
async fn background(pages: &Pages) -> io::Result<String> {
    let (url, addr) = (pages.url(4), pages.addr);
    let background = eagain::spawn(async move { fetching::fetch(&url, addr).await });
    let here = page(pages, 1).await?;
    let bytes = background.await.map_err(|e| io::Error::other(e.to_string()))??;
    Ok(format!("{here}, page 4: {bytes} bytes"))
}

/// The loser is dropped, wherever it was.
async fn first(pages: &Pages) -> io::Result<String> {
    race(page(pages, 1), page(pages, 5)).await
}

/// A race against the clock.
async fn no_longer(pages: &Pages) -> io::Result<String> {
    match timeout(PATIENCE, page(pages, 1)).await {
        Ok(page) => page,
        Err(elapsed) => Ok(format!("page 1: {elapsed}")),
    }
}

/// Whoever holds the handle can end the task; whoever awaits it learns of that. Dropping the
/// handle would not end it.
async fn cancelled(pages: &Pages) -> io::Result<String> {
    let (url, addr) = (pages.url(1), pages.addr);
    let task = eagain::spawn(async move { fetching::fetch(&url, addr).await });
    sleep(PATIENCE).await;
    task.abort();
    match task.await {
        Ok(page) => page.map(|bytes| format!("page 1: {bytes} bytes")),
        Err(e @ JoinError::Cancelled) => Ok(format!("page 1: {e}")),
        Err(e) => Err(io::Error::other(e.to_string())),
    }
}
