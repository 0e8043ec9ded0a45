//! What is sent back.

use std::io::Write;

/// A status line's end.
pub(crate) type Status = &'static str;

pub(crate) const OK: Status = "200 OK";
pub(crate) const NOT_FOUND: Status = "404 Not Found";
pub(crate) const FAILED: Status = "500 Internal Server Error";
pub(crate) const MOVED: Status = "301 Moved Permanently";

/// An answer after which the connection is closed: where the next request would begin is anybody's
/// guess.
#[derive(Clone, Copy)]
pub(crate) struct Refusal {
    status: Status,
    fields: &'static str,
    why: &'static str,
}

const fn refusal(status: Status, why: &'static str) -> Refusal {
    Refusal { status, fields: CLOSE, why }
}

pub(crate) const CLOSE: &str = "Connection: close\r\n";
pub(crate) const BAD: Refusal = refusal("400 Bad Request", "this is no request of HTTP\n");
pub(crate) const AMBIGUOUS: Refusal =
    refusal("400 Bad Request", "where the body of this request ends is open to doubt\n");
pub(crate) const NOT_DONE: Refusal =
    refusal("501 Not Implemented", "no such method or transfer coding is known here\n");
pub(crate) const OTHER_VERSION: Refusal =
    refusal("505 HTTP Version Not Supported", "HTTP/1.1 and HTTP/1.0 are all there is\n");
pub(crate) const NOT_ALLOWED: Refusal = Refusal {
    status: "405 Method Not Allowed",
    fields: "Connection: close\r\nAllow: GET, HEAD\r\n",
    why: "GET and HEAD are all there is\n",
};
pub(crate) const TOO_LATE: Refusal =
    refusal("408 Request Timeout", "the request took longer than ten seconds\n");
pub(crate) const NO_BODIES: Refusal =
    refusal("413 Content Too Large", "a request must have no body here\n");
pub(crate) const TOO_LARGE: Refusal = refusal(
    "431 Request Header Fields Too Large",
    "a head may have 8192 bytes and 64 fields, no more\n",
);

/// Writes a refusal; for `HEAD` without the body.
pub(crate) fn refuse(out: &mut Vec<u8>, refusal: Refusal, date: &str, wants_body: bool) {
    let why = refusal.why.as_bytes();
    head(out, refusal.status, date, refusal.fields, "text/plain", why.len() as u64);
    if wants_body {
        out.extend_from_slice(why);
    }
}

/// Writes a head.
pub(crate) fn head(
    out: &mut Vec<u8>,
    status: Status,
    date: &str,
    fields: &str,
    kind: &str,
    length: u64,
) {
    // Writing to memory does not fail.
    let _ = write!(
        out,
        "HTTP/1.1 {status}\r\nDate: {date}\r\n{fields}Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    );
}

/// Writes a head and a body of plain text.
pub(crate) fn text(out: &mut Vec<u8>, status: Status, date: &str, fields: &str, body: &[u8]) {
    head(out, status, date, fields, "text/plain", body.len() as u64);
    out.extend_from_slice(body);
}
