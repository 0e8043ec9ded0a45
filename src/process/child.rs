//! A child.

use std::io;
use std::os::fd::OwnedFd;
use std::panic::Location;
use std::process::{self, ExitStatus, Output};

use eagain_sys::process::kill;

use crate::pipe::{Receiver, Sender};
use crate::process::ended::Process;
use crate::process::orphans;
use crate::signal::SignalKind;
use crate::task::generator::Place;

/// The pipe to a child's standard input. Dropping it is the end of what the child reads.
pub type ChildStdin = Sender;

/// The pipe from a child's standard output.
pub type ChildStdout = Receiver;

/// The pipe from a child's standard error.
pub type ChildStderr = Receiver;

/// A process that [`Command::spawn`](super::Command::spawn) has started.
///
/// Dropped, it lives on, unless [`Command::kill_on_drop`](super::Command::kill_on_drop) says
/// otherwise; [the module](super) says who waits for it then.
#[derive(Debug)]
pub struct Child {
    /// To write to it, if it was started with `stdin(Stdio::piped())`.
    pub stdin: Option<ChildStdin>,
    /// What it says, if it was started with `stdout(Stdio::piped())`.
    pub stdout: Option<ChildStdout>,
    /// What it complains of, if it was started with `stderr(Stdio::piped())`.
    pub stderr: Option<ChildStderr>,
    owned: Owned,
}

/// A process as long as it is somebody's.
struct Owned {
    process: Option<Process>,
    kill_on_drop: bool,
    id: u32,
}

impl Drop for Owned {
    fn drop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        if process.id().is_none() {
            return;
        }
        if self.kill_on_drop {
            // It may have ended by itself, or belong to another user by now.
            let _ = process.kill();
        }
        orphans::adopt(process);
    }
}

impl std::fmt::Debug for Owned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {}", self.id)
    }
}

impl Child {
    /// A child with pipes that are none yet is killed.
    pub(super) fn new(
        mut child: process::Child,
        kill_on_drop: bool,
        by_sigchld: bool,
    ) -> io::Result<Child> {
        orphans::look_after();
        let stdin = child.stdin.take().map(OwnedFd::from);
        let stdout = child.stdout.take().map(OwnedFd::from);
        let stderr = child.stderr.take().map(OwnedFd::from);
        let id = child.id();
        let process = Some(Process::new(child, by_sigchld));
        let mut owned = Owned { process, kill_on_drop: true, id };
        let stdin = stdin.map(Sender::try_from).transpose()?;
        let stdout = stdout.map(Receiver::try_from).transpose()?;
        let stderr = stderr.map(Receiver::try_from).transpose()?;
        owned.kill_on_drop = kill_on_drop;
        Ok(Child { stdin, stdout, stderr, owned })
    }

    fn process(&mut self) -> io::Result<&mut Process> {
        // It is there until it is dropped.
        self.owned.process.as_mut().ok_or(io::ErrorKind::NotFound.into())
    }

    /// Its number; `None` once it was waited for, and the number may be another process's.
    pub fn id(&self) -> Option<u32> {
        self.owned.process.as_ref()?.id()
    }

    /// Waits until it has ended, and tells how. What [`stdin`](Child::stdin) holds is closed
    /// first, or both might wait for each other.
    ///
    /// Cancel-safe: awaited again, it tells the same. System calls: `wait4` (of the child alone),
    /// again after each wait, and one `pidfd_open` and one `epoll_ctl` if it has not ended.
    ///
    /// # Errors
    /// `ECHILD`: somebody else has waited for it, or the process ignores `SIGCHLD`. `EMFILE`: no
    /// descriptor is left; try again. [`LoopError`](crate::LoopError): no loop runs, or it was
    /// awaited on another one before.
    #[track_caller]
    pub fn wait(&mut self) -> impl Future<Output = io::Result<ExitStatus>> {
        self.wait_at(Location::caller())
    }

    pub(super) fn wait_at(&mut self, at: Place) -> impl Future<Output = io::Result<ExitStatus>> {
        drop(self.stdin.take()); // pitfall 59: it may wait for the end of it
        async move { self.process()?.wait(at).await }
    }

    /// How it has ended, if it has.
    ///
    /// System calls: one `wait4` of the child alone, or none if that is known.
    ///
    /// # Errors
    /// As [`wait`](Child::wait).
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.process()?.try_wait()
    }

    /// Waits until it has ended, and reads meanwhile what it writes to those of its pipes that are
    /// still here.
    ///
    /// Not cancel-safe: what was read is lost, and the child dropped. System calls and errors: as
    /// [`wait`](Child::wait) and [`Receiver::read_to_end`].
    #[track_caller]
    pub fn wait_with_output(mut self) -> impl Future<Output = io::Result<Output>> {
        drop(self.stdin.take());
        self.output_at(Location::caller())
    }

    pub(super) async fn output_at(mut self, at: Place) -> io::Result<Output> {
        drop(self.stdin.take());
        let (out, err) = (self.stdout.take(), self.stderr.take());
        let ended = async { self.process()?.wait(at).await };
        let (status, stdout, stderr) = crate::try_join!(ended, all_of(out), all_of(err))?;
        Ok(Output { status, stdout, stderr })
    }

    /// Kills it (`SIGKILL`), and does not wait. One that has ended is left alone.
    ///
    /// System calls: one `kill`, or `pidfd_send_signal`; none if it was waited for.
    ///
    /// # Errors
    /// `EPERM`: it has become another user.
    pub fn start_kill(&mut self) -> io::Result<()> {
        self.process()?.kill()
    }

    /// Kills it (`SIGKILL`), and waits until it has ended.
    ///
    /// Cancel-safe: it is killed in any case. System calls and errors: as
    /// [`start_kill`](Child::start_kill) and [`wait`](Child::wait).
    #[track_caller]
    pub fn kill(&mut self) -> impl Future<Output = io::Result<()>> {
        let killed = self.start_kill();
        let ended = self.wait();
        async move {
            killed?;
            ended.await.map(drop)
        }
    }

    /// Sends it any signal: `SIGTERM`, to let it end by itself.
    ///
    /// System calls: one `kill`.
    ///
    /// # Errors
    /// `ESRCH`: it was waited for. `EPERM`, `EINVAL`: not allowed, no such signal.
    pub fn send_signal(&mut self, kind: SignalKind) -> io::Result<()> {
        Ok(kill(self.id().unwrap_or(0), kind.as_raw_value())?)
    }
}

async fn all_of(pipe: Option<Receiver>) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    if let Some(pipe) = pipe {
        pipe.read_to_end(&mut all).await?;
    }
    Ok(all)
}
