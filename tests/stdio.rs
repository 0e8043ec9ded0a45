//! Standard input and output: what is behind them is waited for, and left as it was.
//!
//! They belong to a process, so each test gives them to a child: this program again, in a role.

#[path = "stdio/roles.rs"]
mod roles;
mod tasks;
#[path = "stdio/terminals.rs"]
mod terminals;

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};

use eagain::{EventLoop, LoopError, Source};
use eagain_sys::{descriptor, pipe};
use roles::{child, output_of};

/// A pipe that is blocking, as a shell makes them.
fn shells_pipe() -> (File, File) {
    let (read, write) = pipe::pipe2().expect("a pipe");
    for end in [&read, &write] {
        descriptor::set_nonblocking(end.as_fd(), false).expect("a switch");
    }
    (read.into(), write.into())
}

fn is_blocking(fd: impl AsFd) -> bool {
    !descriptor::is_nonblocking(fd.as_fd()).expect("its flags")
}

fn copy_of(fd: impl AsFd) -> OwnedFd {
    fd.as_fd().try_clone_to_owned().expect("a descriptor")
}

/// Until the child says that it waits.
fn wait_until_it_waits(child: &mut Child) {
    let mut word = [0; 6];
    child.stderr.as_mut().expect("a pipe").read_exact(&mut word).expect("it waits");
    assert_eq!(&word, b"waits\n");
}

#[test]
fn pitfall_14_a_file_is_always_ready() {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(b"from a file").and_then(|()| file.rewind()).expect("room");
    assert!(output_of(child("copies").stdin(file)).ends_with("from a file")); // pitfall 14
}

#[test]
fn pitfall_14_what_epoll_refuses_is_always_ready() {
    let null = File::open("/dev/null").expect("it is there");
    assert!(output_of(child("waits first").stdin(null)).ends_with("0 bytes")); // pitfall 14
}

#[test]
fn a_file_is_written_where_the_parent_left_it() {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(b"before, ").expect("room");
    let (read, mut write) = shells_pipe();
    write.write_all(b"from a pipe").expect("room");
    drop(write);
    let mut copies = child("copies");
    let status = copies.stdin(read).stdout(file.try_clone().expect("a descriptor")).status();
    assert!(status.expect("a child").success());
    let mut all = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut all)).expect("text");
    assert!(all.starts_with("before, ") && all.ends_with("from a pipe"), "{all}");
}

#[test]
fn pitfall_61_the_parents_pipes_stay_blocking() {
    let (input, mut writer) = shells_pipe();
    let (mut reader, output) = shells_pipe();
    let mut child = child("copies")
        .stdin(copy_of(&input))
        .stdout(copy_of(&output))
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child");
    wait_until_it_waits(&mut child);
    assert!(is_blocking(&input) && is_blocking(&output)); // pitfall 61
    // It waits on both ends: more than a pipe holds, and nobody reads.
    let said = vec![b'x'; 300_000];
    let copy = said.clone();
    let speaker = std::thread::spawn(move || writer.write_all(&copy));
    drop((input, copy_of(&output)));
    assert!(is_blocking(&output)); // pitfall 61
    drop(output);
    let mut all = Vec::new();
    reader.read_to_end(&mut all).expect("the end");
    speaker.join().expect("no panic").expect("it was read");
    assert!(all.ends_with(&said));
    assert!(child.wait().expect("a child").success());
}

#[test]
fn pitfall_61_a_child_that_crashes_leaves_the_parents_pipe_blocking() {
    let (input, _writer) = shells_pipe();
    let mut child = child("copies")
        .stdin(copy_of(&input))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child");
    wait_until_it_waits(&mut child);
    child.kill().expect("a signal");
    child.wait().expect("it is dead");
    assert!(is_blocking(&input)); // pitfall 61
}

#[test]
fn pitfall_61_a_socket_stays_blocking_and_is_waited_for() {
    let (near, mut far) = UnixStream::pair().expect("a pair");
    let mut child = child("copies")
        .stdin(copy_of(&near))
        .stdout(copy_of(&near))
        .stderr(Stdio::piped())
        .spawn()
        .expect("a child");
    wait_until_it_waits(&mut child);
    assert!(is_blocking(&near)); // pitfall 61
    drop(near);
    let said = vec![b'x'; 500_000];
    let (mut speaks, copy) = (far.try_clone().expect("a descriptor"), said.clone());
    let speaker = std::thread::spawn(move || {
        speaks.write_all(&copy).and_then(|()| speaks.shutdown(std::net::Shutdown::Write))
    });
    let mut all = Vec::new();
    far.read_to_end(&mut all).expect("the end");
    speaker.join().expect("no panic").expect("it was read");
    assert!(all.ends_with(&said));
    assert!(child.wait().expect("a child").success());
}

#[test]
fn pitfall_62_who_waits_for_input_can_end() {
    let (input, _writer) = shells_pipe();
    let (terminal, _user) = {
        let (user, terminal) = eagain_sys::terminal::openpty().expect("a terminal");
        (File::from(terminal), user)
    };
    for stdin in [input, terminal] {
        // Nothing ever comes, and nobody closes it.
        let output = output_of(child("gives up").stdin(stdin));
        assert!(output.ends_with("nothing came")); // pitfall 62
    }
}

#[test]
fn pitfall_63_what_the_poller_refuses_is_unsupported_with_a_hint() {
    // Whatever the environment asks for: `poll` refuses nothing.
    let Ok(mut event_loop) = EventLoop::builder().poller(eagain::Backend::Epoll).build() else {
        return; // no epoll on this kernel
    };
    // An epoll instance cannot wait for itself: as for kqueue and /dev/tty, that is EINVAL.
    let itself = Source::new(copy_of(&event_loop)).expect("a descriptor");
    let refused = || Err::<(), _>(std::io::ErrorKind::WouldBlock.into());
    let error = event_loop
        .block_on(itself.io(eagain::Interest::READ, |_| refused()))
        .expect("a run")
        .expect_err("it would wait for itself");
    assert_eq!(error.kind(), std::io::ErrorKind::Unsupported); // pitfall 63
    assert_eq!(LoopError::of(&error), Some(LoopError::CannotBePolled));
    assert!(error.to_string().contains("/dev/tty"), "{error}");
}

#[test]
fn a_reader_that_has_left_is_an_error() {
    let (reader, output) = shells_pipe();
    let mut child = child("complains").stdout(output).stderr(Stdio::piped()).spawn().expect("one");
    drop(reader);
    let mut all = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut all).expect("text");
    child.wait().expect("a child");
    assert!(all.contains("Broken pipe"), "{all}");
}

/// This is what a child runs: nothing, unless it was given a role.
#[test]
fn role() {
    roles::play();
}
