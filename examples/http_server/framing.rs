//! Whether a body follows a head, and whether that is beyond doubt.
//!
//! No body is taken here; but who takes a body for the next request, or the other way round, serves
//! whoever smuggles requests past a proxy (RFC 9112, 11.2). So what could be read in two ways is no
//! request, and is told so before anything else is.

use crate::response::{self, Refusal};

/// What the fields say of it (RFC 9112, 6.3).
#[derive(Default)]
pub(crate) struct Framing {
    length: Option<Length>,
    is_chunked: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    None,
    Some,
}

impl Framing {
    /// Digits, and once: even the same length twice is a list, which nobody sends who means well.
    pub(crate) fn add_length(&mut self, value: &[u8]) -> Result<(), Refusal> {
        let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let length = match value.iter().all(|&digit| digit == b'0') {
            true => Length::None,
            false => Length::Some, // however much: it is too much
        };
        match (is_number, self.length.replace(length)) {
            (true, None) => Ok(()),
            _ => Err(response::AMBIGUOUS),
        }
    }

    /// In chunks, and in no other coding. HTTP/1.0 knows none.
    pub(crate) fn add_coding(&mut self, value: &[u8], is_old: bool) -> Result<(), Refusal> {
        let last = value.rsplit(|&byte| byte == b',').next().unwrap_or_default().trim_ascii();
        let is_last = last.eq_ignore_ascii_case(b"chunked");
        if is_old || self.is_chunked || !is_last {
            return Err(response::AMBIGUOUS); // it would end with the connection
        }
        self.is_chunked = true;
        // RFC 9112, 6.1: a coding that is not understood is not done here.
        if last.len() == value.len() { Ok(()) } else { Err(response::NOT_DONE) }
    }

    /// That there are no two ways to tell its end.
    pub(crate) fn is_one(&self) -> Result<(), Refusal> {
        match self.is_chunked && self.length.is_some() {
            true => Err(response::AMBIGUOUS),
            false => Ok(()),
        }
    }

    pub(crate) fn is_there(&self) -> bool {
        self.is_chunked || self.length == Some(Length::Some)
    }
}
