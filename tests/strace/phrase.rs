//! A system call without what differs from run to run.

use super::line::Call;
use super::sockaddr::address;
use super::{events, waits};

/// What a transcript says of one call, from the point of view of one descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    pub(crate) text: String,
    pub(crate) kind: Kind,
}

/// How often a phrase is said. In the order of a turn, in which an unordered phase is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Each time it happened: the network has no part in it.
    Once,
    /// The rest happens as often as the network cuts the bytes. A task is resumed,
    Resumed,
    /// is told EAGAIN,
    Refused,
    /// says what it waits for,
    Yielded,
    /// which is registered
    Registered,
    /// and waited for,
    Waited,
    /// becomes ready,
    Reported,
    /// can be asked about,
    Asked,
    /// and bytes are moved: so many.
    Moved(u64),
}

impl Phrase {
    pub(crate) fn new(kind: Kind, text: impl Into<String>) -> Phrase {
        Phrase { text: text.into(), kind }
    }
}

/// Says a call from the point of view of the descriptor it is made on; `epoll_ctl` is made on the
/// one that is watched.
pub(crate) fn phrase(call: &Call) -> Phrase {
    let said = match call.name.as_str() {
        "epoll_ctl" => register(call),
        "accept" | "accept4" => accept(call),
        "read" | "write" | "readv" | "writev" => moved(call, ""),
        "recvfrom" | "sendto" => moved(call, call.arg(3)),
        "recvmsg" | "sendmsg" => moved(call, call.arg(2)),
        _ => Phrase::new(kind(call), with_result(call, &plain(call))),
    };
    match &call.errno {
        Some(errno) if matches!(errno.as_str(), "EAGAIN" | "EALREADY") => {
            Phrase { kind: Kind::Refused, ..said }
        }
        _ => said,
    }
}

/// A new descriptor's first line: how it was made.
pub(crate) fn birth(call: &Call) -> Phrase {
    let text = match call.name.as_str() {
        "accept" | "accept4" => accepting(call),
        "pipe" | "pipe2" => format!("{}({})", call.name, call.args[1..].join(", ")),
        "socketpair" => format!("socketpair({})", call.args[..3].join(", ")),
        "dup" | "dup2" | "dup3" => call.name.clone(),
        "fcntl" => format!("fcntl({})", call.arg(1)),
        _ => format!("{}({})", call.name, call.args.join(", ")),
    };
    Phrase::new(Kind::Once, text)
}

/// Says a wait from the point of view of the one who waits.
pub(crate) fn waited(call: &Call, wait: &waits::Wait, asked: &str) -> Phrase {
    let comma = if asked.is_empty() { "" } else { ", " };
    // Whether something is ready when nobody wants to wait is the network's business.
    let result = match (wait.timeout, call.ret) {
        (_, Some(n)) if n < 0 => call.errno.clone().unwrap_or_default(),
        ("0", _) => String::new(),
        (_, Some(0)) => "timeout".to_owned(),
        _ => "ready".to_owned(),
    };
    let equals = if result.is_empty() { "" } else { " = " };
    let text = format!("{}({asked}{comma}{}){equals}{result}", wait.name, wait.timeout);
    Phrase::new(Kind::Waited, text)
}

fn register(call: &Call) -> Phrase {
    let op = call.arg(1).trim_start_matches("EPOLL_CTL_");
    let fields = super::line::elements(call.arg(3));
    // A removal carries an event that nobody looks at.
    let flags = match super::line::field(&fields, "events") {
        Some(flags) if op != "DEL" => format!(", {}", events::asked(flags)),
        _ => String::new(),
    };
    let text = format!("epoll_ctl({op}{flags})");
    Phrase::new(Kind::Registered, with_result(call, &text))
}

fn accept(call: &Call) -> Phrase {
    let made = if call.ret.is_some_and(|fd| fd >= 0) { " = conn" } else { "" };
    Phrase::new(Kind::Moved(0), with_errno(call, &(accepting(call) + made)))
}

/// The peer's address and the length of it are left out.
fn accepting(call: &Call) -> String {
    format!("{}({})", call.name, call.args.get(3..).unwrap_or_default().join(", "))
}

/// Bytes in or out: how many in all is said, in how many pieces is not.
fn moved(call: &Call, flags: &str) -> Phrase {
    let flags = if matches!(flags, "" | "0") { String::new() } else { format!("({flags})") };
    let name = format!("{}{flags}", call.name);
    let reads = call.name.starts_with('r');
    match call.ret {
        Some(0) if reads => Phrase::new(Kind::Once, name + " = end"),
        // Bytes that are only looked at come again.
        Some(n) if n > 0 && flags.contains("MSG_PEEK") => Phrase::new(Kind::Asked, name),
        Some(n) if n >= 0 => Phrase::new(Kind::Moved(n as u64), name),
        _ => Phrase::new(Kind::Once, with_errno(call, &name)),
    }
}

fn kind(call: &Call) -> Kind {
    // How much is there to read is asked as often as something arrives.
    if call.name == "ioctl" && call.arg(1) == "FIONREAD" { Kind::Asked } else { Kind::Once }
}

/// Name and arguments, without the descriptor.
fn plain(call: &Call) -> String {
    let name = &call.name;
    match name.as_str() {
        "close" | "getsockname" | "getpeername" => name.clone(),
        "bind" | "connect" => format!("{name}({})", address(call.arg(1)).unwrap_or_default()),
        "setsockopt" => format!("{name}({}, {})", call.arg(2), unboxed(call.arg(3))),
        "getsockopt" => format!("{name}({}) = {}", call.arg(2), unboxed(call.arg(3))),
        "ioctl" if call.arg(1) == "FIONREAD" => "ioctl(FIONREAD)".to_owned(),
        "fcntl" if call.arg(1).starts_with("F_DUPFD") => format!("fcntl({})", call.arg(1)),
        _ => {
            let rest = call.args.iter().skip(1).map(|arg| argument(arg));
            format!("{name}({})", rest.collect::<Vec<_>>().join(", "))
        }
    }
}

fn argument(arg: &str) -> String {
    match arg {
        _ if arg.starts_with('"') => "\"…\"".to_owned(),
        _ if arg.starts_with("0x") => "PTR".to_owned(),
        _ => address(arg).unwrap_or_else(|| arg.to_owned()),
    }
}

/// `[1]`: strace shows what a pointer points to.
fn unboxed(arg: &str) -> &str {
    arg.trim_start_matches('[').trim_end_matches(']')
}

fn with_result(call: &Call, text: &str) -> String {
    match call.note.strip_prefix("flags ") {
        Some(flags) => format!("{text} = {flags}"),
        None => with_errno(call, text),
    }
}

fn with_errno(call: &Call, text: &str) -> String {
    call.errno.as_ref().map_or_else(|| text.to_owned(), |errno| format!("{text} = {errno}"))
}
