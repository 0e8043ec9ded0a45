//! A test in a process of its own: what it counts in `/proc` is nobody else's, and its environment
//! and its end are its own.

use std::env;
use std::process::Command;

const MARK: &str = "EAGAIN_TEST_IN_ITS_OWN_PROCESS";

/// Whether this is the process that was started for one test.
pub(crate) fn is_here() -> bool {
    env::var_os(MARK).is_some()
}

/// The command that runs the test of this name, and nothing else, in a process of its own.
pub(crate) fn command(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("a test knows its own path"));
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(MARK, "1");
    command
}

/// True in the test's own process. Elsewhere, the test is run there first, and false is the
/// answer when it has passed.
pub(crate) fn entered(test: &str) -> bool {
    if is_here() {
        return true;
    }
    let output = command(test).output().expect("the test starts once more");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{test} failed in its own process:\n{out}\n{err}");
    assert!(out.contains("1 passed"), "{test} is not the name of a test:\n{out}");
    print!("{out}");
    false
}
