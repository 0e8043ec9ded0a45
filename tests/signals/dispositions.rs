//! What listening does to the process, and to those that it starts.

use std::io::{BufRead, BufReader, Read, stdin};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use eagain::signal::{SignalKind, ctrl_c, signal};
use eagain::{EventLoop, run};

use crate::hearing::{heard, send};
use crate::own_process;
use crate::tasks::turn_until_idle;

/// The line of a process's status with this name, as a number in hexadecimal.
fn bits(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let line = line.unwrap_or_else(|| panic!("no {name} in {status}"));
    u64::from_str_radix(line.trim_start_matches(':').trim(), 16).expect("a number")
}

/// How many descriptors a program finds that is executed.
fn descriptors() -> usize {
    let ls = Command::new("ls").arg("/proc/self/fd").stdin(Stdio::null()).output().expect("ls");
    String::from_utf8(ls.stdout).expect("text").lines().count()
}

#[test]
fn pitfall_57_a_program_that_is_executed_inherits_nothing() {
    let before = descriptors();
    let kinds = [SignalKind::terminate(), SignalKind::child(), SignalKind::window_change()];
    let _listeners = kinds.map(|kind| signal(kind).expect("a listener"));
    let cat = Command::new("cat").arg("/proc/self/status").output().expect("cat");
    let status = String::from_utf8(cat.stdout).expect("text");
    for name in ["SigBlk", "SigCgt", "SigPnd", "ShdPnd"] {
        assert_eq!(bits(&status, name), 0, "{name}"); // pitfall 57
    }
    assert_eq!(descriptors(), before);
}

#[test]
fn pitfall_58_to_listen_to_sigchld_takes_nobodys_child() {
    run(async {
        let mut children = signal(SignalKind::child()).expect("a listener");
        let mut child = Command::new("sh").args(["-c", "exit 3"]).spawn().expect("a shell");
        heard(&mut children).await; // pitfall 58
        assert_eq!(child.wait().expect("it is there").code(), Some(3));
    })
    .expect("a run");
}

/// Starts the test in a process of its own; the signal that ends that one, if one does.
fn ends_by(test: &str) -> Option<i32> {
    own_process::command(test).output().expect("the test starts once more").status.signal()
}

#[test]
fn after_the_last_listener_the_signal_does_what_it_did() {
    if !own_process::is_here() {
        let test = "dispositions::after_the_last_listener_the_signal_does_what_it_did";
        assert_eq!(ends_by(test), Some(SignalKind::terminate().as_raw_value()));
        return;
    }
    let kind = SignalKind::terminate();
    let first = signal(kind).expect("a listener");
    let mut second = signal(kind).expect("a listener");
    drop(first);
    run(async {
        send(kind); // harmless
        heard(&mut second).await;
    })
    .expect("a run");
    drop(second);
    send(kind);
    loop {
        std::thread::park(); // it comes
    }
}

/// What ends a process that gets Ctrl-C. Nothing, if whoever started this one has it ignored, as a
/// shell does for its background jobs: that is inherited.
fn end_by_ctrl_c() -> Option<i32> {
    let shell = Command::new("sh").args(["-c", "kill -s INT $$"]).status();
    shell.expect("a shell").signal()
}

#[test]
fn a_second_ctrl_c_does_what_it_does_to_others() {
    if !own_process::is_here() {
        let test = "dispositions::a_second_ctrl_c_does_what_it_does_to_others";
        assert_eq!(ends_by(test), end_by_ctrl_c());
        return;
    }
    let mut event_loop = EventLoop::new().expect("a loop");
    let pressed = event_loop.spawn(ctrl_c());
    turn_until_idle(&mut event_loop);
    send(SignalKind::interrupt());
    event_loop.run().expect("a run");
    assert!(pressed.is_finished());
    send(SignalKind::interrupt());
    while end_by_ctrl_c().is_some() {
        std::thread::park(); // it comes
    }
}

#[test]
fn a_listener_and_the_loop_itself_share_sigusr1() {
    if !own_process::is_here() {
        let test = "dispositions::a_listener_and_the_loop_itself_share_sigusr1";
        let mut command = own_process::command(test);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut told = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut all = String::new();
        while all.matches("eagain: thread ").count() < 3 {
            assert_ne!(told.read_line(&mut all).expect("a line"), 0, "{all}");
        }
        drop(child.stdin.take());
        told.read_to_string(&mut all).expect("lines");
        assert!(child.wait().expect("its end").success(), "{all}");
        assert_eq!(all.matches("eagain: thread ").count(), 3, "{all}");
        return;
    }
    let kind = SignalKind::user_defined1();
    for listens_first in [true, false] {
        let before = listens_first.then(|| signal(kind).expect("a listener"));
        let mut event_loop = EventLoop::builder().answer_sigusr1(true).build().expect("a loop");
        let mut listener = before.unwrap_or_else(|| signal(kind).expect("a listener"));
        event_loop
            .block_on(async {
                send(kind);
                heard(&mut listener).await;
            })
            .expect("a run");
        if !listens_first {
            drop(listener);
            send(kind); // the process lives, since the loop still answers
            // Any thread may be the one that does, at any time: until then the loop stays.
            stdin().read_line(&mut String::new()).expect("the end");
        }
    }
}
