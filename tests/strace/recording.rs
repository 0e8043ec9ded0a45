//! One run of a program under strace, from start to end.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, thread};

use super::guard::Guard;
use super::line::{Call, calls};
use super::tracer;

/// Many times what an example takes under strace on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// What a run left behind.
pub(crate) struct Recording {
    /// strace's output.
    pub(crate) text: String,
    /// Where that output stays, for a person to read.
    pub(crate) file: PathBuf,
    /// What the program printed.
    pub(crate) stdout: String,
    /// What it complained about.
    pub(crate) stderr: String,
    /// Its exit code; none if a signal ended it, as it does when its time is up.
    pub(crate) code: Option<i32>,
}

impl Recording {
    /// The calls it made.
    pub(crate) fn calls(&self) -> Vec<Call> {
        calls(&self.text)
    }
}

/// Runs a program to its end, with these additions to its environment. `name` is the trace's.
pub(crate) fn record(
    name: &str,
    calls: &str,
    program: &Path,
    args: &[&str],
    environment: &[(&str, &str)],
) -> Recording {
    let file = tracer::file(name);
    let mut command = tracer::command(calls, &file, program, args);
    let mut child = command.envs(environment.iter().copied()).spawn().expect("strace starts");
    let guard = Guard::over(child.id(), LIMIT);
    let stdout = child.stdout.take().map(collect);
    let stderr = child.stderr.take().map(collect);
    let status = child.wait().expect("strace is waited for");
    drop(guard);
    let text = fs::read_to_string(&file).expect("strace leaves its output");
    let finish = |reader: Option<thread::JoinHandle<String>>| {
        reader.and_then(|r| r.join().ok()).unwrap_or_default()
    };
    let (stdout, stderr) = (finish(stdout), finish(stderr));
    Recording { text, file, stdout, stderr, code: status.code() }
}

/// Reads in a thread of its own, so that neither output can fill its pipe and stop the program.
fn collect(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is all there is to show.
        pipe.read_to_end(&mut bytes).ok();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
