//! Step 13: one await after the other, and all of them at once.
//!
//! `a().await; b().await` does not begin with `b` before `a` is done, as a function would not: a
//! minute and a second take a minute and a second. `join!` polls both, waits for whichever can go
//! on, and is done when all are: a minute. Nothing was spawned for it. The futures lie in the one
//! task that awaits them, may borrow from it, and are resumed through it. The minute is 0.6 s here.
//!
//! ```text
//! cargo run --release --example 13_gather [http://HOST[:PORT][/PATH]...]
//! EAGAIN_TRACE=turns cargo run --release --example 13_gather
//! ```
//!
//! In strace, two waits of the loop that follow each other (0.6 s, then 0.01 s); then two again, but
//! now the second is what is left of the longer one:
//!
//! ```text
//! epoll_pwait2(3, [], 1024, {tv_sec=0, tv_nsec=599990000}, NULL, 8) = 0
//! epoll_pwait2(3, [], 1024, {tv_sec=0, tv_nsec=9990000}, NULL, 8) = 0
//! epoll_pwait2(3, [], 1024, {tv_sec=0, tv_nsec=9990000}, NULL, 8) = 0
//! epoll_pwait2(3, [], 1024, {tv_sec=0, tv_nsec=589900000}, NULL, 8) = 0
//! ```
//!
//! Of the pages, the first time each `socket` comes after the `close` of the one before; the second
//! time all are open together.

#[path = "pages/fetching.rs"]
mod fetching;
mod pages;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use eagain::EventLoop;
use eagain::future::try_join_all;
use eagain::time::sleep;
use fetching::fetch;
use pages::Target;

const ABOUT: &str = "Sleeps twice and fetches all pages: one after the other, and together.";

/// A minute and a second, a hundred times faster.
const MINUTE: Duration = Duration::from_millis(600);
const SECOND: Duration = Duration::from_millis(10);

fn main() -> ExitCode {
    pages::serve_if_asked();
    pages::several(ABOUT, 5, |targets| {
        let mut event_loop = EventLoop::builder().from_env()?.build()?;
        event_loop.block_on(show(targets))??;
        let counts = event_loop.counts();
        writeln!(io::stdout(), "all by one task, in {} turns of the loop", counts.turns)?;
        Ok(())
    })
}

async fn show(targets: &[Target]) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    sleep(MINUTE).await;
    sleep(SECOND).await;
    say("a minute, then a second", began)?;

    let began = Instant::now();
    eagain::join!(sleep(MINUTE), sleep(SECOND));
    say("a minute and a second", began)?;

    let (began, mut one_by_one) = (Instant::now(), 0);
    for (url, addr) in targets {
        one_by_one += fetch(url, *addr).await?;
    }
    say(&format!("{} pages, one by one", targets.len()), began)?;

    let began = Instant::now();
    let lengths = try_join_all(targets.iter().map(|(url, addr)| fetch(url, *addr))).await?;
    say(&format!("{} pages together", targets.len()), began)?;

    let together: usize = lengths.iter().sum();
    writeln!(io::stdout(), "{one_by_one} bytes, and {together} bytes")?;
    Ok(())
}

fn say(what: &str, began: Instant) -> io::Result<()> {
    let ms = began.elapsed().as_secs_f64() * 1000.0;
    writeln!(io::stdout(), "{what:24} {ms:7.1} ms")
}
