//! Which fields concern one connection only, and how a body ends.

use httparse::Header;

/// How a body ends (RFC 9112, 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none.
    Empty,
    Length(u64),
    Chunked,
    /// With the connection, as the bodies of old answers do.
    UntilClose,
}

/// What is wrong with them.
pub(crate) enum Wrong {
    /// Two would read the same bytes as different messages, which is how requests are smuggled.
    Ambiguous,
    /// A transfer coding that nobody here can undo.
    Coding,
}

/// The fields of a head, sorted.
#[derive(Default)]
pub(crate) struct Fields {
    /// Those that go on, as they came.
    pub(crate) passed: Vec<u8>,
    pub(crate) length: Option<u64>,
    pub(crate) is_chunked: bool,
    pub(crate) says_close: bool,
    pub(crate) says_keep_alive: bool,
    pub(crate) expects_continue: bool,
    pub(crate) upgrades: bool,
    pub(crate) hosts: Vec<Vec<u8>>,
    /// Who it came from and went through before, to be continued.
    pub(crate) forwarded_for: Vec<u8>,
    pub(crate) via: Vec<u8>,
}

impl Fields {
    pub(crate) fn sort(headers: &[Header<'_>]) -> Result<Fields, Wrong> {
        let mut fields = Fields::default();
        let mut nominated = Vec::new();
        let connections = headers.iter().filter(|h| h.name.eq_ignore_ascii_case("connection"));
        for word in connections.flat_map(|h| words(h.value)) {
            match word {
                w if w.eq_ignore_ascii_case(b"close") => fields.says_close = true,
                w if w.eq_ignore_ascii_case(b"keep-alive") => fields.says_keep_alive = true,
                w => nominated.push(w),
            }
        }
        for header in headers {
            fields.add(header, &nominated)?;
        }
        if fields.is_chunked && fields.length.is_some() {
            return Err(Wrong::Ambiguous);
        }
        Ok(fields)
    }

    fn add(&mut self, header: &Header<'_>, nominated: &[&[u8]]) -> Result<(), Wrong> {
        let value = header.value;
        match header.name.to_ascii_lowercase().as_str() {
            "content-length" => self.set_length(value)?,
            "transfer-encoding" => {
                if self.is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
                    return Err(Wrong::Coding);
                }
                self.is_chunked = true;
            }
            "host" => self.hosts.push(value.to_vec()),
            "expect" => self.expects_continue |= value.eq_ignore_ascii_case(b"100-continue"),
            "x-forwarded-for" => append(&mut self.forwarded_for, value),
            "via" => append(&mut self.via, value),
            // Offers of HTTP/2 may be passed over in silence (RFC 9110, 7.8).
            "upgrade" => self.upgrades |= words(value).any(|w| !w.eq_ignore_ascii_case(b"h2c")),
            "connection"
            | "keep-alive"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "http2-settings"
            | "x-forwarded-proto" => {}
            name if nominated.iter().any(|n| n.eq_ignore_ascii_case(name.as_bytes())) => {}
            _ => line(&mut self.passed, header.name, value),
        }
        Ok(())
    }

    /// The same length twice is one length.
    fn set_length(&mut self, value: &[u8]) -> Result<(), Wrong> {
        for word in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
            // A number and nothing else: `parse` alone would take a sign.
            let digits = Some(word).filter(|w| w.iter().all(u8::is_ascii_digit));
            let number = digits.and_then(|w| std::str::from_utf8(w).ok()?.parse().ok());
            let number = number.ok_or(Wrong::Ambiguous)?;
            if self.length.replace(number).is_some_and(|before| before != number) {
                return Err(Wrong::Ambiguous);
            }
        }
        Ok(())
    }
}

fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|word| !word.is_empty())
}

/// Adds to a list.
pub(crate) fn append(list: &mut Vec<u8>, value: &[u8]) {
    if !list.is_empty() {
        list.extend_from_slice(b", ");
    }
    list.extend_from_slice(value);
}

/// Writes a field.
pub(crate) fn line(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        out.extend_from_slice(part);
    }
}
