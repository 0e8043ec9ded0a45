//! Answers of the kernel that it does not give on demand: strace gives them in its place.

use std::process::Command;

use crate::own_process;

#[allow(dead_code)]
#[path = "../strace/tracer.rs"]
mod tracer;

/// Runs the test of this name in a process of its own, in which each of `faults` happens (as in
/// `accept4:error=EMFILE:when=2`), one process each. In that process, and nowhere else, the answer
/// is true.
pub(crate) fn happens(test: &str, faults: &[&str]) -> bool {
    if own_process::is_here() {
        return true;
    }
    if tracer::works() {
        faults.iter().for_each(|fault| run(test, fault));
    }
    false
}

fn run(test: &str, fault: &str) {
    let own = own_process::command(test);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-o", "/dev/null", "-e", &format!("inject={fault}")]);
    strace.arg(own.get_program()).args(own.get_args());
    strace.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = strace.output().expect("strace starts");
    let [out, err] =
        [output.stdout, output.stderr].map(|o| String::from_utf8_lossy(&o).into_owned());
    assert!(output.status.success() && out.contains("1 passed"), "{fault}:\n{out}\n{err}");
}
