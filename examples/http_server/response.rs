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

/// Writes a refusal.
pub(crate) fn refuse(out: &mut Vec<u8>, refusal: Refusal, date: &str) {
    text(out, refusal.status, date, refusal.fields, refusal.why.as_bytes());
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
