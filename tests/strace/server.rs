//! A traced server that a test drives.
//!
//! Nothing here sleeps in the hope that something has happened by then. strace writes a call down
//! as it begins and completes the line when it returns, so the trace itself shows where the
//! server is: when its last line is the beginning of a wait, and the process sleeps, it is parked.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout};
use std::time::{Duration, Instant};
use std::{fs, thread};

use super::guard::{self, Guard};
use super::line::calls;
use super::tally::Tally;
use super::unread::connections_with_bytes;
use super::{tracer, waits};

/// How long nothing may happen while a state is waited for: a bound on failures, not on speed.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a server lives at most.
const LIMIT: Duration = Duration::from_secs(240);

/// What strace writes when a stop has taken effect.
const STOPPED: &str = "\n--- stopped by SIGSTOP ---";

/// A server under strace. Dropped, it is ended.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    tracer: Child,
    process: u32,
    file: PathBuf,
    /// A server whose output nobody takes would fail the next time it has something to say.
    _stdout: BufReader<ChildStdout>,
    _guard: Guard,
}

impl Server {
    /// Starts a server on a free port of the loopback, and waits until it has nothing to do.
    pub(crate) fn start(
        name: &str,
        calls: &str,
        program: &Path,
        environment: &[(&str, &str)],
    ) -> Server {
        Server::start_with(name, calls, program, &["127.0.0.1:0"], environment)
    }

    /// The same with arguments of its own; the address is among them.
    pub(crate) fn start_with(
        name: &str,
        calls: &str,
        program: &Path,
        args: &[&str],
        environment: &[(&str, &str)],
    ) -> Server {
        let file = tracer::file(name);
        let mut command = tracer::command(calls, &file, program, args);
        let mut tracer = command.envs(environment.iter().copied()).spawn().expect("strace starts");
        let guard = Guard::over(tracer.id(), LIMIT);
        let mut line = String::new();
        let mut stdout = BufReader::new(tracer.stdout.take().expect("the output is piped"));
        stdout.read_line(&mut line).expect("the server says where it listens");
        let addr = line.trim().strip_prefix("listening on ").and_then(|a| a.parse().ok());
        let addr = addr.unwrap_or_else(|| {
            guard::end_group(tracer.id());
            panic!("no `listening on ADDR:PORT` but {line:?}")
        });
        let process = child_of(tracer.id());
        let server = Server { addr, tracer, process, file, _stdout: stdout, _guard: guard };
        server.park();
        server
    }

    /// Connects a client that fails rather than waits for ever.
    pub(crate) fn connect(&self) -> TcpStream {
        let client = TcpStream::connect(self.addr).expect("the server listens");
        client.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        client.set_write_timeout(Some(PATIENCE)).expect("a timeout can be set");
        client.set_nodelay(true).expect("TCP can send at once");
        client
    }

    /// Connects a client, and waits until the server has accepted it and sleeps again.
    pub(crate) fn accepted(&self) -> TcpStream {
        self.park();
        let accepted = self.tally().count("accept4");
        let client = self.connect();
        self.until("has accepted", |s| s.is_parked() && s.tally().count("accept4") > accepted);
        client
    }

    /// Takes leave of a client, and waits until the server has closed its side and sleeps again.
    pub(crate) fn left_by(&self, client: TcpStream) {
        self.park();
        let closed = self.tally().count("close");
        drop(client);
        self.until("has closed its side", |s| s.is_parked() && s.tally().count("close") > closed);
    }

    /// Waits until so many connections have bytes that the server has not read.
    pub(crate) fn until_unread(&self, connections: usize) {
        self.until("has bytes to read", |s| connections_with_bytes(s.addr) == connections);
    }

    /// Whether it sleeps although there are bytes to read: then it waits for room to write.
    pub(crate) fn is_refused(&self) -> bool {
        // The second look is for bytes that came after the server was seen to sleep.
        (0..2).all(|_| {
            self.park();
            connections_with_bytes(self.addr) > 0
        })
    }

    /// strace's output so far.
    pub(crate) fn trace(&self) -> String {
        fs::read_to_string(&self.file).expect("strace writes its output")
    }

    /// How often each call has been made so far.
    pub(crate) fn tally(&self) -> Tally {
        Tally::of(&calls(&self.trace()))
    }

    /// Waits until the server sleeps in a wait.
    pub(crate) fn park(&self) {
        self.until("is parked", Server::is_parked);
    }

    /// Stops the server where it is parked. What its clients do now is all there when it goes on.
    ///
    /// The stop ends the wait it was parked in with EINTR: the one call that is not its own.
    pub(crate) fn stop(&self) {
        self.park();
        let stops = self.trace().matches(STOPPED).count();
        guard::signal("STOP", self.process);
        self.until("has stopped", |s| s.trace().matches(STOPPED).count() > stops);
    }

    /// Lets a stopped server go on.
    pub(crate) fn go_on(&self) {
        guard::signal("CONT", self.process);
    }

    /// Ends the server as Ctrl-C does, and hands over the whole trace.
    pub(crate) fn interrupt(mut self) -> String {
        // A shell starts its background jobs with SIGINT ignored, and that is inherited; of a
        // process that is traced, it ends the wait all the same.
        let is_ignored = ignores_interrupts(self.process);
        guard::signal(if is_ignored { "TERM" } else { "INT" }, self.process);
        self.tracer.wait().expect("strace ends with the server");
        self.trace()
    }

    fn is_parked(&self) -> bool {
        let before = self.last_line();
        waits::is_beginning_of_wait(&before.1) && self.sleeps() && self.last_line() == before
    }

    /// Where the trace ends now, and what comes after its last line's end.
    fn last_line(&self) -> (u64, String) {
        let read = || -> io::Result<(u64, String)> {
            let mut file = fs::File::open(&self.file)?;
            let end = file.seek(SeekFrom::End(0))?;
            // What is printed of a wait before it returns is short.
            file.seek(SeekFrom::Start(end.saturating_sub(256)))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let text = String::from_utf8_lossy(&bytes);
            Ok((end, text.rsplit('\n').next().unwrap_or_default().to_owned()))
        };
        read().expect("strace writes its output")
    }

    /// A process that is handed between the kernel and strace is `t`; one that waits is `S`.
    fn sleeps(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process)).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('S'))
    }

    fn until(&self, what: &str, mut reached: impl FnMut(&Server) -> bool) {
        let (mut size, mut since) = (0, Instant::now());
        while !reached(self) {
            let now = self.last_line().0;
            if now > size {
                (size, since) = (now, Instant::now());
            }
            if since.elapsed() > PATIENCE {
                let trace = self.trace();
                let from = trace.len().saturating_sub(2000);
                let end = String::from_utf8_lossy(&trace.as_bytes()[from..]);
                panic!("the server has stopped, and never {what}; its trace ends with\n{end}");
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // None if it was interrupted: then the group may be another's by now.
        if matches!(self.tracer.try_wait(), Ok(None)) {
            guard::end_group(self.tracer.id());
            // Ended or not, the test's own result is what counts.
            self.tracer.wait().ok();
        }
    }
}

/// The process that strace started: its only child.
fn child_of(process: u32) -> u32 {
    let file = format!("/proc/{process}/task/{process}/children");
    let children = fs::read_to_string(file).expect("the kernel lists children");
    children.trim().parse().unwrap_or_else(|_| panic!("one child expected, not {children:?}"))
}

fn ignores_interrupts(process: u32) -> bool {
    const SIGINT: u32 = 2;
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    mask.and_then(|m| u64::from_str_radix(m.trim(), 16).ok())
        .is_some_and(|m| m >> (SIGINT - 1) & 1 == 1)
}
