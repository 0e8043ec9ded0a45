//! Child processes: what they say, how they end, what becomes of them, what they inherit.

#[path = "processes/ending.rs"]
mod ending;
#[path = "processes/inheriting.rs"]
mod inheriting;
#[path = "processes/orphans.rs"]
mod orphans;
#[path = "processes/speaking.rs"]
mod speaking;
mod tasks;

use eagain::process::Command;

/// A command for the shell.
fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// Runs a future to its end.
fn block_on<F: Future>(future: F) -> F::Output {
    let future = eagain::time::timeout(tasks::PATIENCE, future);
    eagain::run(future).expect("a run").expect("it ends")
}
