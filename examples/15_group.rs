//! Step 15: a group of tasks, which is not left while one of them runs.
//!
//! A task that was spawned runs on by itself, and if it fails, nobody may notice. In a group, each
//! child is somebody's: the block is left when all are done, and not before, so children may borrow
//! from it. When one fails, the others are cancelled, and the error is the block's. To cancel is to
//! drop, and what is dropped cannot wait; so what needs a goodbye belongs to the parent, which says
//! it after the group, in whichever way that ended. The exit may wait.
//!
//! ```text
//! cargo run --release --example 15_group
//! EAGAIN_TRACE=turns cargo run --release --example 15_group
//! ```
//!
//! The second group in strace: page 9 is not there, and while its answer is being looked at the
//! connection of page 2 is closed, of which nothing had come; then the goodbye, which is waited for:
//!
//! ```text
//! sendto(7, "GET /page/9 HTTP/1.0\r\nHost: 127."..., 66, MSG_NOSIGNAL, NULL, 0) = 66
//! recvfrom(7, "HTTP/1.1 404 Not Found\r\nContent-T"..., 4096, 0, NULL, NULL) = 40
//! close(7) = 0
//! close(9) = 0
//! sendto(6, "GET /page/5 HTTP/1.0\r\nHost: 127."..., 66, MSG_NOSIGNAL, NULL, 0) = 66
//! recvfrom(6, "HTTP/1.1 200 OK\r\nContent-Type: t"..., 4096, 0, NULL, NULL) = 40
//! close(6) = 0
//! ```

#[path = "pages/fetching.rs"]
mod fetching;
mod pages;

use std::cell::Cell;
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use eagain::net::TcpStream;
use eagain::{EventLoop, TaskGroup};
use pages::{Pages, command_line};

const ABOUT: &str = "\
Fetches pages by groups: one in which all goes well, one in which a page is missing. A child process
serves the pages.";

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
    event_loop.block_on(async {
        let view = View { pages: &pages, began: Instant::now(), bytes: Cell::new(0) };
        view.say("three pages")?;
        view.group(&[&[5], &[3], &[2]]).await?;
        let view = View { pages: &pages, began: Instant::now(), bytes: Cell::new(0) };
        view.say("three pages, then one that is not there")?;
        view.group(&[&[5], &[3, 9], &[2]]).await
    })??;
    let counts = event_loop.counts();
    writeln!(io::stdout(), "{} sources and {} timers left", counts.sources, counts.timers)?;
    Ok(())
}

/// What the children share. They borrow it, which the group makes sure is in order.
struct View<'a> {
    pages: &'a Pages,
    began: Instant,
    bytes: Cell<usize>,
}

impl View<'_> {
    /// A child for each of these, which fetches its pages one after the other.
    async fn group(&self, children: &[&[usize]]) -> io::Result<()> {
        let session = Session { stream: TcpStream::connect(self.pages.addr).await? };
        let outcome = TaskGroup::try_scope(async |group| {
            for pages in children {
                group.add(self.child(pages));
            }
            self.say("the block has come to its end, the group has not")
        })
        .await;
        match &outcome {
            Ok(()) => self.say("the group is left: all are done")?,
            Err(e) => self.say(&format!("the group is left: {e}"))?,
        }
        // In either case, and before anything else is done about it.
        session.close(self.pages).await?;
        self.say(&format!("the goodbye was answered; {} bytes in all", self.bytes.get()))
    }

    async fn child(&self, pages: &[usize]) -> io::Result<()> {
        let mut end = End { view: self, pages, how: "cancelled" };
        for &n in pages {
            match fetching::fetch(&self.pages.url(n), self.pages.addr).await {
                Ok(bytes) => self.bytes.set(self.bytes.get() + bytes),
                Err(e) => {
                    end.how = "failed";
                    return Err(e);
                }
            }
        }
        end.how = "done";
        Ok(())
    }

    fn say(&self, what: &str) -> io::Result<()> {
        let ms = self.began.elapsed().as_secs_f64() * 1000.0;
        writeln!(io::stdout(), "{ms:6.1} ms  {what}")
    }
}

/// Dropped with its child, however that ends: what needs no waiting can be done here.
struct End<'a> {
    view: &'a View<'a>,
    pages: &'a [usize],
    how: &'static str,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        // There is nobody to hand an error to.
        self.view.say(&format!("  child of pages {:?}: {}", self.pages, self.how)).unwrap_or(());
    }
}

/// Something that has to be ended by a word that is answered.
#[must_use = "it ends by `close().await`"]
struct Session {
    stream: TcpStream,
}

impl Session {
    async fn close(self, pages: &Pages) -> io::Result<()> {
        self.stream.write_all(pages.url(5).request().as_bytes()).await?;
        self.stream.read_to_end(&mut Vec::new()).await.map(drop)
    }
}
