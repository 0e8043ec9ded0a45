//! Which threads this process has.

use std::fs;

/// How many bear a name that begins like this. The kernel keeps 15 bytes of it.
pub(crate) fn named(name: &str) -> usize {
    let threads = fs::read_dir("/proc/self/task").expect("Linux tells of threads");
    let names =
        threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("comm")).ok());
    names.filter(|comm| comm.trim_end().starts_with(name)).count()
}

/// Whether all of these sleep in the kernel.
pub(crate) fn all_sleep(name: &str) -> bool {
    let threads = fs::read_dir("/proc/self/task").expect("Linux tells of threads");
    let mut stats =
        threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("stat")).ok());
    // `1234 (name) S ...`
    let named = format!(" ({name}");
    stats.all(|stat| !stat.contains(&named) || stat.contains(") S "))
}
