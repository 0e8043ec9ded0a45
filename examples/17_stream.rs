//! Step 17: a generator that gives values out and waits inside: what comes slowly, one by one.
//!
//! Up to here what a task yields is what it waits for, and nothing but the loop gets to see it.
//! A *stream* has a second way out: `emit` hands a value to whoever asks with `next().await`, and
//! the generator goes on when the next one is asked for. In between it may wait like any task. So
//! the lines of a page come out one by one, however the network cut the bytes; the consumer waits
//! only if no whole line is there, and nobody ever holds more than a piece of a page, be there five
//! pages or a million.
//!
//! Who does not ask makes no work. When the consumer leaves the loop, the stream is dropped where
//! it stands: its connection is closed, and the other pages are never asked for.
//!
//! ```text
//! cargo run --release --example 17_stream [http://HOST[:PORT][/PATH]...]
//! EAGAIN_TRACE=turns cargo run --release --example 17_stream
//! ```
//!
//! The second stream in strace. It is dropped at the last line of its first page, before the end
//! of the connection was read:
//!
//! ```text
//! sendto(6, "GET /page/1 HTTP/1.0\r\nHost: 127."..., 66, MSG_NOSIGNAL, NULL, 0) = 66
//! recvfrom(6, "HTTP/1.1 200 OK\r\nContent-Type: t"..., 16384, 0, NULL, NULL) = 40
//! recvfrom(6, "n\r\nContent-Length: 10092\r\nConnec"..., 16361, 0, NULL, NULL) = 4096
//! recvfrom(6, "ine 245\npage 1, line 246\npage 1,"..., 16375, 0, NULL, NULL) = 4096
//! recvfrom(6, "line 486\npage 1, line 487\npage 1"..., 16376, 0, NULL, NULL) = 1947
//! close(6) = 0
//! ```

#[expect(unused_imports, reason = "its Response is for a page that is there as a whole")]
mod pages;

use std::cell::Cell;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Instant;

use eagain::EventLoop;
use eagain::net::TcpStream;
use eagain::stream::{Emitter, Generated, try_from_generator};
use pages::{Target, Url};

const ABOUT: &str = "\
Takes the lines of all pages one by one as they arrive; then again, but only those of the first page.";

/// For what has arrived and not been given out: no line may be longer.
const ROOM: usize = 16 * 1024;

fn main() -> ExitCode {
    pages::serve_if_asked();
    pages::several(ABOUT, 5, |targets| {
        let mut event_loop = EventLoop::builder().from_env()?.build()?;
        let first = event_loop.block_on(all(targets))??;
        event_loop.block_on(some(targets, first))??;
        let counts = event_loop.counts();
        writeln!(io::stdout(), "{} sources and {} timers left", counts.sources, counts.timers)?;
        Ok(())
    })
}

/// What a consumer looks like. Answers how many lines the first page has.
async fn all(targets: &[Target]) -> io::Result<u64> {
    let (view, mut bytes) = (View::new(), 0);
    let mut lines = lines(targets, &view);
    while let Some(line) = lines.try_next().await? {
        bytes += line.len() + 1;
        view.had_one();
    }
    let (taken, held) = (view.taken.get(), view.held.get());
    writeln!(
        io::stdout(),
        "{taken} lines, {bytes} bytes; held at once: {held} bytes and a line\n"
    )?;
    Ok(view.first.get())
}

/// One that has had enough after so many lines.
async fn some(targets: &[Target], enough: u64) -> io::Result<()> {
    let view = View::new();
    let mut lines = lines(targets, &view);
    while view.taken.get() < enough && lines.try_next().await?.is_some() {
        view.had_one();
    }
    writeln!(io::stdout(), "{enough} lines are enough")
}

/// The lines of all pages, one page after the other. Nothing is done before the first is asked for.
fn lines<'a>(targets: &'a [Target], view: &'a View) -> Generated<'a, io::Result<String>> {
    try_from_generator(async move |mut out| {
        for (url, addr) in targets {
            let given_out = give_out(url, *addr, &mut out, view).await;
            given_out.map_err(|e| io::Error::other(format!("{url}: {e}")))?;
            view.end_of_page();
        }
        Ok(())
    })
}

/// The lines of a page: waits inside, gives values out.
async fn give_out(
    url: &Url,
    addr: SocketAddr,
    out: &mut Emitter<io::Result<String>>,
    view: &View,
) -> io::Result<()> {
    let stream = TcpStream::connect(addr).await?;
    stream.write_all(url.request().as_bytes()).await?;
    let mut page = Page { stream, held: Vec::with_capacity(ROOM), body: 0, view };
    let length = page.head().await?;
    while let Some(line) = page.line().await? {
        out.emit(Ok(line)).await; // until the next one is asked for
    }
    match length {
        Some(length) if page.body < length => {
            Err(io::Error::other(format!("broken off after {} of {length} bytes", page.body)))
        }
        _ => Ok(()),
    }
}

/// A page as it arrives.
struct Page<'a> {
    stream: TcpStream,
    /// What has arrived and not been given out. It never grows.
    held: Vec<u8>,
    /// How many bytes were given out since the head.
    body: usize,
    view: &'a View,
}

impl Page<'_> {
    /// Reads the head, and answers how long it says that the body is.
    async fn head(&mut self) -> io::Result<Option<usize>> {
        let status = self.line().await?.unwrap_or_default();
        if !status.starts_with("HTTP/1.") || !status.contains(" 200") {
            return Err(io::Error::other(format!("not a page: {:?}", status.trim_end())));
        }
        let mut length = None;
        while let Some(line) = self.line().await? {
            match line.trim_end().split_once(':') {
                Some((name, n)) if name.eq_ignore_ascii_case("content-length") => {
                    length = n.trim().parse().ok();
                }
                Some(_) => {}
                None => break,
            }
        }
        self.body = 0;
        Ok(length)
    }

    /// Waits if no whole line is there. `None` is the end.
    async fn line(&mut self) -> io::Result<Option<String>> {
        let length = loop {
            if let Some(n) = self.held.iter().position(|&byte| byte == b'\n') {
                break n + 1;
            }
            if self.held.len() == self.held.capacity() {
                return Err(io::Error::other(format!("a line of more than {ROOM} bytes")));
            }
            let n = self.stream.read_append(&mut self.held).await?;
            self.view.came_in(n, self.held.len())?;
            if n == 0 {
                break self.held.len(); // of a last line without its end, if there is one
            }
        };
        self.body += length;
        let line: Vec<u8> = self.held.drain(..length).collect();
        let text = String::from_utf8_lossy(&line);
        Ok((length > 0).then(|| text.trim_end_matches('\n').to_owned()))
    }
}

/// What both sides know.
struct View {
    began: Instant,
    /// How many lines the consumer has had.
    taken: Cell<u64>,
    /// How many of them were on the first page.
    first: Cell<u64>,
    /// How many bytes the generator has held at most.
    held: Cell<usize>,
}

impl View {
    fn new() -> View {
        let (taken, first, held) = (Cell::new(0), Cell::new(0), Cell::new(0));
        View { began: Instant::now(), taken, first, held }
    }

    fn had_one(&self) {
        self.taken.set(self.taken.get() + 1);
    }

    fn end_of_page(&self) {
        if self.first.get() == 0 {
            self.first.set(self.taken.get());
        }
    }

    fn came_in(&self, bytes: usize, held: usize) -> io::Result<()> {
        self.held.set(self.held.get().max(held));
        let (ms, taken) = (self.began.elapsed().as_secs_f64() * 1000.0, self.taken.get());
        writeln!(io::stdout(), "{ms:8.1} ms  in: {bytes:4} bytes   out so far: {taken:4} lines")
            .map_err(|e| io::Error::new(e.kind(), format!("standard output: {e}")))
    }
}
