//! How much memory a process holds, as the kernel sees it.

use std::{fs, process};

/// This process's resident set.
pub(crate) fn resident_bytes() -> usize {
    resident_bytes_of(process::id())
}

/// Another one's resident set.
pub(crate) fn resident_bytes_of(process: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kilobytes: usize = kilobytes.and_then(|n| n.parse().ok()).expect("a line with a number");
    kilobytes * 1024
}
