//! A body's bytes, from one side to the other: a piece is read when the one before is sent.

use std::io::{self, Write};
use std::time::Duration;

use eagain::net::TcpStream;
use eagain::time::{now, timeout};

use crate::fields::Framing;
use crate::gateway::PATIENCE;
use crate::peer::{Peer, send};

/// The line in front of a chunk, extensions and all, and all trailers.
const LONGEST_LINE: usize = 1024;
const LONGEST_TRAILERS: usize = 8 * 1024;
/// A body that comes slower than this many bytes a second is given up.
const SLOWEST: u64 = 1024;

/// How a body is sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    Chunks,
    UntilClose,
}

/// Which side has broken a body.
#[derive(Debug)]
pub(crate) enum Broken {
    /// It came to an end too early.
    Source,
    /// It did not come on.
    SourceLate,
    /// What came is no body.
    Malformed,
    Sink,
}

enum State {
    Plain(u64),
    UntilClose,
    /// In front of a chunk.
    Size,
    Chunk(u64),
    /// Between a chunk and the line end behind it.
    ChunkEnd,
    /// Behind the last chunk; so much of them has gone by.
    Trailers(usize),
    Done,
}

/// A body on its way.
pub(crate) struct Body {
    state: State,
    moved: u64,
    /// For how long its source was waited for.
    waited: Duration,
    has_begun: bool,
    is_delivered: bool,
}

impl Body {
    pub(crate) fn new(framing: Framing) -> Body {
        let state = match framing {
            Framing::Empty => State::Done,
            Framing::Length(length) => State::Plain(length),
            Framing::Chunked => State::Size,
            Framing::UntilClose => State::UntilClose,
        };
        let is_delivered = matches!(state, State::Done);
        Body { state, moved: 0, waited: Duration::ZERO, has_begun: false, is_delivered }
    }

    /// Something of it was taken from its source, and is nowhere else.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// All of it was taken from its source: what comes next there is something else.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// All of it was sent, too. Where it was not, what is sent next would be taken for the rest of it.
    pub(crate) fn is_delivered(&self) -> bool {
        self.is_delivered
    }

    /// Sends `head`, and behind it the body. With `hurry`, the source has to keep a pace.
    pub(crate) async fn relay(
        &mut self,
        head: Vec<u8>,
        from: &mut Peer,
        to: &TcpStream,
        encoding: Encoding,
        hurry: bool,
    ) -> Result<(), Broken> {
        let mut out = head;
        loop {
            let was_done = self.is_done();
            let taken = self.decode(&from.buffer, &mut out, encoding)?;
            from.consume(taken);
            self.has_begun |= taken > 0;
            if self.is_done() && !was_done && encoding == Encoding::Chunks {
                out.extend_from_slice(b"0\r\n\r\n");
            }
            send(to, &out).await.map_err(|_| Broken::Sink)?;
            if self.is_done() {
                self.is_delivered = true;
                return Ok(());
            }
            out.clear();
            if !self.read(from, hurry).await? {
                match self.state {
                    State::UntilClose => self.state = State::Done,
                    _ => return Err(Broken::Source),
                }
                if encoding == Encoding::Chunks {
                    send(to, b"0\r\n\r\n").await.map_err(|_| Broken::Sink)?;
                }
                self.is_delivered = true;
                return Ok(());
            }
        }
    }

    async fn read(&mut self, from: &mut Peer, hurry: bool) -> Result<bool, Broken> {
        let in_all = PATIENCE + Duration::from_secs(self.moved / SLOWEST);
        let limit = match hurry {
            true => PATIENCE.min(in_all.saturating_sub(self.waited)),
            false => PATIENCE,
        };
        let began = now();
        let read = timeout(limit, from.more()).await;
        self.waited += now() - began;
        match read {
            Ok(read) => read.map_err(|_: io::Error| Broken::Source),
            Err(_) => Err(Broken::SourceLate),
        }
    }

    /// Takes what belongs to the body from `bytes`, and puts it into `out`. Says how much it took.
    fn decode(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        encoding: Encoding,
    ) -> Result<usize, Broken> {
        let mut taken = 0;
        loop {
            let rest = &bytes[taken..];
            let (n, next) = match self.state {
                State::Done => return Ok(taken),
                State::UntilClose => {
                    self.pass(rest, out, encoding);
                    return Ok(bytes.len());
                }
                State::Plain(left) => {
                    let n = self.pass_up_to(left, rest, out, encoding);
                    match left - n as u64 {
                        0 => (n, State::Done),
                        left => (n, State::Plain(left)),
                    }
                }
                State::Chunk(left) => {
                    let n = self.pass_up_to(left, rest, out, encoding);
                    match left - n as u64 {
                        0 => (n, State::ChunkEnd),
                        left => (n, State::Chunk(left)),
                    }
                }
                State::Size => match httparse::parse_chunk_size(rest) {
                    Ok(httparse::Status::Complete((n, 0))) => (n, State::Trailers(0)),
                    Ok(httparse::Status::Complete((n, size))) => (n, State::Chunk(size)),
                    Ok(httparse::Status::Partial) if rest.len() < LONGEST_LINE => return Ok(taken),
                    _ => return Err(Broken::Malformed),
                },
                State::ChunkEnd => match rest {
                    [b'\r', b'\n', ..] => (2, State::Size),
                    [] | [b'\r'] => return Ok(taken),
                    _ => return Err(Broken::Malformed),
                },
                State::Trailers(before) => match rest.iter().position(|&byte| byte == b'\n') {
                    Some(1) if rest[0] == b'\r' => (2, State::Done),
                    Some(n) if before + n < LONGEST_TRAILERS => {
                        (n + 1, State::Trailers(before + n + 1))
                    }
                    None if before + rest.len() < LONGEST_TRAILERS => return Ok(taken),
                    _ => return Err(Broken::Malformed),
                },
            };
            let is_stuck = n == 0 && rest.is_empty();
            taken += n;
            self.state = next;
            if is_stuck {
                return Ok(taken);
            }
        }
    }

    fn pass_up_to(
        &mut self,
        most: u64,
        bytes: &[u8],
        out: &mut Vec<u8>,
        encoding: Encoding,
    ) -> usize {
        let n = usize::try_from(most).unwrap_or(usize::MAX).min(bytes.len());
        self.pass(&bytes[..n], out, encoding);
        n
    }

    fn pass(&mut self, bytes: &[u8], out: &mut Vec<u8>, encoding: Encoding) {
        self.moved += bytes.len() as u64;
        match encoding {
            // An empty chunk would be the last one.
            Encoding::Chunks if bytes.is_empty() => {}
            Encoding::Chunks => {
                // Writing to memory does not fail.
                let _ = write!(out, "{:x}\r\n", bytes.len());
                out.extend_from_slice(bytes);
                out.extend_from_slice(b"\r\n");
            }
            Encoding::Plain | Encoding::UntilClose => out.extend_from_slice(bytes),
        }
    }
}
