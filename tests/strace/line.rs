//! One line of strace's output, taken apart.

use std::collections::HashMap;

/// A system call that returned (or was cut off).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Call {
    /// As strace spells it.
    pub(crate) name: String,
    /// The arguments, split at the commas that stand in no bracket and no string.
    pub(crate) args: Vec<String>,
    /// What it returned; none where strace prints `?`.
    pub(crate) ret: Option<i64>,
    /// Why it failed, such as `EAGAIN`.
    pub(crate) errno: Option<String>,
    /// What strace says behind the value, without the parentheses: `Timeout`, `flags O_RDWR`.
    pub(crate) note: String,
    /// Whether strace made it up.
    pub(crate) injected: bool,
}

impl Call {
    /// One argument, or nothing.
    pub(crate) fn arg(&self, n: usize) -> &str {
        self.args.get(n).map_or("", String::as_str)
    }

    /// The descriptor that an argument names.
    pub(crate) fn fd(&self, n: usize) -> Option<i32> {
        number(self.arg(n)).and_then(|n| i32::try_from(n).ok())
    }

    /// Whether it failed for this reason.
    pub(crate) fn failed_with(&self, errno: &str) -> bool {
        self.errno.as_deref() == Some(errno)
    }
}

/// All calls of a trace in their order. Signals, exits, and a call that has begun but not returned
/// are no calls.
pub(crate) fn calls(trace: &str) -> Vec<Call> {
    let mut begun = HashMap::new();
    // The last piece has no line's end: it is empty, or a call that has only begun.
    let lines = trace.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    lines.filter_map(|line| whole(line.trim_end(), &mut begun)).filter_map(|l| call(&l)).collect()
}

/// Joins a call that strace printed in two parts because another process came between.
fn whole(line: &str, begun: &mut HashMap<String, String>) -> Option<String> {
    let line = without_process(line);
    if let Some(rest) = line.strip_prefix("<... ") {
        let (name, rest) = rest.split_once(" resumed>")?;
        return begun.remove(name).map(|start| start + rest);
    }
    if let Some(start) = line.strip_suffix("<unfinished ...>") {
        let (name, _) = start.split_once('(')?;
        begun.insert(name.to_owned(), start.trim_end().to_owned());
        return None;
    }
    Some(line.to_owned())
}

/// With more than one process strace begins a line with whose it is.
fn without_process(line: &str) -> &str {
    let rest = match line.strip_prefix("[pid") {
        Some(rest) => rest.split_once(']').map_or(rest, |(_, rest)| rest),
        None => line.trim_start_matches(|c: char| c.is_ascii_digit()),
    };
    rest.trim_start()
}

/// A call from its whole line; none for `--- SIGCHLD … ---` and `+++ exited with 0 +++`.
pub(crate) fn call(line: &str) -> Option<Call> {
    let (name, rest) = line.split_once('(')?;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    let (args, rest) = arguments(rest);
    let value = rest?.trim_start().strip_prefix('=')?.trim();
    let (value, injected) = match value.strip_suffix("(INJECTED)") {
        Some(value) => (value.trim_end(), true),
        None => (value, false),
    };
    let (ret, rest) = value.split_once(' ').unwrap_or((value, ""));
    let first = rest.split(' ').next().unwrap_or_default();
    let is_errno = first.starts_with('E') && first.chars().all(|c| c.is_ascii_alphanumeric());
    let note = if is_errno { rest[first.len()..].trim_start() } else { rest };
    Some(Call {
        name: name.to_owned(),
        args,
        ret: number(ret),
        errno: is_errno.then(|| first.to_owned()),
        note: note.trim_start_matches('(').trim_end_matches(')').to_owned(),
        injected,
    })
}

/// Splits at the commas of the outermost level, up to the parenthesis that ends the arguments; what
/// stands behind that one comes second.
pub(crate) fn arguments(text: &str) -> (Vec<String>, Option<&str>) {
    let (mut args, mut start) = (Vec::new(), 0);
    let mut push = |piece: &str| {
        let piece = piece.trim();
        // A process that dies in a call leaves it like this: `epoll_wait(3,  <unfinished ...>) = ?`
        if !piece.is_empty() && piece != "<unfinished ...>" {
            args.push(piece.to_owned());
        }
    };
    for (at, c) in top_level(text) {
        match c {
            ',' => {
                push(&text[start..at]);
                start = at + 1;
            }
            ')' => {
                push(&text[start..at]);
                return (args, Some(&text[at + 1..]));
            }
            _ => {}
        }
    }
    push(&text[start..]);
    (args, None)
}

/// The elements of a list or structure that strace printed in brackets: `[a, b]`, `{a, b}`.
pub(crate) fn elements(list: &str) -> Vec<String> {
    let inner = list.trim().strip_prefix(['[', '{']).and_then(|l| l.strip_suffix([']', '}']));
    inner.map_or_else(Vec::new, |inner| arguments(inner).0)
}

/// The value of a field of a structure: `events` of `{events=EPOLLIN, data=0x1}`.
pub(crate) fn field<'a>(fields: &'a [String], name: &str) -> Option<&'a str> {
    fields.iter().find_map(|f| f.strip_prefix(name)?.strip_prefix('='))
}

/// The characters of a text that stand in no string and no bracket of its own.
fn top_level(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    text.char_indices().filter(move |&(_, c)| {
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
            return false;
        }
        match c {
            '"' => quoted = true,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth > 0 => depth -= 1,
            _ => return depth == 0,
        }
        false
    })
}

/// A number as strace prints it, decimal or hexadecimal, also with `-y`'s `<…>` behind it.
pub(crate) fn number(text: &str) -> Option<i64> {
    let text = text.split('<').next().unwrap_or_default();
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(|n| n as i64),
        None => text.parse().ok(),
    }
}
