//! The calls that wait for many descriptors at once, spelled one way.

use super::descriptors::data;
use super::line::{Call, arguments, elements, field, number};

/// A wait as its trace tells it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    /// The way of waiting: `epoll_wait` also stands for `epoll_pwait` and `epoll_pwait2`.
    pub(crate) name: &'static str,
    /// How long at most: `none` is for ever.
    pub(crate) timeout: &'static str,
    /// The descriptors it was called with, and what it asked of them.
    pub(crate) watched: Vec<(i32, String)>,
    /// Those it found ready, and how.
    pub(crate) ready: Vec<(Who, String)>,
}

/// Whom a wait found ready: `epoll` hands back what it was told, the others the number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Token(String),
    Number(i32),
}

/// The one name of each way of waiting; none if the call waits for no readiness.
pub(crate) fn spelled(name: &str) -> Option<&'static str> {
    Some(match name {
        "epoll_wait" | "epoll_pwait" | "epoll_pwait2" => "epoll_wait",
        "poll" | "ppoll" => "poll",
        "select" | "pselect6" => "select",
        _ => return None,
    })
}

/// Whether this is what strace prints of a wait until it returns.
pub(crate) fn is_beginning_of_wait(line: &str) -> bool {
    line.split_once('(')
        .is_some_and(|(name, rest)| spelled(name).is_some() && arguments(rest).1.is_none())
}

/// The wait that a call is, if it is one.
pub(crate) fn wait(call: &Call) -> Option<Wait> {
    let name = spelled(&call.name)?;
    let (timeout, watched, ready) = match name {
        "epoll_wait" => (call.arg(3), Vec::new(), epoll_events(call.arg(1))),
        "poll" => (call.arg(2), poll_set(call.arg(0)), poll_events(&call.note)),
        _ => (call.arg(4), select_sets(&call.args), select_events(&call.note)),
    };
    Some(Wait { name, timeout: limit(timeout), watched, ready })
}

/// A timeout without its number: `none`, `0` or `finite`.
pub(crate) fn limit(timeout: &str) -> &'static str {
    let fields = elements(timeout);
    // A structure of seconds and parts of a second.
    let is_zero = !fields.is_empty() && fields.iter().all(|f| f.ends_with("=0"));
    match timeout {
        "NULL" => "none",
        _ if timeout.starts_with('-') => "none",
        "0" => "0",
        _ if is_zero => "0",
        _ => "finite",
    }
}

fn epoll_events(list: &str) -> Vec<(Who, String)> {
    let event = |e: String| {
        let flags = field(&elements(&e), "events")?.to_owned();
        Some((Who::Token(data(&e)?), flags))
    };
    elements(list).into_iter().filter_map(event).collect()
}

fn poll_set(list: &str) -> Vec<(i32, String)> {
    let entry = |e: String| {
        let fields = elements(&e);
        Some((number(field(&fields, "fd")?)? as i32, field(&fields, "events")?.to_owned()))
    };
    elements(list).into_iter().filter_map(entry).collect()
}

/// `[{fd=3, revents=POLLIN}], left {tv_sec=0, tv_nsec=5}`
fn poll_events(note: &str) -> Vec<(Who, String)> {
    let entry = |e: String| {
        let fields = elements(&e);
        let fd = number(field(&fields, "fd")?)? as i32;
        Some((Who::Number(fd), field(&fields, "revents")?.to_owned()))
    };
    let (parts, _) = arguments(note);
    parts
        .first()
        .map_or_else(Vec::new, |list| elements(list).into_iter().filter_map(entry).collect())
}

/// The sets of `select`, by position in its arguments.
const SETS: [(usize, &str); 3] = [(1, "POLLIN"), (2, "POLLOUT"), (3, "POLLPRI")];

fn select_sets(args: &[String]) -> Vec<(i32, String)> {
    let set = |(n, flag): (usize, &'static str)| {
        let list = args.get(n).map_or("", String::as_str);
        numbers(list).into_iter().map(move |fd| (fd, flag.to_owned()))
    };
    SETS.into_iter().flat_map(set).collect()
}

/// `in [3], out [4 5], left {tv_sec=0, tv_usec=7}`
fn select_events(note: &str) -> Vec<(Who, String)> {
    let (parts, _) = arguments(note);
    let set = |part: &String| {
        let (name, list) = part.split_once(' ').unwrap_or_default();
        let flag = match name {
            "in" => "POLLIN",
            "out" => "POLLOUT",
            "except" => "POLLPRI",
            _ => return Vec::new(),
        };
        numbers(list).into_iter().map(|fd| (Who::Number(fd), flag.to_owned())).collect()
    };
    parts.iter().flat_map(set).collect()
}

/// `[3 4]`: a set of descriptors has no commas.
fn numbers(list: &str) -> Vec<i32> {
    let inner = list.trim_start_matches('[').trim_end_matches(']');
    inner.split(' ').filter_map(number).map(|fd| fd as i32).collect()
}
