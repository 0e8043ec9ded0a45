//! No traced program outlives its time: a stopped or hanging one would hold the test run for ever.

use std::process::Command;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// While this lives, the process group has its time to end by itself.
pub(crate) struct Guard {
    _dropped_when_done: Sender<()>,
}

impl Guard {
    /// Guards the group that the process `leader` leads.
    pub(crate) fn over(leader: u32, time: Duration) -> Guard {
        let (sender, done) = mpsc::channel();
        thread::spawn(move || {
            if done.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                end_group(leader);
            }
        });
        Guard { _dropped_when_done: sender }
    }
}

/// Ends a whole process group: strace, what it traces, and any peer.
pub(crate) fn end_group(leader: u32) {
    shell(&format!("kill -s KILL -- -{leader}"));
}

/// Sends a signal to one process. Whether it still exists is seen elsewhere.
pub(crate) fn signal(name: &str, process: u32) {
    shell(&format!("kill -s {name} {process}"));
}

/// The shell's own `kill`: the program of that name is not installed everywhere, and std has no
/// signals but one.
fn shell(script: &str) {
    let script = format!("{script} 2>/dev/null || true");
    Command::new("sh").args(["-c", &script]).status().expect("a shell starts");
}
