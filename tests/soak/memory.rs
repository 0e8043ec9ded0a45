//! How much memory the process holds, as the kernel sees it.

use std::fs;

/// The resident set.
pub(crate) fn resident_bytes() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells of the process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kilobytes: usize = kilobytes.and_then(|n| n.parse().ok()).expect("a line with a number");
    kilobytes * 1024
}
