//! Whether strace works here, and with which flags it runs.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::{env, io};

/// The calls of a transcript: sockets, the pollers, what makes, moves and closes descriptors, and
/// `write`, which also carries the loop's marks. A `?` excuses a call that this architecture does
/// not have.
pub(crate) const TRANSCRIPT: &str = "trace=%network,?epoll_create,epoll_create1,epoll_ctl,\
    ?epoll_wait,epoll_pwait,?epoll_pwait2,?poll,ppoll,?select,pselect6,?clock_nanosleep,\
    ?eventfd,eventfd2,?pipe,pipe2,dup,?dup2,dup3,read,write,readv,writev,fcntl,ioctl,close";

/// The calls of a budget: all of them, since one more call of any kind is one too many.
pub(crate) const EVERYTHING: &str = "trace=all";

/// Whether a program can be traced here. If not, one line says why, past the test harness that
/// would keep it to itself; with `EAGAIN_REQUIRE_STRACE=1` it is a failure instead.
pub(crate) fn works() -> bool {
    static WORKS: OnceLock<bool> = OnceLock::new();
    *WORKS.get_or_init(|| {
        let Some(why_not) = obstacle() else { return true };
        let required = env::var_os("EAGAIN_REQUIRE_STRACE").is_some_and(|v| v == "1");
        assert!(!required, "EAGAIN_REQUIRE_STRACE=1, but {why_not}");
        // Where even this line cannot be written there is nobody to tell.
        writeln!(io::stderr(), "strace tests skipped: {why_not}").ok();
        false
    })
}

fn obstacle() -> Option<String> {
    let tried = Command::new("strace")
        .args(["-o", "/dev/null", "-e", "trace=close", "true"])
        .stdin(Stdio::null())
        .output();
    match tried {
        Ok(done) if done.status.success() => None,
        Ok(done) => {
            let text = String::from_utf8_lossy(&done.stderr).into_owned();
            let line = text.lines().next().unwrap_or("without a word");
            Some(format!("strace may not trace here ({line})"))
        }
        Err(e) => Some(format!("strace does not start ({e})")),
    }
}

/// A place for one trace. It stays there after the test, to be read when the test fails.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.trace"))
}

/// strace around a program, in a process group of its own so that all of it can be ended.
///
/// There is no `-f`: an embedded peer is a child process, and one side is enough. 256 characters
/// are more than any mark has, and as many elements of a list of events are printed.
pub(crate) fn command<A: AsRef<OsStr>>(
    calls: &str,
    output: &Path,
    program: &Path,
    args: impl IntoIterator<Item = A>,
) -> Command {
    let mut command = Command::new("strace");
    command.args(["-s", "256", "-e", calls, "-o"]).arg(output).arg(program).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_remove("EAGAIN_TRACE").process_group(0);
    command
}
