//! The generator of step 9, without what it prints.

use std::io;
use std::mem;
use std::net::SocketAddr;

use eagain::net::TcpStream;
use eagain::{Context, Generator, Step};

use crate::BUFFER;
use crate::pages::Url;

/// Where a fetch goes on when it is resumed, with what it needs for that.
enum State {
    NotBegun { addr: SocketAddr },
    Connecting { stream: TcpStream },
    Sending { stream: TcpStream },
    Receiving { stream: TcpStream },
    Done,
}

pub(crate) struct Fetch {
    state: State,
    /// What has not been sent, then what has been received.
    bytes: Vec<u8>,
}

impl Fetch {
    pub(crate) fn new(url: Url, addr: SocketAddr) -> Fetch {
        Fetch { state: State::NotBegun { addr }, bytes: url.request().into() }
    }

    /// Goes on until a call answers EAGAIN (`None`), and says what is to be waited for then.
    fn advance(&mut self, cx: &mut Context<'_>) -> io::Result<Step<Vec<u8>>> {
        loop {
            self.state = match mem::replace(&mut self.state, State::Done) {
                State::NotBegun { addr } => {
                    State::Connecting { stream: TcpStream::begin_connect(addr)? }
                }
                State::Connecting { stream } => match stream.try_connected()? {
                    Some(()) => State::Sending { stream },
                    None => {
                        let wait = cx.writable(&stream)?;
                        self.state = State::Connecting { stream };
                        return Ok(Step::Yield(wait));
                    }
                },
                State::Sending { stream } if self.bytes.is_empty() => State::Receiving { stream },
                State::Sending { stream } => match stream.try_write(&self.bytes)? {
                    Some(n) => {
                        self.bytes.drain(..n);
                        State::Sending { stream }
                    }
                    None => {
                        let wait = cx.writable(&stream)?;
                        self.state = State::Sending { stream };
                        return Ok(Step::Yield(wait));
                    }
                },
                State::Receiving { stream } => {
                    self.bytes.reserve(BUFFER);
                    match stream.try_read_append(&mut self.bytes)? {
                        Some(0) => return Ok(Step::Return(mem::take(&mut self.bytes))),
                        Some(_) => State::Receiving { stream },
                        None => {
                            let wait = cx.readable(&stream)?;
                            self.state = State::Receiving { stream };
                            return Ok(Step::Yield(wait));
                        }
                    }
                }
                State::Done => return Ok(Step::Return(Vec::new())),
            };
        }
    }
}

impl Generator for Fetch {
    type Return = io::Result<Vec<u8>>;

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<io::Result<Vec<u8>>> {
        Step::from_result(self.advance(cx))
    }

    fn state(&self) -> &'static str {
        match self.state {
            State::NotBegun { .. } => "not begun",
            State::Connecting { .. } => "connecting",
            State::Sending { .. } => "sending",
            State::Receiving { .. } => "receiving",
            State::Done => "done",
        }
    }
}
