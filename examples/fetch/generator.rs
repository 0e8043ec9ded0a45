//! One fetch: a state machine that tries, and says what it waits for when a call would block.

use std::cell::RefCell;
use std::io;
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
            "GET {} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: eagain-fetch\r\nAccept: */*\r\n\
             Connection: close\r\n\r\n",
            url.path
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
        let deadline = *self.deadline.get_or_insert_with(|| cx.now() + self.patience);
        loop {
            match self.advance(cx, deadline) {
                Ok(step) => return step.map(Ok),
                Err(failure) => {
                    if let Err(failure) = self.go_elsewhere(failure) {
                        return Step::Return(Err(failure));
                    }
                }
            }
        }
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

    /// Goes on until a call would block (`None`), and says what is to be waited for then.
    fn advance(&mut self, cx: &Context<'_>, deadline: Instant) -> Result<Step<Page>, Failure> {
        loop {
            let Some(stream) = &self.stream else {
                self.connect()?;
                continue;
            };
            match self.state {
                State::FinishConnecting => {
                    let Some(()) = stream.try_connected()? else {
                        return self.wait(cx, stream, deadline);
                    };
                    self.state = State::Send;
                }
                State::Send => {
                    let unsent = &self.target.request.as_bytes()[self.sent..];
                    let Some(n) = stream.try_write(unsent)? else {
                        return self.wait(cx, stream, deadline);
                    };
                    self.sent += n;
                    if n == unsent.len() {
                        self.state = State::Receive;
                    }
                }
                State::Receive => {
                    let mut buffer = self.buffer.borrow_mut();
                    match stream.try_read(&mut buffer[..])? {
                        Some(0) => self.response.end()?,
                        Some(n) => self.response.feed(&buffer[..n])?,
                        None => return self.wait(cx, stream, deadline),
                    }
                    if self.response.is_complete() {
                        let (status, bytes) = (self.response.status(), self.response.body());
                        return Ok(Step::Return(Page { status, bytes }));
                    }
                }
            }
        }
    }

    /// Yields what the state waits for, unless the time is up.
    fn wait(
        &self,
        cx: &Context<'_>,
        stream: &TcpStream,
        deadline: Instant,
    ) -> Result<Step<Page>, Failure> {
        // By the clock, not by the cause: with a server that never stops sending, being ready
        // would always come first.
        if cx.now() >= deadline {
            let (patience, while_at) = (self.patience, self.state());
            return Err(Failure::TimedOut { patience, while_at });
        }
        let wait = match self.state {
            State::Receive => cx.readable(stream)?,
            _ => cx.writable(stream)?,
        };
        Ok(Step::Yield(wait.or_until(deadline)))
    }

    /// Begins to connect to the next address.
    fn connect(&mut self) -> Result<(), Failure> {
        let addrs = self.target.addrs.as_ref().map_err(|why| Failure::Host(why.clone()))?;
        let addr = addrs[self.tried];
        self.tried += 1;
        self.stream = Some(TcpStream::begin_connect(addr)?);
        Ok(())
    }

    /// Where there is no connection, the next address is worth a try. Without one it is the end,
    /// and the first address tells why.
    fn go_elsewhere(&mut self, failure: Failure) -> Result<(), Failure> {
        let is_final = matches!(failure, Failure::TimedOut { .. });
        if is_final || self.state != State::FinishConnecting {
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
