//! Examples as their users run them: built, started as a child process, spoken to, ended.

// Each test uses its part of this module.
#![allow(dead_code)]

#[allow(clippy::duplicate_mod)]
mod cargo;

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A bound on failures, not on speed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Where an example is. It is built if it is not up to date: `cargo test` has done that, but
/// `cargo test --test NAME` has not.
pub(crate) fn example(name: &str) -> PathBuf {
    // This test is `TARGET/PROFILE/deps/NAME-HASH`.
    let test = std::env::current_exe().expect("a test knows its own path");
    let folder = test.ancestors().nth(2).expect("a folder of the profile");
    let target = folder.parent().expect("a target folder");
    let profile = folder.file_name().and_then(|name| name.to_str()).expect("a name");
    let profile = if profile == "debug" { "dev" } else { profile };
    let built = cargo::build()
        .args(["--example", name, "--profile", profile, "--target-dir"])
        .arg(target)
        .output()
        .expect("cargo starts");
    let complaint = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{name} does not build:\n{complaint}");
    folder.join("examples").join(name)
}

/// A server in a child process, ended at the latest when this is dropped.
pub(crate) struct Server {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    /// Where it listens.
    pub(crate) addr: SocketAddr,
}

impl Server {
    /// Starts an example that says `listening on ADDR:PORT`.
    pub(crate) fn start(program: &Path, args: &[&str]) -> Server {
        let mut child = Command::new(program)
            .args(args)
            .env_remove("EAGAIN_TRACE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = Some(BufReader::new(child.stdout.take().expect("its output")));
        let mut server = Server { child, stdout, addr: (Ipv4Addr::UNSPECIFIED, 0).into() };
        let line = server.line();
        let addr = line.trim_end().strip_prefix("listening on ").and_then(|addr| addr.parse().ok());
        server.addr = addr.unwrap_or_else(|| panic!("it began with {line:?}"));
        server
    }

    /// The next line that it says.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let stdout = self.stdout.as_mut().expect("somebody listens to it");
        stdout.read_line(&mut line).expect("its output");
        line
    }

    /// A connection that does not wait for ever.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How many descriptors it has.
    pub(crate) fn descriptors(&self) -> usize {
        let folder = format!("/proc/{}/fd", self.pid());
        std::fs::read_dir(folder).expect("a process has descriptors").count()
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status();
        assert!(sent.expect("kill starts").success());
    }

    /// Stops it, until it gets the signal CONT.
    pub(crate) fn stand_still(&self) {
        self.signal("STOP");
        let state = format!("/proc/{}/stat", self.pid());
        eventually("it does not stop", || {
            std::fs::read_to_string(&state).is_ok_and(|stat| stat.contains(") T "))
        });
    }

    /// From now on nobody reads what it says.
    pub(crate) fn unheard(mut self) -> Server {
        self.stdout = None;
        self
    }

    /// What it says after its first line, and how it ends. It must have been told to.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let mut said = String::new();
        if let Some(stdout) = &mut self.stdout {
            stdout.read_to_string(&mut said).expect("its output");
        }
        (self.wait(), said)
    }

    fn wait(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something is so that comes of itself.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(2));
    }
}
