//! An answer's head: what it says, and how it is passed on.

use std::mem::MaybeUninit;

use httparse::Status;

use crate::body::Encoding;
use crate::fields::{Fields, Framing, append, line};
use crate::request::Request;

/// A longer head is not taken from an upstream.
const LONGEST: usize = 64 * 1024;
const MOST: usize = 200;

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// As it is sent to the client, without what concerns its connection.
    head: Vec<u8>,
    length: Option<u64>,
    pub(crate) framing: Framing,
    /// The connection may be used for another request.
    pub(crate) keeps_alive: bool,
}

pub(crate) enum Parsed {
    /// There has to come more.
    Partial,
    /// And how long its head is.
    Answer(Answer, usize),
    NotHttp,
}

/// Looks at what has arrived.
pub(crate) fn parse(bytes: &[u8], request: &Request) -> Parsed {
    let mut fields = [const { MaybeUninit::uninit() }; MOST];
    let mut head = httparse::Response::new(&mut []);
    let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut head,
        bytes,
        &mut fields,
    );
    match parsed {
        Ok(Status::Partial) if bytes.len() < LONGEST => Parsed::Partial,
        Ok(Status::Complete(length)) if length <= LONGEST => match understand(&head, request) {
            Some(answer) => Parsed::Answer(answer, length),
            None => Parsed::NotHttp,
        },
        _ => Parsed::NotHttp,
    }
}

fn understand(head: &httparse::Response<'_, '_>, request: &Request) -> Option<Answer> {
    let status = head.code.filter(|code| (100..1000).contains(code))?;
    let is_old = head.version == Some(0);
    let mut fields = Fields::sort(head.headers).ok()?;
    let framing = match (status, fields.is_chunked, fields.length) {
        (100..200 | 204 | 304, ..) => Framing::Empty,
        _ if request.is_head => Framing::Empty,
        (_, true, _) => Framing::Chunked,
        (_, _, Some(0)) => Framing::Empty,
        (_, _, Some(length)) => Framing::Length(length),
        _ => Framing::UntilClose,
    };
    let reason = head.reason.unwrap_or_default();
    let mut out = format!("HTTP/1.1 {status} {reason}\r\n").into_bytes();
    out.append(&mut fields.passed);
    append(&mut fields.via, if is_old { b"1.0 eagain" } else { b"1.1 eagain" });
    line(&mut out, "Via", &fields.via);
    let keeps_alive = !fields.says_close && (!is_old || fields.says_keep_alive);
    let keeps_alive = keeps_alive && framing != Framing::UntilClose;
    Some(Answer { status, head: out, length: fields.length, framing, keeps_alive })
}

impl Answer {
    /// How its body is sent to this client.
    pub(crate) fn encoding(&self, request: &Request) -> Encoding {
        match self.framing {
            Framing::Empty | Framing::Length(_) => Encoding::Plain,
            // An old client is told by the end of the connection.
            _ if request.is_old => Encoding::UntilClose,
            _ => Encoding::Chunks,
        }
    }

    /// The whole head for this client.
    pub(crate) fn into_head(self, request: &Request, closes: bool) -> Vec<u8> {
        let encoding = self.encoding(request);
        let mut out = self.head;
        match (encoding, self.length) {
            (Encoding::Chunks, _) => line(&mut out, "Transfer-Encoding", b"chunked"),
            // Also where no body comes: it is how long that would be.
            (Encoding::Plain, Some(length)) if self.status >= 200 && self.status != 204 => {
                line(&mut out, "Content-Length", length.to_string().as_bytes());
            }
            _ => {}
        }
        if closes {
            line(&mut out, "Connection", b"close");
        } else if request.is_old {
            line(&mut out, "Connection", b"keep-alive");
        }
        out.extend_from_slice(b"\r\n");
        out
    }

    /// The head of an answer before the answer.
    pub(crate) fn into_interim(self) -> Vec<u8> {
        let mut out = self.head;
        out.extend_from_slice(b"\r\n");
        out
    }
}
