//! One fetch: a state machine that tries, and says what it waits for when a call would block.

use std::cell::RefCell;
use std::io::{self, ErrorKind::WouldBlock};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use eagain::net::TcpStream;
use eagain::{Context, Generator, Step, errno};

use crate::pages::Url;
use crate::response::{Fault, Response};

/// Where a host is, to be tried one after another; at least one. Or why that is not known.
pub(crate) type Addresses = Result<Rc<[SocketAddr]>, String>;

/// What is fetched, and from where.
pub(crate) struct Target {
    pub(crate) url: String,
    addrs: Addresses,
    request: String,
}

impl Target {
    pub(crate) fn new(url: &Url, addrs: Addresses) -> Target {
        let bare = Url { path: String::new(), ..url.clone() }.to_string();
        let host = bare.trim_start_matches("http://");
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: eagain/{}\r\nAccept: */*\r\n\
             Connection: close\r\n\r\n",
            url.path,
            env!("CARGO_PKG_VERSION")
        );
        Target { url: url.to_string(), addrs, request }
    }
}

/// Where all fetches read to: what is there is counted within the same resume.
pub(crate) type Buffer = Rc<RefCell<[u8; 64 * 1024]>>;

/// A response that is complete.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) bytes: u64,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the host has no known address ({0})")]
    Host(String),
    #[error("{}", in_words(.0))]
    Io(#[from] io::Error),
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("timed out after {} s ({})", .patience.as_secs_f64(), .while_at)]
    TimedOut { patience: Duration, while_at: &'static str },
}

fn in_words(error: &io::Error) -> String {
    let words = match error.raw_os_error() {
        Some(errno::ECONNREFUSED) => "connection refused",
        Some(errno::ECONNRESET) => "connection reset by the server",
        Some(errno::ENETUNREACH | errno::EHOSTUNREACH) => "unreachable: no route to the host",
        Some(errno::ETIMEDOUT) => "the connection timed out",
        Some(errno::EADDRNOTAVAIL) => "no local port is left for a connection",
        Some(errno::EMFILE | errno::ENFILE) => "no descriptor is left for a connection",
        _ => return error.to_string(),
    };
    words.to_owned()
}

/// What is tried when it is resumed.
#[derive(Clone, Copy, PartialEq)]
enum State {
    FinishConnecting,
    Send,
    Receive,
}

pub(crate) struct Fetch {
    target: Rc<Target>,
    buffer: Buffer,
    patience: Duration,
    deadline: Option<Instant>,
    /// How many of the addresses have been tried,
    tried: usize,
    /// and what was wrong with the first.
    refused: Option<Failure>,
    /// There is none before an address is tried.
    stream: Option<TcpStream>,
    state: State,
    sent: usize,
    response: Response,
}

impl Generator for Fetch {
    type Return = Result<Page, Failure>;

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<Result<Page, Failure>> {
        Step::from_result(self.advance(cx))
    }

    fn state(&self) -> &'static str {
        match self.state {
            State::FinishConnecting => "connecting",
            State::Send => "sending the request",
            State::Receive if self.response.status() == 0 => "receiving the head",
            State::Receive => "receiving the body",
        }
    }
}

impl Fetch {
    pub(crate) fn new(target: Rc<Target>, buffer: Buffer, patience: Duration) -> Fetch {
        Fetch {
            target,
            buffer,
            patience,
            deadline: None,
            tried: 0,
            refused: None,
            stream: None,
            state: State::FinishConnecting,
            sent: 0,
            response: Response::new(),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.target.url
    }

    /// Goes on until a call would block, and says what is to be waited for then.
    fn advance(&mut self, cx: &mut Context<'_>) -> Result<Step<Page>, Failure> {
        let deadline = *self.deadline.get_or_insert_with(|| cx.now() + self.patience);
        loop {
            match (self.step(), &self.stream) {
                (Ok(Some(page)), _) => return Ok(Step::Return(page)),
                (Ok(None), _) => {}
                (Err(Failure::Io(e)), Some(stream)) if e.kind() == WouldBlock => {
                    // By the clock, not by the cause: a server that never stops sending would
                    // always be the first reason to be resumed.
                    if cx.now() >= deadline {
                        let (patience, while_at) = (self.patience, self.state());
                        return Err(Failure::TimedOut { patience, while_at });
                    }
                    let wait = match self.state {
                        State::Receive => cx.readable(stream)?,
                        _ => cx.writable(stream)?,
                    };
                    return Ok(Step::Yield(wait.or_until(deadline)));
                }
                (Err(e), _) => self.go_elsewhere(e)?,
            }
        }
    }

    /// Tries what is due. Answers the page when it is complete.
    fn step(&mut self) -> Result<Option<Page>, Failure> {
        let Some(stream) = &self.stream else {
            let addrs = self.target.addrs.as_ref().map_err(|why| Failure::Host(why.clone()))?;
            let addr = addrs[self.tried];
            self.tried += 1;
            self.stream = Some(TcpStream::connect(addr)?);
            return Ok(None);
        };
        match self.state {
            State::FinishConnecting => {
                stream.try_connected()?;
                self.state = State::Send;
            }
            State::Send => {
                self.sent += stream.try_write(&self.target.request.as_bytes()[self.sent..])?;
                if self.sent == self.target.request.len() {
                    self.state = State::Receive;
                }
            }
            State::Receive => {
                let mut buffer = self.buffer.borrow_mut();
                match stream.try_read(&mut buffer[..])? {
                    0 => self.response.end()?,
                    n => self.response.feed(&buffer[..n])?,
                }
                if self.response.is_complete() {
                    let (status, bytes) = (self.response.status(), self.response.body());
                    return Ok(Some(Page { status, bytes }));
                }
            }
        }
        Ok(None)
    }

    /// Something went wrong. Is there no connection yet, but another address to try, then that is
    /// next; else it is the end, and the first address tells why.
    fn go_elsewhere(&mut self, failure: Failure) -> Result<(), Failure> {
        if self.state != State::FinishConnecting {
            return Err(failure);
        }
        let first = self.refused.take().unwrap_or(failure);
        if self.target.addrs.as_ref().map_or(0, |addrs| addrs.len()) <= self.tried {
            return Err(first);
        }
        self.refused = Some(first);
        self.stream = None;
        Ok(())
    }
}
