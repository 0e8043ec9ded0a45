//! What connections take, as `/proc` counts it.

use std::collections::BTreeMap;
use std::fs;

/// What a process really has in memory; `None` where the kernel does not say.
pub(crate) fn resident(pid: u32) -> Option<u64> {
    kilobytes(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?, "VmRSS:")
}

/// `VmRSS:      2048 kB`, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// The caches that a connection has objects of.
const CACHES: [&str; 8] = [
    "TCP",
    "tw_sock_TCP",
    "request_sock_TCP",
    "sock_inode_cache",
    "dentry",
    "filp",
    "eventpoll_epi",
    "eventpoll_pwq",
];

/// The kernel's side, of all processes together.
pub(crate) struct Kernel {
    /// The line of `/proc/net/sockstat`.
    tcp: Option<String>,
    /// Everything that it has in small pieces.
    slab: Option<u64>,
    /// Bytes in use of each cache, if we may know.
    caches: BTreeMap<String, u64>,
}

impl Kernel {
    pub(crate) fn now() -> Kernel {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let sockstat = read("/proc/net/sockstat");
        Kernel {
            tcp: sockstat.lines().find_map(|line| line.strip_prefix("TCP: ")).map(str::to_owned),
            slab: kilobytes(&read("/proc/meminfo"), "Slab:"),
            caches: read("/proc/slabinfo").lines().filter_map(cache).collect(),
        }
    }

    /// What has come, in words.
    pub(crate) fn grown_to(&self, after: &Kernel, connections: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let each = |before: u64, after: u64| after.saturating_sub(before) / connections as u64;
        match &after.tcp {
            Some(tcp) => lines.push(format!("sockets: TCP {tcp} (mem: pages)")),
            None => lines.push("sockets: it does not say".to_owned()),
        }
        if let (Some(before), Some(after)) = (self.slab, after.slab) {
            let each = each(before, after);
            lines.push(format!(
                "slab: {} -> {}: {each} B a connection, both ends",
                bytes(before),
                bytes(after)
            ));
        }
        let grown = after.caches.iter().map(|(name, &after)| {
            let before = self.caches.get(name).copied().unwrap_or(0);
            (each(before, after), name)
        });
        let grown =
            grown.filter(|(each, _)| *each > 0).map(|(each, name)| format!("{name} {each}"));
        match grown.collect::<Vec<_>>().as_slice() {
            [] => lines.push("caches: it does not say (/proc/slabinfo is for root)".to_owned()),
            grown => lines.push(format!("caches, B a connection: {}", grown.join(", "))),
        }
        lines
    }
}

/// `TCP  120  132  2432 …`: name, objects in use, objects, bytes of each.
fn cache(line: &str) -> Option<(String, u64)> {
    let mut words = line.split_whitespace();
    let name = words.next().filter(|name| CACHES.contains(name))?;
    let in_use: u64 = words.next()?.parse().ok()?;
    let size: u64 = words.nth(1)?.parse().ok()?;
    Some((name.to_owned(), in_use * size))
}

pub(crate) fn bytes(n: u64) -> String {
    match n {
        0..10_000_000 => format!("{:.0} KB", n as f64 / 1e3),
        10_000_000..10_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}
