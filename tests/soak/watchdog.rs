//! A test that hangs is a test that fails.

use std::io::{self, Write};
use std::process;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// While this lives, the test has so long to end by itself.
pub(crate) struct Watchdog {
    _dropped_when_done: Sender<()>,
}

/// Ends the process if what is returned is not dropped in time: nobody can take a thread out of a
/// wait that lasts for ever.
pub(crate) fn watch(patience: Duration) -> Watchdog {
    let (sender, done) = mpsc::channel();
    let name = thread::current().name().unwrap_or("a test").to_owned();
    thread::spawn(move || {
        if done.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            // Past the test harness, that would keep it to itself.
            writeln!(io::stderr(), "{name} hangs: a wake-up was lost").ok();
            process::abort();
        }
    });
    Watchdog { _dropped_when_done: sender }
}
