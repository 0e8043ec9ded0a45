//! What this process takes of the machine, as the kernel counts it.

use std::fs;
use std::io;
use std::time::{Duration, Instant};

use eagain_sys::usage::{Usage, getrusage};
use eagain_sys::{clock, limits};

/// A moment in the life of the process.
pub(crate) struct Snapshot {
    at: Instant,
    memory: Memory,
    usage: Usage,
}

/// In bytes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Memory {
    /// Addresses that are spoken for, whether anything is there or not.
    pub(crate) reserved: u64,
    /// Pages that are really there.
    pub(crate) resident: u64,
    /// What the kernel needs to know which is which.
    pub(crate) page_tables: u64,
    /// What its side of each thread runs on; of all processes together.
    pub(crate) kernel_stacks: u64,
}

/// What has come since a snapshot.
#[derive(Clone, Copy, Default)]
pub(crate) struct Growth {
    pub(crate) wall: Duration,
    pub(crate) memory: Memory,
    pub(crate) cpu: Duration,
    /// How often a thread had to wait.
    pub(crate) voluntary: u64,
    /// How often one could have gone on, and was not let.
    pub(crate) involuntary: u64,
}

impl Snapshot {
    pub(crate) fn take() -> io::Result<Snapshot> {
        let status = fs::read_to_string("/proc/self/status")?;
        let system = fs::read_to_string("/proc/meminfo")?;
        let memory = Memory {
            reserved: field(&status, "VmSize:"),
            resident: field(&status, "VmRSS:"),
            page_tables: field(&status, "VmPTE:"),
            kernel_stacks: field(&system, "KernelStack:"),
        };
        Ok(Snapshot { at: clock::now(), memory, usage: getrusage()? })
    }

    pub(crate) fn growth(&self) -> io::Result<Growth> {
        let wall = self.at.elapsed();
        let (now, before) = (Snapshot::take()?, self);
        let (new, old) = (now.memory, before.memory);
        let memory = Memory {
            reserved: new.reserved.saturating_sub(old.reserved),
            resident: new.resident.saturating_sub(old.resident),
            page_tables: new.page_tables.saturating_sub(old.page_tables),
            kernel_stacks: new.kernel_stacks.saturating_sub(old.kernel_stacks),
        };
        Ok(Growth {
            wall,
            memory,
            cpu: now.usage.cpu.saturating_sub(before.usage.cpu),
            voluntary: now.usage.voluntary_switches - before.usage.voluntary_switches,
            involuntary: now.usage.involuntary_switches - before.usage.involuntary_switches,
        })
    }
}

/// `VmRSS:      2048 kB`, in bytes; 0 where the kernel does not say.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let number = line.split_whitespace().next().and_then(|n| n.parse().ok());
    number.unwrap_or(0_u64) * 1024
}

/// Raises the soft limit on descriptors, if it is too low for so many connections.
pub(crate) fn allow_descriptors(connections: usize) -> Result<(), String> {
    // The standard streams, two loops, what /proc is read by.
    let needed = connections as u64 + 64;
    let (soft, hard) = limits::descriptors().map_err(|e| e.to_string())?;
    if hard < needed {
        return Err(format!(
            "{connections} connections need {needed} descriptors, and the limit is {hard} (`ulimit -Hn`)"
        ));
    }
    if soft < needed {
        limits::set_descriptors(needed).map_err(|e| e.to_string())?;
    }
    Ok(())
}
