//! Where the loop says it is, in the strace itself.
//!
//! With `EAGAIN_TRACE=strace` it writes to a descriptor that cannot exist, and strace prints
//! `write(-1, "resume 3 readable", 17) = -1 EBADF (Bad file descriptor)`.

use super::line::Call;

/// What a mark says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// `spawn 4`: there is a new task.
    Spawn(u64),
    /// `resume 3 readable`: the task runs from here on, and why.
    Resume(u64, String),
    /// `yield 3 read 7`: it waits, for what, and on which descriptor.
    Yield(u64, String, Option<i32>),
    /// `return 3`, `panic 3`, `cancel 3`: it is gone, and how.
    End(u64, String),
    /// Anything else, such as `turn 12`: about the loop, with its numbers taken out.
    Loop(String),
}

/// The mark that a call is, if it is one.
pub(crate) fn mark(call: &Call) -> Option<Mark> {
    if call.name != "write" || call.arg(0) != "-1" || !call.failed_with("EBADF") {
        return None;
    }
    let text = call.arg(1).trim_end_matches("...").trim_matches('"');
    Some(parse(text).unwrap_or_else(|| Mark::Loop(without_numbers(text.split(' ')))))
}

fn parse(text: &str) -> Option<Mark> {
    let mut words = text.split(' ');
    let verb = words.next()?;
    let task = words.next()?.parse().ok()?;
    match verb {
        "spawn" => Some(Mark::Spawn(task)),
        "resume" => Some(Mark::Resume(task, without_numbers(words))),
        "return" | "panic" | "cancel" => Some(Mark::End(task, verb.to_owned())),
        "yield" => {
            let fd = words.clone().find_map(|word| word.parse().ok());
            let what = words.filter(|w| *w != "fd" && w.parse::<i32>().is_err());
            Some(Mark::Yield(task, what.collect::<Vec<_>>().join(" "), fd))
        }
        _ => None,
    }
}

fn without_numbers<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let digits = |c: char| c.is_ascii_digit();
    words.map(|w| if w.starts_with(digits) { "N" } else { w }).collect::<Vec<_>>().join(" ")
}
