//! Children that nobody waits for.

use std::fs;
use std::process::Stdio;

use eagain::EventLoop;
use eagain_sys::process::kill;

use crate::sh;
use crate::tasks::{returned, run, turn_until, turn_until_idle};

/// Whether there is such a process, a zombie or not.
fn is_there(pid: u32) -> bool {
    kill(pid, 0).is_ok()
}

fn is_zombie(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z"))
}

/// A loop that has something to wait for, for ever.
fn busy_loop() -> EventLoop {
    let event_loop = EventLoop::new().expect("a loop");
    event_loop.spawn(std::future::pending::<()>()).detach();
    event_loop
}

#[test]
fn who_is_killed_on_drop_is_no_zombie() {
    for by_sigchld in [false, true] {
        let mut event_loop = busy_loop();
        let task = event_loop.spawn(async move {
            let mut command = sh("exec sleep 1000");
            let child = command.kill_on_drop(true).watch_by_sigchld(by_sigchld).spawn();
            child.expect("a shell").id().expect("it runs")
        });
        turn_until(&mut event_loop, || task.is_finished());
        let pid = returned(&task);
        turn_until(&mut event_loop, || !is_there(pid));
    }
}

#[test]
fn who_is_dropped_lives_on_and_is_waited_for_by_the_loop() {
    for by_sigchld in [false, true] {
        let mut event_loop = busy_loop();
        let task = event_loop.spawn(async move {
            let mut command = sh("read gate");
            command.stdin(Stdio::piped()).watch_by_sigchld(by_sigchld);
            let mut child = command.spawn().expect("a shell");
            (child.id().expect("it runs"), child.stdin.take())
        });
        turn_until(&mut event_loop, || task.is_finished());
        let (pid, gate) = returned(&task);
        turn_until_idle(&mut event_loop);
        assert!(is_there(pid) && !is_zombie(pid), "it lives on");
        drop(gate);
        turn_until(&mut event_loop, || !is_there(pid));
    }
}

#[test]
fn nobody_stays_for_an_orphan() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let task = event_loop.spawn(async {
        let mut child = sh("read gate").stdin(Stdio::piped()).spawn().expect("a shell");
        (child.id().expect("it runs"), child.stdin.take())
    });
    run(&mut event_loop); // ends, and the child has not
    let (pid, gate) = returned(&task);
    assert!(is_there(pid) && !is_zombie(pid));
    drop(event_loop);
    drop(gate);
    while is_there(pid) {
        // Whoever starts a child looks after those that were left.
        drop(sh("exit 0").spawn().expect("a shell"));
    }
}

#[test]
fn who_is_dropped_where_no_loop_runs_is_waited_for_by_the_next() {
    let pid = sh("exit 0").spawn().expect("a shell").id().expect("it runs");
    while is_there(pid) {
        drop(sh("exit 0").spawn().expect("a shell"));
    }
}

#[test]
fn many_orphans_that_end_at_once_leave_nothing() {
    let mut event_loop = busy_loop();
    let task = event_loop.spawn(async {
        let children: Vec<_> = (0..50)
            .map(|n| {
                let mut command = sh("read gate");
                command.stdin(Stdio::piped()).watch_by_sigchld(n % 2 == 0);
                let mut child = command.spawn().expect("a shell");
                (child.id().expect("it runs"), child.stdin.take())
            })
            .collect();
        children.into_iter().unzip::<_, _, Vec<_>, Vec<_>>()
    });
    turn_until(&mut event_loop, || task.is_finished());
    let (pids, gates) = returned(&task);
    drop(gates);
    turn_until(&mut event_loop, || !pids.iter().any(|pid| is_there(*pid)));
    turn_until(&mut event_loop, || true);
    assert_eq!(event_loop.counts().sources, 0);
}
