//! Standard input and error, in a process of their own whose input or error is a pipe with a name.
//! (Output is the same code as error, and the harness writes there.)

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};

use eagain::EventLoop;
use eagain::pipe::{OpenOptions, Receiver, make_named};
use eagain::stdio::{Stderr, Stdin, stderr, stdin};

use crate::ends::Ends;
use crate::halves::{hearing, speaking};
use crate::own_process;
use crate::writing::numbers;

const PIPE: &str = "EAGAIN_TEST_STANDARD_PIPE";

#[derive(Clone, Copy)]
enum Which {
    Input,
    Error,
}

fn pipe() -> PathBuf {
    env::var_os(PIPE).expect("the process was started with it").into()
}

/// As `own_process::entered`, with a pipe in place of a standard descriptor.
fn entered(test: &str, which: Which) -> bool {
    if own_process::is_here() {
        return true;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pipe");
    make_named(&path, 0o600).expect("a pipe");
    let mut command = own_process::command(test);
    command.env(PIPE, &path).stdout(std::process::Stdio::piped());
    // For both, so that it opens at once.
    let both = File::options().read(true).write(true).open(&path).expect("a pipe");
    let child = match which {
        Which::Input => command.stdin(open_to_read(&path)).spawn(),
        Which::Error => command.stderr(both.try_clone().expect("a duplicate")).spawn(),
    };
    drop(command);
    // What is written to input has an end, when the far end there is closed.
    let kept = Some(both).filter(|_| matches!(which, Which::Error));
    let output = child.expect("the test starts once more").wait_with_output().expect("a child");
    drop(kept);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{test}:\n{said}");
    false
}

fn open_to_read(path: &Path) -> File {
    File::open(path).expect("a pipe")
}

fn input(_: &mut EventLoop) -> Ends<Stdin> {
    let near = stdin().expect("standard input");
    let far = OpenOptions::new().open_sender(pipe()).expect("its reader is here");
    Ends::of(near, far.try_into().expect("its descriptor"))
}

fn full_error(_: &mut EventLoop) -> Ends<Stderr> {
    let near = stderr().expect("standard error");
    let far = Receiver::open(pipe()).expect("a pipe");
    Ends::of(near, far.try_into().expect("its descriptor")).full()
}

#[test]
fn pitfall_52_read_of_standard_input() {
    if !entered("standard::pitfall_52_read_of_standard_input", Which::Input) {
        return;
    }
    let case = hearing(input, |ends| {
        Box::pin(async move {
            let mut buf = [0; 8];
            let n = ends.near.read(&mut buf).await.expect("a read");
            ends.got.borrow_mut().extend_from_slice(&buf[..n]);
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_53_readable_of_standard_input() {
    if !entered("standard::pitfall_53_readable_of_standard_input", Which::Input) {
        return;
    }
    let case = hearing(input, |ends| {
        assert_eq!(ends.near.try_read(&mut [0; 8]).expect("no error"), None);
        Box::pin(async move { ends.near.readable().await.expect("a wait") })
    });
    case.holds(); // pitfall 53
}

#[test]
fn pitfall_52_write_of_standard_error() {
    if !entered("standard::pitfall_52_write_of_standard_error", Which::Error) {
        return;
    }
    let case = speaking(full_error, |ends| {
        Box::pin(async move {
            let n = ends.near.write(&numbers(100)).await.expect("a write");
            ends.written.set(n);
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_53_writable_of_standard_error() {
    if !entered("standard::pitfall_53_writable_of_standard_error", Which::Error) {
        return;
    }
    let case = speaking(full_error, |ends| {
        assert_eq!(ends.near.try_write(&[0]).expect("no error"), None);
        Box::pin(async move { ends.near.writable().await.expect("a wait") })
    });
    case.holds(); // pitfall 53
}
