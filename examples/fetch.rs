//! Fetches pages over HTTP/1.1, all at once, on one thread.
//!
//! ```text
//! cargo run --release --example fetch -- [URL...] [--count N] [--timeout SECONDS]
//! ```
//!
//! Every fetch is a task of the event loop, a state machine written by hand. It begins to connect,
//! sends, and receives; where a call would block, it says what it waits for and until when, and the
//! others run. A thousand take little longer than one, as long as the server can. Whatever a server
//! does wrong, being silent included, is the end of that one fetch.
//!
//! | file | what |
//! |---|---|
//! | `fetch/generator.rs` | the state machine |
//! | `fetch/response.rs` | an HTTP response, taken as it arrives |
//! | `fetch/report.rs` | the rows, printed as fetches end |
//! | `fetch/arguments.rs` | the command line |
//! | `pages/` | the five pages that are served without a URL, by a child process |

#[path = "fetch/arguments.rs"]
mod arguments;
#[path = "fetch/generator.rs"]
mod generator;
#[expect(unused_imports, reason = "its Response is for a page that is there as a whole")]
mod pages;
#[path = "fetch/report.rs"]
mod report;
#[path = "fetch/response.rs"]
mod response;

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use arguments::Options;
use eagain::EventLoop;
use eagain_sys::limits;
use generator::{Addresses, Buffer, Fetch, Target};
use pages::{Url, command_line};
use report::{Report, Reported};

fn main() -> ExitCode {
    pages::serve_if_asked();
    match fetch_all(arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => command_line::finish(Err(e)),
    }
}

/// Answers whether none has failed.
fn fetch_all(Options { mut urls, count, timeout }: Options) -> Result<bool, Box<dyn Error>> {
    let pages = if urls.is_empty() { pages::DELAYS.len() } else { urls.len() };
    allow_descriptors(pages.saturating_mul(count))?;
    let mut peer = None;
    if urls.is_empty() {
        let own = pages::start().map_err(|e| format!("cannot start the page server: {e}"))?;
        urls.extend((1..=pages).map(|n| own.url(n)));
        peer = Some(own);
    }
    let targets = look_up(&urls);
    let longest = targets.iter().map(|target| target.url.len()).max().unwrap_or_default();
    let report = Rc::new(RefCell::new(Report::new(longest)));
    let buffer: Buffer = Rc::new(RefCell::new([0; 64 * 1024]));

    let began = Instant::now();
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    for target in targets.iter().cycle().take(pages * count) {
        let fetch = Fetch::new(target.clone(), buffer.clone(), timeout);
        let task = event_loop.spawn(Reported::new(fetch, report.clone()));
        report.borrow_mut().expect(task);
    }
    event_loop.run()?;
    let wall = began.elapsed();
    drop(peer);
    Ok(report.borrow_mut().total(wall)?)
}

/// Looks up the names, each of them once. That blocks, so it comes before the loop.
fn look_up(urls: &[Url]) -> Vec<Rc<Target>> {
    let mut known = HashMap::new();
    let mut target = |url: &Url| {
        let host = (url.host.clone(), url.port);
        let addrs = known.entry(host).or_insert_with_key(|(host, port)| addresses(host, *port));
        Rc::new(Target::new(url, addrs.clone()))
    };
    urls.iter().map(&mut target).collect()
}

/// Those of IPv4 first, since most servers listen there. The error says why there is none.
fn addresses(host: &str, port: u16) -> Addresses {
    let found = (host, port).to_socket_addrs().map_err(|e| e.to_string())?;
    let mut addrs: Vec<_> = found.collect();
    addrs.sort_by_key(SocketAddr::is_ipv6);
    if addrs.is_empty() { Err("it has none".into()) } else { Ok(addrs.into()) }
}

/// Raises the soft limit on descriptors, if it is too low for so many fetches at once.
fn allow_descriptors(fetches: usize) -> Result<(), Box<dyn Error>> {
    // The standard streams, what the loop itself needs, the pipe to the page server.
    let needed = (fetches as u64).saturating_add(32);
    let (soft, hard) = limits::descriptors()?;
    if hard < needed {
        return Err(format!(
            "{fetches} fetches at once need {needed} descriptors, and the limit is {hard} (`ulimit -Hn`)"
        )
        .into());
    }
    if soft < needed {
        limits::set_descriptors(needed)?;
    }
    Ok(())
}
