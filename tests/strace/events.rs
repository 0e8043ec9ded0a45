//! Readiness flags as strace prints them.

/// What is asked for: `EPOLLIN|EPOLLRDHUP|EPOLLET` becomes `IN|RDHUP|ET`.
pub(crate) fn asked(flags: &str) -> String {
    bare(flags).collect::<Vec<_>>().join("|")
}

/// What is reported, as far as it is the same in every run.
///
/// Whether the peer's last bytes and its end come in one event or in two is up to the network, and
/// an edge for one direction also tells what the other one is like. So `IN` stands for whatever is
/// worth a read, and `OUT` is said only where that is all there is.
pub(crate) fn reported(flags: &str) -> String {
    let has = |name: &str| bare(flags).any(|flag| flag == name);
    let mut text = match () {
        () if has("IN") || has("RDHUP") || has("PRI") => "IN",
        () if has("OUT") => "OUT",
        () if has("HUP") => "HUP",
        () => "",
    }
    .to_owned();
    if has("ERR") {
        text += if text.is_empty() { "ERR" } else { "|ERR" };
    }
    text
}

fn bare(flags: &str) -> impl Iterator<Item = &str> {
    let bare = |flag| str::trim_start_matches(str::trim_start_matches(flag, "EPOLL"), "POLL");
    flags.split('|').map(bare)
}
