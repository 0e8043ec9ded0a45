//! What the gateway says by itself.

use std::io::Write;
use std::time::SystemTime;

/// An answer that no upstream has given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: &'static str,
    why: &'static str,
}

const fn refusal(status: &'static str, why: &'static str) -> Refusal {
    Refusal { status, why }
}

pub(crate) const BAD: Refusal = refusal("400 Bad Request", "this is no request of HTTP\n");
pub(crate) const AMBIGUOUS: Refusal =
    refusal("400 Bad Request", "where the body of this request ends is open to doubt\n");
pub(crate) const NO_HOST: Refusal =
    refusal("400 Bad Request", "a request has one Host, not none and not two\n");
pub(crate) const TOO_LATE: Refusal =
    refusal("408 Request Timeout", "the request came too slowly\n");
pub(crate) const TOO_LARGE: Refusal = refusal(
    "431 Request Header Fields Too Large",
    "a head may have 16384 bytes and 100 fields, no more\n",
);
pub(crate) const NOT_DONE: Refusal =
    refusal("501 Not Implemented", "no CONNECT, no Upgrade, and no coding but chunked\n");
pub(crate) const OTHER_VERSION: Refusal =
    refusal("505 HTTP Version Not Supported", "HTTP/1.1 and HTTP/1.0 are all there is\n");
pub(crate) const UNREACHABLE: Refusal =
    refusal("502 Bad Gateway", "no upstream could be reached\n");
pub(crate) const BROKE_OFF: Refusal =
    refusal("502 Bad Gateway", "the upstream broke off without an answer\n");
pub(crate) const NOT_HTTP: Refusal =
    refusal("502 Bad Gateway", "the upstream's answer is not HTTP\n");
pub(crate) const BUSY: Refusal =
    refusal("503 Service Unavailable", "all connections to upstreams are busy\n");
pub(crate) const NOT_CONNECTED: Refusal =
    refusal("504 Gateway Timeout", "no connection to an upstream in time\n");
pub(crate) const NO_ANSWER: Refusal =
    refusal("504 Gateway Timeout", "no answer from the upstream in time\n");

impl Refusal {
    pub(crate) fn why(&self) -> &'static str {
        self.why.trim_end()
    }

    /// The whole answer; for `HEAD` without the body.
    pub(crate) fn bytes(&self, closes: bool, wants_body: bool) -> Vec<u8> {
        let date = httpdate::fmt_http_date(SystemTime::now());
        let mut out = Vec::with_capacity(256);
        let connection = if closes { "Connection: close\r\n" } else { "" };
        let retry = if *self == BUSY { "Retry-After: 1\r\n" } else { "" };
        // Writing to memory does not fail.
        let _ = write!(
            out,
            "HTTP/1.1 {}\r\nDate: {date}\r\n{connection}{retry}Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
            self.status,
            self.why.len()
        );
        if wants_body {
            out.extend_from_slice(self.why.as_bytes());
        }
        out
    }
}
