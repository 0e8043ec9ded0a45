//! Signals without end. Elsewhere than on Linux, stopping a process does not interrupt its waits.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::tasks::returned;
use crate::watchdog::watch;
use crate::{MINUTE, both_kinds_of_loop, own_process, sleeps};

#[test]
fn pitfall_40_a_signal_neither_ends_a_wait_nor_restarts_it() {
    const NAME: &str = "storm::pitfall_40_a_signal_neither_ends_a_wait_nor_restarts_it";
    if own_process::is_here() {
        wait_in_a_storm();
        return;
    }
    let mut child = own_process::command(NAME)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .expect("the test starts once more");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut line_with =
        |words: &str| lines.by_ref().map(|line| line.expect("a line")).find(|l| l.contains(words));
    assert!(line_with("let it rain").is_some());
    // A process that is stopped and goes on finds its wait ended by EINTR. It is done while the
    // signals still come: a wait that began anew with each of them would not end.
    let child_id = child.id().to_string();
    let storm = "while kill -s STOP $0 && kill -s CONT $0; do sleep 0.003; done 2>/dev/null";
    let mut storm = Command::new("sh").args(["-c", storm, &child_id]).spawn().expect("a shell");
    let done = line_with("interrupted");
    storm.kill().expect("the shell still runs");
    storm.wait().expect("the shell has ended");
    // It may have been stopped last.
    Command::new("sh").args(["-c", "kill -s CONT $0", &child_id]).status().expect("a shell");
    assert!(child.wait().expect("the child ends").success());
    println!("{}", done.expect("the test in its own process says how it went"));
}

fn wait_in_a_storm() {
    const TIME: Duration = Duration::from_millis(50); // pitfall 40
    let _watchdog = watch(2 * MINUTE);
    println!("let it rain");
    let (mut waits, mut interrupted) = (0, 0);
    for mut event_loop in both_kinds_of_loop() {
        let mut here = 0;
        while here < 40 {
            // A wait that a signal ends is a turn more. Who sends them may be slow.
            assert!(waits < 1000, "1000 waits and {interrupted} signals");
            let before = event_loop.counts().turns;
            let sleeps = sleeps(&event_loop, 1, TIME);
            event_loop.run().expect("no EINTR leaves the loop");
            let taken = returned(&sleeps);
            assert!(taken[0] >= TIME, "{:?}", taken[0]);
            waits += 1;
            here += event_loop.counts().turns - before - 2;
        }
        interrupted += here;
    }
    println!("{waits} waits of {TIME:?} were interrupted {interrupted} times");
}
