//! An HTTP/1.1 response as it arrives, in whatever pieces the network made of it.
//!
//! Heads and trailers are parsed by `httparse`; what is held of them until they are complete is
//! limited. The body is counted and let go. Three things can end it: its Content-Length, the last
//! of its chunks, or the end of the stream.

use httparse::{Header, Status};

/// How long all heads and trailers of a response may be together,
pub(crate) const MAX_HEAD: usize = 64 * 1024;
/// and how many header lines one of them may have.
pub(crate) const MAX_HEADERS: usize = 128;
/// A chunk's size needs 18 bytes; the rest are extensions, which nobody reads.
const MAX_CHUNK_LINE: usize = 4096;

/// What is wrong with a response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the answer is not HTTP/1 ({0})")]
    NotHttp(httparse::Error),
    #[error("a malformed header line ({0})")]
    Header(httparse::Error),
    #[error("more than {MAX_HEADERS} header lines")]
    TooManyHeaders,
    #[error("a head of more than {} KiB", MAX_HEAD / 1024)]
    HeadTooLong,
    #[error("a Content-Length of {0:?}")]
    ContentLength(String),
    #[error("a switch to another protocol, which nobody asked for")]
    Switched,
    #[error("a chunk without a valid size")]
    ChunkSize,
    #[error("a chunk that does not end where it should")]
    ChunkEnd,
    #[error("closed without an answer")]
    NoAnswer,
    #[error("closed in the middle of the head")]
    HeadCut,
    #[error("closed after {got} of {of} bytes of body")]
    BodyCut { got: u64, of: u64 },
    #[error("closed after {0} bytes of body, before the last chunk was over")]
    ChunksCut(u64),
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Head,
    /// A body of which so much is to come.
    Length(u64),
    ChunkSize,
    Chunk(u64),
    /// What is to come of the line end behind a chunk.
    ChunkEnd(&'static [u8]),
    Trailers,
    UntilClose,
    Nothing,
}

/// What has arrived of a response.
pub(crate) struct Response {
    part: Part,
    /// The beginning of a head or line of which the end has not arrived yet.
    held: Vec<u8>,
    /// How long the heads were that are complete.
    heads: usize,
    status: u16,
    body: u64,
}

impl Response {
    pub(crate) fn new() -> Response {
        Response { part: Part::Head, held: Vec::new(), heads: 0, status: 0, body: 0 }
    }

    /// The status of the head that is not an interim one; 0 before it has arrived.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// How much of the body has arrived, without what frames the chunks.
    pub(crate) fn body(&self) -> u64 {
        self.body
    }

    /// Whether nothing is to come any more.
    pub(crate) fn is_complete(&self) -> bool {
        self.part == Part::Nothing
    }

    /// Takes what has arrived. What lies behind the end of the response is let go.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        while !bytes.is_empty() {
            bytes = match self.part {
                Part::Head => self.head(bytes)?,
                Part::Length(left) => {
                    let (left, rest) = self.count(left, bytes);
                    self.part = if left == 0 { Part::Nothing } else { Part::Length(left) };
                    rest
                }
                Part::ChunkSize => self.chunk_size(bytes)?,
                Part::Chunk(left) => {
                    let (left, rest) = self.count(left, bytes);
                    self.part = if left == 0 { Part::ChunkEnd(b"\r\n") } else { Part::Chunk(left) };
                    rest
                }
                Part::ChunkEnd(end) => {
                    let (there, rest) = bytes.split_at(end.len().min(bytes.len()));
                    let to_come = end.strip_prefix(there).ok_or(Fault::ChunkEnd)?;
                    let is_over = to_come.is_empty();
                    self.part = if is_over { Part::ChunkSize } else { Part::ChunkEnd(to_come) };
                    rest
                }
                Part::Trailers => self.trailers(bytes)?,
                Part::UntilClose => self.count(u64::MAX, bytes).1,
                Part::Nothing => return Ok(()),
            };
        }
        Ok(())
    }

    /// The stream has ended; an error if it should not have.
    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        match self.part {
            Part::Nothing | Part::UntilClose => {
                self.part = Part::Nothing;
                Ok(())
            }
            Part::Head if self.heads == 0 && self.held.is_empty() => Err(Fault::NoAnswer),
            Part::Head => Err(Fault::HeadCut),
            Part::Length(left) => Err(Fault::BodyCut { got: self.body, of: self.body + left }),
            _ => Err(Fault::ChunksCut(self.body)),
        }
    }

    fn head<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], Fault> {
        let (head, rest) = self.hold(bytes, MAX_HEAD - self.heads, Fault::HeadTooLong, |held| {
            let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
            let mut response = httparse::Response::new(&mut headers);
            let Status::Complete(n) = response.parse(held).map_err(fault)? else { return Ok(None) };
            let status = response.code.unwrap_or_default();
            Ok(Some((n, (n, status, after_head(status, response.headers)?))))
        })?;
        if let Some((n, status, part)) = head {
            self.heads += n;
            self.part = part;
            // An interim head says that the real one is to come.
            if part != Part::Head {
                self.status = status;
            }
        }
        Ok(rest)
    }

    fn chunk_size<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], Fault> {
        let (size, rest) = self.hold(bytes, MAX_CHUNK_LINE, Fault::ChunkSize, |held| {
            // No digit at all would pass as 0.
            let has_digit = held.first().is_some_and(u8::is_ascii_hexdigit);
            match httparse::parse_chunk_size(held) {
                Ok(Status::Complete(end_and_size)) if has_digit => Ok(Some(end_and_size)),
                Ok(Status::Partial) if has_digit => Ok(None),
                _ => Err(Fault::ChunkSize),
            }
        })?;
        match size {
            Some(0) => self.part = Part::Trailers,
            Some(size) => self.part = Part::Chunk(size),
            None => {}
        }
        Ok(rest)
    }

    fn trailers<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], Fault> {
        let (end, rest) = self.hold(bytes, MAX_HEAD - self.heads, Fault::HeadTooLong, |held| {
            let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
            match httparse::parse_headers(held, &mut headers).map_err(fault)? {
                Status::Complete((n, _)) => Ok(Some((n, ()))),
                Status::Partial => Ok(None),
            }
        })?;
        if end.is_some() {
            self.part = Part::Nothing;
        }
        Ok(rest)
    }

    /// Counts what is there of a body or a chunk of which `left` is to come. Answers how much is
    /// to come then, and what lies behind.
    fn count<'b>(&mut self, left: u64, bytes: &'b [u8]) -> (u64, &'b [u8]) {
        let n = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        self.body += n as u64;
        (left - n as u64, &bytes[n..])
    }

    /// Puts `bytes` behind what is held, no more than `limit` in all, and tries `parse` on that.
    /// Once it is complete, answers what `parse` made of it, and the bytes behind its end.
    fn hold<'b, T>(
        &mut self,
        bytes: &'b [u8],
        limit: usize,
        too_long: Fault,
        parse: impl FnOnce(&[u8]) -> Result<Option<(usize, T)>, Fault>,
    ) -> Result<(Option<T>, &'b [u8]), Fault> {
        let before = self.held.len();
        let new = &bytes[..bytes.len().min(limit - before)];
        self.held.extend_from_slice(new);
        // Behind the first bytes of a head only the end of a line tells anything new. To parse
        // a long one again for each byte that trickles in would be quadratic.
        let may_tell = before <= 16 || new.contains(&b'\n');
        match if may_tell { parse(&self.held)? } else { None } {
            Some((end, value)) => {
                self.held.clear();
                // It was not complete before, so its end is in the new bytes.
                Ok((Some(value), &bytes[end - before..]))
            }
            None if self.held.len() == limit => Err(too_long),
            None => Ok((None, &[])),
        }
    }
}

/// How the body is framed that follows a head: RFC 9112, section 6.3.
fn after_head(status: u16, headers: &[Header<'_>]) -> Result<Part, Fault> {
    match status {
        101 => return Err(Fault::Switched),
        100..=199 => return Ok(Part::Head),
        204 | 304 => return Ok(Part::Nothing),
        _ => {}
    }
    // A list may stand in one line or in several.
    let values = |name: &'static str| {
        let of_name = headers.iter().filter(move |h| h.name.eq_ignore_ascii_case(name));
        of_name.flat_map(|h| h.value.split(|&b| b == b',')).map(<[u8]>::trim_ascii)
    };
    // What is chunked says itself how long it is, and overrides a Content-Length.
    if let Some(coding) = values("transfer-encoding").next_back() {
        let is_chunked = coding.eq_ignore_ascii_case(b"chunked");
        return Ok(if is_chunked { Part::ChunkSize } else { Part::UntilClose });
    }
    let mut lengths = values("content-length");
    let Some(length) = lengths.next() else { return Ok(Part::UntilClose) };
    let invalid = |text: &[u8]| {
        let beginning = &text[..text.len().min(40)];
        Fault::ContentLength(String::from_utf8_lossy(beginning).into_owned())
    };
    // Said twice it may be, if both times the same.
    if let Some(other) = lengths.find(|&other| other != length) {
        return Err(invalid(other));
    }
    match decimal(length).ok_or_else(|| invalid(length))? {
        0 => Ok(Part::Nothing),
        n => Ok(Part::Length(n)),
    }
}

/// Digits and nothing else: no sign, no space.
fn decimal(text: &[u8]) -> Option<u64> {
    let digits = text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

fn fault(error: httparse::Error) -> Fault {
    match error {
        httparse::Error::Version | httparse::Error::Status => Fault::NotHttp(error),
        httparse::Error::TooManyHeaders => Fault::TooManyHeaders,
        _ => Fault::Header(error),
    }
}
