//! From bytes to lines.

/// A longer line is cut here.
pub(crate) const LONGEST: usize = 1000;

/// With this, `telnet` says something to its like.
const IAC: u8 = 255;

/// Bytes that are not a whole line yet.
#[derive(Default)]
pub(crate) struct Lines {
    begun: Vec<u8>,
}

/// A line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) was_cut: bool,
}

impl Lines {
    /// Adds what has arrived, and returns the lines that are whole now.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut whole = Vec::new();
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            // One more than is allowed shows that there was more.
            let room = LONGEST + 1 - self.begun.len();
            let (kept, is_end) = match piece.strip_suffix(b"\n") {
                Some(kept) => (kept.strip_suffix(b"\r").unwrap_or(kept), true),
                None => (piece, false),
            };
            self.begun.extend_from_slice(&kept[..kept.len().min(room)]);
            if is_end {
                whole.push(line(&std::mem::take(&mut self.begun)));
            }
        }
        whole
    }
}

fn line(bytes: &[u8]) -> Line {
    let was_cut = bytes.len() > LONGEST;
    let bytes = without_telnet(&bytes[..bytes.len().min(LONGEST)]);
    let text = String::from_utf8_lossy(&bytes);
    let text = text.chars().map(|c| if c == '\t' { ' ' } else { c });
    let text: String = text.filter(|&c| !c.is_control() && !turns_the_line(c)).collect();
    Line { text: text.trim_end().to_owned(), was_cut }
}

/// Leaves out telnet's commands (RFC 854): two bytes, three if they are about an option. The byte
/// is in no UTF-8.
fn without_telnet(bytes: &[u8]) -> Vec<u8> {
    let (mut rest, mut kept) = (bytes, Vec::with_capacity(bytes.len()));
    loop {
        rest = match rest {
            [] => return kept,
            [IAC, 251..=254, _, rest @ ..] | [IAC, 240..=250, rest @ ..] => rest,
            [byte, rest @ ..] => {
                kept.push(*byte);
                rest
            }
        };
    }
}

/// Writes what follows from right to left, or over what was there.
fn turns_the_line(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}
