//! What is text about a fetch, and no system call (looking up a name aside): the URL, the
//! request, and the two parts of a response.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// `http://HOST[:PORT][/PATH]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// A name or an address; one of IPv6 without its brackets.
    pub(crate) host: String,
    /// 80, if the text says nothing else.
    pub(crate) port: u16,
    /// From the slash on, with the query; `/` if there is nothing.
    pub(crate) path: String,
}

impl Url {
    /// Reads it; the error says in a line what was expected.
    pub(crate) fn parse(text: &str) -> Result<Url, String> {
        Url::split(text).ok_or_else(|| format!("http://HOST[:PORT][/PATH] expected, not {text:?}"))
    }

    fn split(text: &str) -> Option<Url> {
        let rest = text.strip_prefix("http://")?;
        // What is not printable would end a line of the request, or the line itself.
        if !rest.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        let rest = rest.split('#').next()?;
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (host, port) = match authority.strip_prefix('[') {
            Some(address) => address.split_once(']')?,
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let port = match port {
            "" => 80,
            port => port.strip_prefix(':')?.parse().ok().filter(|&n| n != 0)?,
        };
        if host.is_empty() || host.contains('@') {
            return None;
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        Some(Url { host: host.to_owned(), port, path: format!("{slash}{path}") })
    }

    /// The address to connect to: the first of IPv4, since most servers listen there, or else
    /// the first. Looking up a name blocks; an address needs no look-up.
    pub(crate) fn resolve(&self) -> io::Result<SocketAddr> {
        let found = (self.host.as_str(), self.port).to_socket_addrs()?;
        found.min_by_key(SocketAddr::is_ipv6).ok_or(io::ErrorKind::NotFound.into())
    }

    /// The request, in HTTP/1.0: the page then ends where the stream ends, and never comes in
    /// chunks.
    pub(crate) fn request(&self) -> String {
        let bare = Url { path: String::new(), ..self.clone() }.to_string();
        let host = bare.trim_start_matches("http://");
        format!("GET {} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n", self.path)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "http://{open}{}{close}", self.host)?;
        if self.port != 80 {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.path)
    }
}

/// All that a server sent until it closed, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response<'a> {
    /// As in `200 OK`.
    pub(crate) status: String,
    /// What follows the empty line.
    pub(crate) body: &'a [u8],
}

impl Response<'_> {
    /// Splits the head off. A body shorter than announced is an error: the server broke off.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Response<'_>, String> {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n");
        let end = end.ok_or_else(|| format!("{} bytes, and no HTTP head", bytes.len()))?;
        let head = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|l| l.strip_prefix("HTTP/1.")?.split_once(' '));
        let (_, status) = status.filter(|(_, s)| is_status(s)).ok_or("a head that is not HTTP")?;
        let mut body = &bytes[end + 4..];

        let mut fields = lines.filter_map(|l| l.split_once(':'));
        if let Some((_, n)) = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
            let n = n.trim();
            let n = n.parse().map_err(|_| format!("a Content-Length of {n:?}"))?;
            let short = || format!("broken off after {} of {n} bytes", body.len());
            body = body.get(..n).ok_or_else(short)?;
        }
        Ok(Response { status: status.to_owned(), body })
    }
}

/// Three digits, and perhaps words.
fn is_status(text: &str) -> bool {
    let (code, words) = text.split_once(' ').unwrap_or((text, ""));
    code.len() == 3
        && code.bytes().all(|b| b.is_ascii_digit())
        && !words.contains(|c: char| c.is_control())
}
