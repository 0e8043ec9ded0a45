//! A program for which strace answers some calls in the kernel's place.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::guard::{self, Guard};

/// How long a program lives at most: a bound on failures, not on speed.
const LIMIT: Duration = Duration::from_secs(60);

/// What the guard sends when the time is up.
const KILL: i32 = 9;

/// Whose calls are answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Of the program's first thread, and not of its peer's, which is a child process.
    FirstThread,
    /// Of all its threads and children.
    All,
}

/// What a program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// None if a signal ended it.
    pub(crate) code: Option<i32>,
    /// Its time was up.
    pub(crate) hung: bool,
}

/// A running program. Dropped, it is ended.
pub(crate) struct Injected {
    tracer: Child,
    stdout: BufReader<ChildStdout>,
    stderr: Option<JoinHandle<String>>,
    _guard: Guard,
}

impl Injected {
    /// Starts a program; the faults are strace's, as in `accept4:error=EMFILE:when=2`.
    pub(crate) fn start(program: &Path, args: &[&str], faults: &[&str], whose: Whose) -> Injected {
        let mut strace = Command::new("strace");
        strace.args(["-qq", "-o", "/dev/null", "-e", "signal=none"]);
        if whose == Whose::All {
            strace.arg("-f");
        }
        for fault in faults {
            strace.args(["-e", &format!("inject={fault}")]);
        }
        strace.arg(program).args(args).env_remove("EAGAIN_TRACE").process_group(0);
        strace.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut tracer = strace.spawn().expect("strace starts");
        let guard = Guard::over(tracer.id(), LIMIT);
        let stdout = BufReader::new(tracer.stdout.take().expect("its output"));
        let mut stderr = tracer.stderr.take().expect("its output");
        let stderr = thread::spawn(move || {
            let mut said = Vec::new();
            // What was read before an error is all there is to show.
            stderr.read_to_end(&mut said).ok();
            String::from_utf8_lossy(&said).into_owned()
        });
        Injected { tracer, stdout, stderr: Some(stderr), _guard: guard }
    }

    /// Where a server listens. None if it ended before it said so.
    pub(crate) fn address(&mut self) -> Option<SocketAddr> {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("its first line");
        line.trim_end().strip_prefix("listening on ")?.parse().ok()
    }

    /// Ends a server as `kill` does. False if it had ended already.
    pub(crate) fn terminate(&mut self) -> bool {
        let runs = self.tracer.try_wait().expect("a child can be waited for").is_none();
        let file = format!("/proc/{0}/task/{0}/children", self.tracer.id());
        let server = std::fs::read_to_string(file).unwrap_or_default();
        if let Ok(server) = server.trim().parse() {
            guard::signal("TERM", server);
        }
        runs
    }

    /// Waits for the end.
    pub(crate) fn end(mut self) -> Ended {
        let mut stdout = String::new();
        self.stdout.read_to_string(&mut stdout).expect("its output");
        let status = self.tracer.wait().expect("strace is waited for");
        let stderr = self.stderr.take().and_then(|reader| reader.join().ok()).unwrap_or_default();
        Ended { stdout, stderr, code: status.code(), hung: status.signal() == Some(KILL) }
    }
}

impl Drop for Injected {
    fn drop(&mut self) {
        // None if it was waited for: then the group may be another's by now.
        if matches!(self.tracer.try_wait(), Ok(None)) {
            guard::end_group(self.tracer.id());
            // Ended or not, the test's own result is what counts.
            self.tracer.wait().ok();
        }
    }
}

/// Runs a program to its end.
pub(crate) fn run(program: &Path, faults: &[&str], whose: Whose) -> Ended {
    Injected::start(program, &[], faults, whose).end()
}
