//! Which descriptors the process has open.

use std::fs;
use std::os::fd::RawFd;

/// Their numbers, in order.
pub(crate) fn open() -> Vec<RawFd> {
    let listed = fs::read_dir("/proc/self/fd").expect("Linux lists the descriptors");
    let mut numbers: Vec<RawFd> =
        listed.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    // The one that read the list is closed by now.
    numbers.retain(|number| fs::read_link(format!("/proc/self/fd/{number}")).is_ok());
    numbers.sort_unstable();
    numbers
}
