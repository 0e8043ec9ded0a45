//! A request's head: what it says, and how it is passed on.

use std::mem::MaybeUninit;
use std::net::IpAddr;

use httparse::Status;

use crate::fields::{Fields, Framing, Wrong, append, line};
use crate::refusal::{self, Refusal};

/// A longer head is refused.
const LONGEST: usize = 16 * 1024;
/// So are more fields.
const MOST: usize = 100;

pub(crate) struct Request {
    /// As it is sent to an upstream, without the empty line.
    pub(crate) head: Vec<u8>,
    /// An old client need not say whom it means. Then it is the upstream.
    pub(crate) has_host: bool,
    pub(crate) framing: Framing,
    /// To do it twice is to do it once (RFC 9110, 9.2.2).
    pub(crate) is_idempotent: bool,
    pub(crate) is_head: bool,
    /// HTTP/1.0: knows neither chunks nor interim answers.
    pub(crate) is_old: bool,
    pub(crate) keeps_alive: bool,
    pub(crate) expects_continue: bool,
}

pub(crate) enum Parsed {
    /// There has to come more.
    Partial,
    /// And how long its head is.
    Request(Box<Request>, usize),
    Refused(Refusal),
}

/// Looks at what has arrived.
pub(crate) fn parse(bytes: &[u8], from: IpAddr) -> Parsed {
    let mut fields = [const { MaybeUninit::uninit() }; MOST];
    let mut head = httparse::Request::new(&mut []);
    match head.parse_with_uninit_headers(bytes, &mut fields) {
        Ok(Status::Partial) if bytes.len() < LONGEST => Parsed::Partial,
        Ok(Status::Complete(length)) if length <= LONGEST => match understand(&head, from) {
            Ok(request) => Parsed::Request(Box::new(request), length),
            Err(refusal) => Parsed::Refused(refusal),
        },
        Ok(_) | Err(httparse::Error::TooManyHeaders) => Parsed::Refused(refusal::TOO_LARGE),
        Err(httparse::Error::Version) => Parsed::Refused(refusal::OTHER_VERSION),
        Err(_) => Parsed::Refused(refusal::BAD),
    }
}

/// Whether the refusal of what has arrived is to have a body.
pub(crate) fn may_have_body(bytes: &[u8]) -> bool {
    // Empty lines before a request are passed over (RFC 9112, 2.2).
    !bytes.trim_ascii_start().starts_with(b"HEAD ")
}

fn understand(head: &httparse::Request<'_, '_>, from: IpAddr) -> Result<Request, Refusal> {
    let (Some(method), Some(target)) = (head.method, head.path) else {
        return Err(refusal::BAD);
    };
    let is_old = head.version == Some(0);
    let mut fields = Fields::sort(head.headers).map_err(|wrong| match wrong {
        Wrong::Ambiguous => refusal::AMBIGUOUS,
        Wrong::Coding => refusal::NOT_DONE,
    })?;
    if method == "CONNECT" || fields.upgrades {
        return Err(refusal::NOT_DONE);
    }
    if is_old && fields.is_chunked {
        return Err(refusal::AMBIGUOUS);
    }
    if fields.hosts.len() > 1 || fields.hosts.is_empty() && !is_old {
        return Err(refusal::NO_HOST);
    }
    if !fields.hosts.iter().all(|host| is_host(host)) {
        return Err(refusal::BAD);
    }
    let (authority, target) = split(target, method).ok_or(refusal::BAD)?;
    // What a whole URL says is what counts (RFC 9112, 3.2.2).
    let host = authority.map(|a| a.as_bytes().to_vec()).or_else(|| fields.hosts.pop());
    let framing = match (fields.is_chunked, fields.length) {
        (true, _) => Framing::Chunked,
        (false, Some(length)) if length > 0 => Framing::Length(length),
        _ => Framing::Empty,
    };
    let mut out = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
    if let Some(host) = &host {
        line(&mut out, "Host", host);
    }
    out.append(&mut fields.passed);
    match (framing, fields.length) {
        (Framing::Chunked, _) => line(&mut out, "Transfer-Encoding", b"chunked"),
        (_, Some(length)) => line(&mut out, "Content-Length", length.to_string().as_bytes()),
        _ => {}
    }
    append(&mut fields.forwarded_for, from.to_canonical().to_string().as_bytes());
    append(&mut fields.via, if is_old { b"1.0 eagain" } else { b"1.1 eagain" });
    line(&mut out, "X-Forwarded-For", &fields.forwarded_for);
    line(&mut out, "X-Forwarded-Proto", b"http");
    line(&mut out, "Via", &fields.via);
    Ok(Request {
        head: out,
        has_host: host.is_some(),
        framing,
        is_idempotent: matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PUT" | "DELETE"),
        is_head: method == "HEAD",
        is_old,
        keeps_alive: !fields.says_close && (!is_old || fields.says_keep_alive),
        expects_continue: fields.expects_continue && !is_old,
    })
}

/// Nothing that would end a host and its port. What an upstream takes for another host than we do
/// is answered for the wrong one.
fn is_host(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_graphic() && !b"/?#@,\\\"<>".contains(byte))
}

/// Takes a whole URL, as a proxy is sent, apart; a path is left as it is.
fn split<'a>(target: &'a str, method: &str) -> Option<(Option<&'a str>, String)> {
    if target.starts_with('/') || target == "*" && method == "OPTIONS" {
        return Some((None, target.to_owned()));
    }
    let (scheme, rest) = target.split_at_checked(7)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = path.split('#').next().unwrap_or_default();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let is_whole = scheme.eq_ignore_ascii_case("http://") && !authority.is_empty();
    let is_whole = is_whole && is_host(authority.as_bytes());
    is_whole.then_some((Some(authority), path))
}
