//! What was asked.

use std::mem::MaybeUninit;

use httparse::{Header, Status};

use crate::framing::Framing;
use crate::response::{self, Refusal};

/// A longer head is refused.
pub(crate) const LONGEST: usize = 8 * 1024;
/// So are more fields.
const MOST: usize = 64;

/// A request without a body: this server takes no other.
pub(crate) struct Request<'a> {
    pub(crate) path: &'a str,
    /// `HEAD` is a `GET` without the answer's body.
    pub(crate) wants_body: bool,
    pub(crate) keeps_alive: bool,
    /// An old client wants to be told that the connection stays.
    pub(crate) is_old: bool,
}

pub(crate) enum Parsed<'a> {
    /// There has to come more.
    Partial,
    /// And how long its head is.
    Request(Request<'a>, usize),
    /// It cannot be answered otherwise, and where the next one begins is anybody's guess.
    Refused(Refusal),
}

/// Looks at what has arrived.
pub(crate) fn parse(bytes: &[u8]) -> Parsed<'_> {
    let mut fields = [const { MaybeUninit::uninit() }; MOST];
    let mut head = httparse::Request::new(&mut []);
    match head.parse_with_uninit_headers(bytes, &mut fields) {
        Ok(Status::Partial) if bytes.len() < LONGEST => Parsed::Partial,
        Ok(Status::Complete(length)) if length <= LONGEST => match understand(&head) {
            Ok(request) => Parsed::Request(request, length),
            Err(refusal) => Parsed::Refused(refusal),
        },
        Ok(_) | Err(httparse::Error::TooManyHeaders) => Parsed::Refused(response::TOO_LARGE),
        Err(httparse::Error::Version) => Parsed::Refused(response::OTHER_VERSION),
        Err(_) => Parsed::Refused(response::BAD),
    }
}

/// Whether the answer is to have a body, a refusal too. What is no request at all may have one.
pub(crate) fn may_have_body(bytes: &[u8]) -> bool {
    // Empty lines before a request are passed over (RFC 9112, 2.2).
    !bytes.trim_ascii_start().starts_with(b"HEAD ")
}

/// In this order: what cannot be understood, what is not done here, what is too much.
fn understand<'a>(head: &httparse::Request<'_, 'a>) -> Result<Request<'a>, Refusal> {
    let is_old = head.version == Some(0);
    let (mut keeps_alive, mut hosts, mut body) = (!is_old, 0, Framing::default());
    for field in head.headers.iter() {
        let is = |name: &str| field.name.eq_ignore_ascii_case(name);
        // Most fields are none of these, and most of those have another length.
        match field.name.len() {
            4 if is("host") => hosts += if is_host(field.value) { 1 } else { 2 },
            10 if is("connection") => {
                if has_word(field, "close") {
                    keeps_alive = false;
                } else if is_old && has_word(field, "keep-alive") {
                    keeps_alive = true;
                }
            }
            14 if is("content-length") => body.add_length(field.value)?,
            17 if is("transfer-encoding") => body.add_coding(field.value, is_old)?,
            _ => {}
        }
    }
    body.is_one()?;
    // RFC 9112, 3.2: a request without a host, with two, or with what can be none, is to be refused.
    if hosts > 1 || hosts == 0 && !is_old {
        return Err(response::BAD);
    }
    let wants_body = match head.method {
        Some("GET") => true,
        Some("HEAD") => false,
        Some("POST" | "PUT" | "DELETE" | "CONNECT" | "OPTIONS" | "TRACE" | "PATCH") => {
            return Err(response::NOT_ALLOWED);
        }
        _ => return Err(response::NOT_DONE),
    };
    if body.is_there() {
        return Err(response::NO_BODIES);
    }
    let path = path(head.path.unwrap_or_default()).ok_or(response::BAD)?;
    Ok(Request { path, wants_body, keeps_alive, is_old })
}

fn has_word(field: &Header<'_>, word: &str) -> bool {
    let words = field.value.split(|&byte| byte == b',');
    words.map(<[u8]>::trim_ascii).any(|w| w.eq_ignore_ascii_case(word.as_bytes()))
}

/// Nothing that would end a host and its port; that a name is known is nobody's claim.
fn is_host(value: &[u8]) -> bool {
    let ends = |byte| matches!(byte, b'/' | b'?' | b'#' | b'@' | b',' | b'\\' | b'"' | b'<' | b'>');
    value.iter().all(|&byte| byte.is_ascii_graphic() && !ends(byte))
}

/// The path of what may be a path and a query or, as for a proxy, a whole URL.
fn path(target: &str) -> Option<&str> {
    let target = match target.split_at_checked("http://".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http://") => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            // The host may be missing as little as that of the field.
            let (host, path) = rest.split_at(end);
            if host.is_empty() || !is_host(host.as_bytes()) {
                return None;
            }
            path
        }
        _ if target.is_empty() => return None,
        _ => target,
    };
    let end = target.bytes().position(|byte| matches!(byte, b'?' | b'#'));
    match &target[..end.unwrap_or(target.len())] {
        "" => Some("/"),
        path if path.starts_with('/') => Some(path),
        _ => None,
    }
}
