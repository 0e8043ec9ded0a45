//! How a child is to be started.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::panic::Location;
use std::path::Path;
use std::process::{self, ExitStatus, Output, Stdio};

use crate::process::Child;

/// How a child is to be started: std's [`Command`](process::Command), with the same names. What it
/// has and this has not is set [there](Command::as_std_mut).
///
/// ```
/// # eagain::run(async {
/// let output = eagain::process::Command::new("echo").arg("hello").output().await?;
/// assert_eq!(output.stdout, b"hello\n");
/// # std::io::Result::Ok(())
/// # })??;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Command {
    std: process::Command,
    /// Which of standard input, output and error the caller has said anything about.
    said: [bool; 3],
    kill_on_drop: bool,
    by_sigchld: bool,
}

impl From<process::Command> for Command {
    /// A command of std cannot be asked what was said about its standard input, output and error.
    /// [`spawn`](Command::spawn) and [`status`](Command::status) go by what was said;
    /// [`output`](Command::output) counts it as not said, captures, and leaves them as by default. So
    /// what is to hold for `output`, too, is said (again) here, or the child is spawned and waited for
    /// with [`Child::wait_with_output`]:
    ///
    /// ```
    /// use std::process::{Command as Std, Stdio};
    ///
    /// use eagain::process::Command;
    ///
    /// # eagain::run(async {
    /// let mut quiet = Std::new("echo");
    /// quiet.arg("hello").stdout(Stdio::null());
    /// let output = Command::from(quiet).stdout(Stdio::null()).output().await?;
    /// assert!(output.stdout.is_empty());
    ///
    /// let mut piped = Std::new("echo");
    /// piped.arg("hello").stdout(Stdio::piped());
    /// let output = Command::from(piped).spawn()?.wait_with_output().await?;
    /// assert_eq!(output.stdout, b"hello\n");
    /// # std::io::Result::Ok(())
    /// # })??;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    fn from(std: process::Command) -> Command {
        Command { std, said: [false; 3], kill_on_drop: false, by_sigchld: false }
    }
}

impl Command {
    /// The program of this name, found by `PATH`, or of this path.
    pub fn new(program: impl AsRef<OsStr>) -> Command {
        process::Command::new(program).into()
    }

    /// The command of std that this is, to look at.
    pub fn as_std(&self) -> &process::Command {
        &self.std
    }

    /// The command of std that this is, for what is not here (`pre_exec` with what it says about
    /// safety). What is said there of standard input, output and error, [`output`](Command::output)
    /// does not know of: see `From`.
    pub fn as_std_mut(&mut self) -> &mut process::Command {
        &mut self.std
    }

    /// One more argument.
    pub fn arg(&mut self, arg: impl AsRef<OsStr>) -> &mut Command {
        self.std.arg(arg);
        self
    }

    /// More arguments.
    pub fn args<S: AsRef<OsStr>>(&mut self, args: impl IntoIterator<Item = S>) -> &mut Command {
        self.std.args(args);
        self
    }

    /// What it finds as its own name, instead of the program's.
    pub fn arg0(&mut self, name: impl AsRef<OsStr>) -> &mut Command {
        self.std.arg0(name);
        self
    }

    /// A variable of its environment.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Command {
        self.std.env(name, value);
        self
    }

    /// Variables of its environment.
    pub fn envs<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        &mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> &mut Command {
        self.std.envs(variables);
        self
    }

    /// A variable that it does not get.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Command {
        self.std.env_remove(name);
        self
    }

    /// It gets none but those that are set from here on.
    pub fn env_clear(&mut self) -> &mut Command {
        self.std.env_clear();
        self
    }

    /// Where it starts.
    pub fn current_dir(&mut self, path: impl AsRef<Path>) -> &mut Command {
        self.std.current_dir(path);
        self
    }

    /// Its standard input; with `Stdio::piped()`, [`Child::stdin`]. Default: this process's, and
    /// nothing for [`output`](Command::output).
    pub fn stdin(&mut self, stdin: impl Into<Stdio>) -> &mut Command {
        self.said[0] = true;
        self.std.stdin(stdin);
        self
    }

    /// Its standard output; with `Stdio::piped()`, [`Child::stdout`]. Default: this process's, and
    /// a pipe for [`output`](Command::output).
    pub fn stdout(&mut self, stdout: impl Into<Stdio>) -> &mut Command {
        self.said[1] = true;
        self.std.stdout(stdout);
        self
    }

    /// Its standard error; with `Stdio::piped()`, [`Child::stderr`]. Default: this process's, and
    /// a pipe for [`output`](Command::output).
    pub fn stderr(&mut self, stderr: impl Into<Stdio>) -> &mut Command {
        self.said[2] = true;
        self.std.stderr(stderr);
        self
    }

    /// The user that it becomes.
    pub fn uid(&mut self, id: u32) -> &mut Command {
        self.std.uid(id);
        self
    }

    /// The group that it becomes one of.
    pub fn gid(&mut self, id: u32) -> &mut Command {
        self.std.gid(id);
        self
    }

    /// The process group that it joins; 0 makes one of its own, so that Ctrl-C is not for it.
    pub fn process_group(&mut self, group: i32) -> &mut Command {
        self.std.process_group(group);
        self
    }

    /// Whether a [`Child`] that is dropped before it has ended is killed. Default: no, it lives on.
    pub fn kill_on_drop(&mut self, on: bool) -> &mut Command {
        self.kill_on_drop = on;
        self
    }

    /// Waits for the child's end by `SIGCHLD`, as is done anyway where the kernel has no descriptor
    /// for it (Linux before 5.3). Then [`wait`](Child::wait) listens to that signal, see
    /// [`signal`](crate::signal), and asks for this child, and no other, whenever any has ended.
    /// Default off.
    pub fn watch_by_sigchld(&mut self, on: bool) -> &mut Command {
        self.by_sigchld = on;
        self
    }

    /// Starts the child.
    ///
    /// System calls: std's, those of `fork` and `execve` among them; an `fstat` and two `fcntl` for
    /// each pipe. Blocks until the child has executed its program.
    ///
    /// # Errors
    /// `ENOENT`, `EACCES`: no such program, not for you. `EAGAIN`: too many processes. `EMFILE`:
    /// out of descriptors.
    pub fn spawn(&mut self) -> io::Result<Child> {
        Child::new(self.std.spawn()?, self.kill_on_drop, self.by_sigchld)
    }

    /// Starts the child now, waits until it has ended, and tells how.
    ///
    /// Not cancel-safe: the child is dropped. System calls and errors: as
    /// [`spawn`](Command::spawn) and [`Child::wait`].
    #[track_caller]
    pub fn status(&mut self) -> impl Future<Output = io::Result<ExitStatus>> + use<> {
        let (child, at) = (self.spawn(), Location::caller());
        async move { child?.wait_at(at).await }
    }

    /// Starts the child now, waits until it has ended, and tells how, and what it wrote to its
    /// standard output and error, unless these were sent elsewhere.
    ///
    /// Not cancel-safe: the child is dropped, and what it wrote. System calls and errors: as
    /// [`spawn`](Command::spawn) and [`Child::wait_with_output`].
    #[track_caller]
    pub fn output(&mut self) -> impl Future<Output = io::Result<Output>> + use<> {
        let (child, at) = (self.spawn_captured(), Location::caller());
        async move { child?.output_at(at).await }
    }

    fn spawn_captured(&mut self) -> io::Result<Child> {
        self.unless_said(Stdio::null, Stdio::piped);
        let child = self.spawn();
        self.unless_said(Stdio::inherit, Stdio::inherit);
        child
    }

    fn unless_said(&mut self, input: fn() -> Stdio, output: fn() -> Stdio) {
        let [stdin, stdout, stderr] = self.said;
        if !stdin {
            self.std.stdin(input());
        }
        if !stdout {
            self.std.stdout(output());
        }
        if !stderr {
            self.std.stderr(output());
        }
    }
}
