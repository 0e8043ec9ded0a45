//! What children read and write.

use std::io;
use std::process::Stdio;

use eagain::process::Command;

use crate::{block_on, sh};

#[test]
fn pitfall_59_a_child_that_reads_ends_when_it_is_waited_for() {
    let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().expect("cat");
    assert!(child.stdin.is_some());
    assert!(block_on(child.wait()).expect("its end").success()); // pitfall 59
    assert!(child.stdin.is_none());
}

#[test]
fn pitfall_59_the_output_of_a_child_that_reads_is_complete() {
    let mut command = sh("cat; echo done");
    let output = block_on(command.stdin(Stdio::piped()).output()).expect("its end"); // pitfall 59
    assert_eq!(output.stdout, b"done\n");
}

#[test]
fn a_lot_goes_through_a_child_and_comes_back() {
    let mut child = Command::new("cat");
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("cat");
    let (stdin, stdout) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
    let sent: Vec<u8> = (0..1 << 20).map(|n: u32| (n % 251) as u8).collect();
    let mut came = Vec::new();
    block_on(async {
        let send = async {
            stdin.write_all(&sent).await?;
            stdin.close()
        };
        eagain::try_join!(send, stdout.read_to_end(&mut came))?;
        child.wait().await
    })
    .expect("no error");
    assert!(came == sent);
}

#[test]
fn output_and_complaints_are_told_apart() {
    let output = block_on(sh("echo out; echo err >&2; exit 4").output()).expect("its end");
    assert_eq!((&*output.stdout, &*output.stderr), (&b"out\n"[..], &b"err\n"[..]));
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn output_that_was_sent_elsewhere_is_not_captured() {
    let mut command = sh("echo out; echo err >&2");
    let output = block_on(command.stderr(Stdio::null()).output()).expect("its end");
    assert_eq!((&*output.stdout, &*output.stderr), (&b"out\n"[..], &b""[..]));
    // Only that call was to capture.
    let child = command.stdout(Stdio::piped()).spawn().expect("a shell");
    assert!(child.stdin.is_none() && child.stderr.is_none());
    let output = block_on(child.wait_with_output()).expect("its end");
    assert_eq!(output.stdout, b"out\n");
}

/// std tells nobody what was said to it: `output` captures what was not said here.
#[test]
fn what_was_said_to_a_command_of_std_holds_for_all_but_output() {
    let quiet = || {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "echo out; echo err >&2"]).stdout(Stdio::piped()).stderr(Stdio::null());
        Command::from(command)
    };
    let child = quiet().spawn().expect("a shell");
    assert!(child.stdin.is_none() && child.stdout.is_some() && child.stderr.is_none());
    assert_eq!(block_on(child.wait_with_output()).expect("its end").stdout, b"out\n");
    let output = block_on(quiet().output()).expect("its end");
    assert_eq!((&*output.stdout, &*output.stderr), (&b"out\n"[..], &b"err\n"[..]));
    let output = block_on(quiet().stderr(Stdio::null()).output()).expect("its end");
    assert_eq!((&*output.stdout, &*output.stderr), (&b"out\n"[..], &b""[..]));
}

#[test]
fn more_than_a_pipe_holds_is_captured_from_both() {
    let script = "head -c 300000 /dev/zero >&2 & head -c 300000 /dev/zero; wait";
    let output = block_on(sh(script).output()).expect("its end");
    assert_eq!((output.stdout.len(), output.stderr.len()), (300_000, 300_000));
}

#[test]
fn what_is_written_to_a_child_that_is_gone_is_an_error() {
    let mut child = sh("exit 0").stdin(Stdio::piped()).spawn().expect("a shell");
    let stdin = child.stdin.take().expect("it is piped");
    block_on(async {
        child.wait().await.expect("its end");
        // One that another test has just forked may have the other end for a moment yet.
        let refused = stdin.write_all(&[0; 1 << 20]).await.expect_err("nobody reads");
        assert_eq!(refused.kind(), io::ErrorKind::BrokenPipe);
    });
}

#[test]
fn arguments_environment_and_place_are_the_childs() {
    let mut command = Command::new("sh");
    command.arg("-c").arg("echo $0 $1 $MOOD $HOME $(pwd)").args(["zero", "one"]);
    command.env("MOOD", "good").env_remove("HOME").current_dir("/");
    let output = block_on(command.output()).expect("its end");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "zero one good /\n");
    let mut command = Command::new("/bin/sh");
    command.env_clear().envs([("A", "1"), ("B", "2")]).args(["-c", "echo $A$B$MOOD"]);
    assert_eq!(block_on(command.output()).expect("its end").stdout, b"12\n");
}
