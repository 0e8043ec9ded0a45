//! On a terminal, whose user is played by the test.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::process::Stdio;

use eagain::time::timeout;
use eagain::{Interest, Source, run, try_join};
use eagain_sys::{descriptor, terminal};

use crate::roles::child;
use crate::tasks::PATIENCE;
use crate::{copy_of, is_blocking, wait_until_it_waits};

/// The side of the user, and that of the program.
fn terminal() -> (File, File) {
    let (user, program) = terminal::openpty().expect("a terminal");
    (user.into(), program.into())
}

#[test]
fn pitfall_61_the_parents_terminal_stays_blocking() {
    let (mut user, shells) = terminal();
    let mut child = child("copies")
        .stdin(copy_of(&shells))
        .stdout(copy_of(&shells))
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child");
    wait_until_it_waits(&mut child);
    assert!(is_blocking(&shells)); // pitfall 61
    user.write_all(b"hello\n\x04").expect("room"); // and the end of the input
    assert!(child.wait().expect("a child").success());
    assert!(is_blocking(&shells)); // pitfall 61
    // What was typed is echoed, and copied.
    drop(shells);
    let mut screen = Vec::new();
    let error = user.read_to_end(&mut screen).expect_err("nobody has the terminal any more");
    assert_eq!(error.raw_os_error(), Some(5), "EIO");
    assert_eq!(String::from_utf8_lossy(&screen).matches("hello\r\n").count(), 2);
}

#[test]
fn pitfall_61_a_child_that_crashes_leaves_the_parents_terminal_blocking() {
    let (_user, shells) = terminal();
    let mut child = child("copies")
        .stdin(copy_of(&shells))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child");
    wait_until_it_waits(&mut child);
    child.kill().expect("a signal");
    child.wait().expect("it is dead");
    assert!(is_blocking(&shells)); // pitfall 61
}

/// One edge tells of all three lines: a rule that a short read was the last would stall.
#[test]
fn a_short_read_of_a_terminal_is_not_the_last_line() {
    let (mut user, shells) = terminal();
    let mut child = child("reads three lines")
        .stdin(copy_of(&shells))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child");
    wait_until_it_waits(&mut child);
    user.write_all(b"one\ntwo\nthree\n").expect("room");
    let output = child.wait_with_output().expect("a child");
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("<4><4><6>"), "{output:?}");
}

/// What a terminal takes it hands on, and has room for more though nobody has read: no edge says so.
#[test]
fn a_short_write_to_a_terminal_is_not_the_last() {
    let (_user, program) = terminal();
    terminal::make_raw(program.as_fd()).expect("a terminal");
    let program = Source::new(program).expect("a source");
    let much = [b'x'; 1 << 16];
    let n = program.try_write(&much).expect("no error").expect("room");
    assert!(n < much.len(), "it took all");
    let asked = program.try_io(Interest::WRITE, |_| Ok(())).expect("no error");
    assert!(asked.is_some(), "the next call would wait for an edge");
}

/// The same of a terminal that is no standard stream: a source like any other.
#[test]
fn pitfall_3_a_short_read_of_a_source_that_is_a_terminal_is_not_the_last_line() {
    let (mut user, program) = terminal();
    let source = Source::new(program).expect("a source");
    let read = async {
        let (mut lengths, mut buf) = (vec![], [0; 64]);
        while lengths.len() < 3 {
            lengths.push(source.read(&mut buf).await?); // pitfall 3: one edge tells of all three
        }
        std::io::Result::Ok(lengths)
    };
    let typed = async {
        eagain::yield_now().await; // the reader waits
        user.write_all(b"one\ntwo\nthree\n")
    };
    let both = run(timeout(PATIENCE, async { eagain::join!(read, typed) })).expect("a run");
    let (read, typed) = both.expect("it stalls");
    typed.expect("room");
    assert_eq!(read.expect("no error"), [4, 4, 6]);
}

/// The user's side has no name, so it cannot be opened once more: it is asked before each call.
#[test]
fn pitfall_61_what_cannot_be_opened_again_is_asked_and_stays_blocking() {
    let (users, mut program) = terminal();
    terminal::make_raw(program.as_fd()).expect("a terminal");
    let mut child = child("reads three lines")
        .stdin(copy_of(&users))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child");
    wait_until_it_waits(&mut child);
    assert!(is_blocking(&users)); // pitfall 61
    let mut output = child.stdout.take().expect("a pipe");
    let mut seen = String::new();
    for _ in 0..3 {
        program.write_all(b"a line\n").expect("room");
        let from = seen.len();
        while !seen[from..].contains("<7>") {
            let mut buf = [0; 256];
            let n = output.read(&mut buf).expect("output");
            assert_ne!(n, 0, "it ended after {seen:?}");
            seen += &String::from_utf8_lossy(&buf[..n]);
        }
    }
    assert!(child.wait().expect("a child").success());
    assert!(is_blocking(&users)); // pitfall 61
}

/// A terminal takes what is written in parts, and its reader is slow.
#[test]
fn much_output_passes_a_terminal_whole() {
    let (user, program) = terminal();
    terminal::make_raw(program.as_fd()).expect("a terminal");
    descriptor::set_nonblocking(user.as_fd(), true).expect("a switch");
    let (user, program) =
        (Source::new(user).expect("a source"), Source::new(program).expect("a source"));
    let said: Vec<u8> = (0..300_000u32).map(|n| n as u8).collect();
    let write = async {
        let mut rest = &said[..];
        while !rest.is_empty() {
            rest = &rest[program.write(rest).await?..];
        }
        std::io::Result::Ok(())
    };
    let read = async {
        let (mut heard, mut buf) = (Vec::new(), [0; 1000]);
        while heard.len() < said.len() {
            match user.read(&mut buf).await? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                n => heard.extend_from_slice(&buf[..n]),
            }
        }
        Ok(heard)
    };
    let (heard, ()) = run(async { timeout(PATIENCE, async { try_join!(read, write) }).await })
        .expect("a loop")
        .expect("it does not stall")
        .expect("no error");
    assert!(heard == said);
}
