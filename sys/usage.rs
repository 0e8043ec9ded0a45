//! What the process has cost so far.

use std::time::Duration;

use nix::sys::resource::{self, UsageWho};
use nix::sys::time::TimeVal;

use crate::{Error, Result};

/// Of all threads of the process, also of those that have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Processor time, in user and in kernel mode.
    pub cpu: Duration,
    /// How often a thread gave the processor up since it had to wait.
    pub voluntary_switches: u64,
    /// How often the processor was taken from one that could have gone on.
    pub involuntary_switches: u64,
}

/// `int getrusage(RUSAGE_SELF, struct rusage *usage)`: what the process has used.
///
/// * strace: `getrusage(RUSAGE_SELF, {ru_utime={tv_sec=0, tv_usec=1042}, ...}) = 0`
/// * Manual page: getrusage(2).
pub fn getrusage() -> Result<Usage> {
    let usage = resource::getrusage(UsageWho::RUSAGE_SELF)
        .map_err(|e| Error::new("getrusage", e as i32))?;
    Ok(Usage {
        cpu: duration(usage.user_time()) + duration(usage.system_time()),
        voluntary_switches: usage.voluntary_context_switches() as u64,
        involuntary_switches: usage.involuntary_context_switches() as u64,
    })
}

fn duration(time: TimeVal) -> Duration {
    Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000)
}
