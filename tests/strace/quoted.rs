//! The strace that an example quotes in its header, held to what the example really does.
//!
//! A quotation shows an arbitrary run, leaves things out by `...`, and may end in a remark. What
//! must be true of it: the calls come in this order, with these constants and this outcome.

use super::line::{Call, call, elements, field};
use super::{events, waits};

/// The first quoted line that the trace does not have, or has too early.
pub(crate) fn first_untrue<'a>(source: &'a str, trace: &[Call]) -> Option<&'a str> {
    let mut shapes = trace.iter().map(shape);
    let quoted = source.lines().filter_map(|line| line.strip_prefix("//! "));
    let mut calls = quoted.filter_map(|line| Some((line, call(line)?)));
    let untrue = calls.find(|(_, call)| {
        let wanted = shape(call);
        !shapes.any(|shape| shape == wanted)
    });
    untrue.map(|(line, _)| line)
}

/// What a quotation and the real call have in common: name, constants, outcome.
#[derive(PartialEq, Eq)]
struct Shape {
    name: String,
    constants: Vec<String>,
    errno: Option<String>,
    /// The end of a stream, a timeout: as telling as an error.
    is_zero: bool,
}

fn shape(call: &Call) -> Shape {
    let name = waits::spelled(&call.name).unwrap_or(&call.name).to_owned();
    let mut constants: Vec<String> =
        call.args.iter().filter(|arg| is_constant(arg)).cloned().collect();
    if name == "epoll_ctl" {
        constants.extend(field(&elements(call.arg(3)), "events").map(events::asked));
    }
    Shape { name, constants, errno: call.errno.clone(), is_zero: call.ret == Some(0) }
}

/// `AF_INET`, `SOCK_STREAM|SOCK_CLOEXEC`; not `NULL`, which the ways of spelling a wait differ in.
fn is_constant(arg: &str) -> bool {
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | '|');
    arg != "NULL" && arg.starts_with(|c: char| c.is_ascii_uppercase()) && arg.chars().all(allowed)
}
