//! How children end, and who learns it.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

use eagain::process::Command;
use eagain::signal::SignalKind;
use eagain::time::timeout;
use eagain::{LoopError, TaskGroup, run};

use crate::{block_on, sh};

#[test]
fn pitfall_58_a_hundred_children_that_end_at_once_each_tell_how() {
    for by_sigchld in [false, true] {
        // Somebody else's, which must be left to them.
        let mut elsewhere = std::process::Command::new("sh");
        let mut elsewhere = elsewhere.args(["-c", "exit 7"]).spawn().expect("a shell");
        block_on(async {
            let mut children = TaskGroup::new();
            let mut gates = Vec::new();
            for n in 0..100 {
                let mut command = sh(&format!("read gate; exit {n}"));
                command.stdin(Stdio::piped()).watch_by_sigchld(by_sigchld);
                let mut child = command.spawn().expect("a shell");
                gates.push(child.stdin.take().expect("it is piped"));
                children.spawn(async move { (n, child.wait().await.expect("its end").code()) });
            }
            eagain::yield_now().await; // they are waited for
            drop(gates);
            let mut ended = 0;
            while let Some((n, code)) = children.join_next().await {
                assert_eq!(code, Some(n)); // pitfall 58
                ended += 1;
            }
            assert_eq!(ended, 100);
        });
        let status = elsewhere.wait().expect("it was left alone");
        assert_eq!(status.code(), Some(7)); // pitfall 58
    }
}

#[test]
fn a_child_that_has_ended_before_anybody_asks_tells_all_the_same() {
    for by_sigchld in [false, true] {
        let mut command = sh("exit 5");
        let mut child = command.watch_by_sigchld(by_sigchld).spawn().expect("a shell");
        while child.try_wait().expect("no error").is_none() {
            std::thread::yield_now();
        }
        assert_eq!(child.id(), None);
        for _ in 0..2 {
            assert_eq!(block_on(child.wait()).expect("its end").code(), Some(5));
        }
    }
}

#[test]
fn to_wait_may_be_given_up_and_taken_up_again() {
    for by_sigchld in [false, true] {
        let mut command = sh("read gate; exit 6");
        command.stdin(Stdio::piped()).watch_by_sigchld(by_sigchld);
        let mut child = command.spawn().expect("a shell");
        let gate = child.stdin.take();
        block_on(async {
            for _ in 0..3 {
                assert!(timeout(Duration::ZERO, child.wait()).await.is_err());
            }
            drop(gate);
            assert_eq!(child.wait().await.expect("its end").code(), Some(6));
        });
    }
}

#[test]
fn a_child_is_killed_and_its_end_awaited() {
    let mut child = sh("exec sleep 1000").spawn().expect("a shell");
    block_on(child.kill()).expect("no error");
    let status = child.try_wait().expect("no error").expect("it has ended");
    assert_eq!(status.signal(), Some(9));
    child.start_kill().expect("that is no error");
    let refused =
        child.send_signal(SignalKind::terminate()).expect_err("its number is not its own");
    assert_eq!(refused.raw_os_error(), Some(3), "ESRCH");
}

#[test]
fn a_child_is_asked_to_end() {
    let mut child = Command::new("sleep").arg("1000").spawn().expect("sleep");
    child.send_signal(SignalKind::terminate()).expect("no error");
    let status = block_on(child.wait()).expect("its end");
    assert_eq!(status.signal(), Some(SignalKind::terminate().as_raw_value()));
}

#[test]
fn who_is_not_there_cannot_be_started() {
    for answer in [
        Command::new("/nobody/is/here").spawn().map(drop),
        block_on(Command::new("/nobody/is/here").status()).map(drop),
        block_on(Command::new("/nobody/is/here").output()).map(drop),
    ] {
        assert_eq!(answer.expect_err("it is not there").kind(), io::ErrorKind::NotFound);
    }
}

#[test]
fn a_child_stays_with_the_loop_on_which_it_was_awaited() {
    let mut child = sh("read gate; exit 0").stdin(Stdio::piped()).spawn().expect("a shell");
    let gate = child.stdin.take();
    let mut first = eagain::EventLoop::new().expect("a loop");
    let waited = first.block_on(timeout(Duration::ZERO, child.wait())).expect("a run");
    assert!(waited.is_err());
    let refused = run(async { child.wait().await }).expect("a run").expect_err("another loop");
    assert_eq!(LoopError::of(&refused), Some(LoopError::OtherLoop));
    assert!(child.id().is_some(), "it is still there");
    drop(gate);
    assert!(first.block_on(child.wait()).expect("a run").expect("its end").success());
}

#[test]
fn the_status_is_told() {
    for (script, code) in [("exit 0", 0), ("exit 42", 42)] {
        assert_eq!(block_on(sh(script).status()).expect("its end").code(), Some(code));
    }
}
