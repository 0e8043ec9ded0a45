//! What children find when they begin.

use std::process::Stdio;

use eagain::net::TcpListener;
use eagain::process::Command;
use eagain::signal::{SignalKind, signal};

use crate::{block_on, sh};

/// What a program prints.
async fn printed(command: &mut Command) -> String {
    let output = command.output().await.expect("its end");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn pitfall_57_a_child_has_no_mask_and_no_descriptor_of_ours() {
    let before = block_on(async { printed(&mut sh("ls /proc/self/fd")).await }).lines().count();
    block_on(async {
        let _listener = TcpListener::bind("127.0.0.1:0");
        let _signals = [SignalKind::child(), SignalKind::window_change()].map(signal);
        let mut other = sh("read gate").stdin(Stdio::piped()).spawn().expect("a shell");
        // Waits, so that its descriptor is there.
        let _ = eagain::time::timeout(std::time::Duration::ZERO, other.kill()).await;
        let mut command = Command::new("cat");
        let status = printed(command.arg("/proc/self/status")).await;
        for name in ["SigBlk:", "SigCgt:", "SigPnd:", "ShdPnd:"] {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("the line");
            assert_eq!(line.trim(), "0000000000000000", "{name}"); // pitfall 57
        }
        let after = printed(&mut sh("ls /proc/self/fd")).await;
        assert_eq!(after.lines().count(), before, "{after}"); // pitfall 60: all closed on exec
    });
}

#[test]
fn pitfall_57_a_child_that_is_forked_first_has_neither() {
    // A process group makes std fork instead of spawning.
    let status = block_on(async {
        let mut command = Command::new("cat");
        printed(command.arg("/proc/self/status").process_group(0)).await
    });
    let line = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).expect("the line");
    assert_eq!(line.trim(), "0000000000000000"); // pitfall 57
}
