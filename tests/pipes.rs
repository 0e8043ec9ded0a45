//! Pipes: with and without a name, and those of packets.

#[cfg(target_os = "linux")]
#[path = "pipes/packets.rs"]
mod packets;
mod tasks;

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::time::Duration;

use eagain::pipe::{self, OpenOptions, Receiver, Sender, make_named};
use eagain::time::{Clock, now, sleep, timeout};
use eagain::{EventLoop, LoopError, errno, join, run, spawn, try_join};
use tasks::PATIENCE;
use tempfile::TempDir;

/// A pipe that has a name, for as long as its folder.
fn named() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pipe");
    make_named(&path, 0o600).expect("a pipe");
    (folder, path)
}

#[test]
fn what_is_written_comes_out_and_then_the_end() {
    let (sender, receiver) = pipe::pipe().expect("a pipe");
    // More than a pipe holds: both have to wait for each other.
    let said: Vec<u8> = (0..300_000u32).map(|n| n as u8).collect();
    let send = async {
        sender.write_all(&said).await?;
        sender.close()
    };
    let mut heard = Vec::new();
    let (n, ()) = run(async { try_join!(receiver.read_to_end(&mut heard), send) })
        .expect("a loop")
        .expect("no error");
    assert_eq!(n, said.len());
    assert!(heard == said);
}

#[test]
fn a_pipe_is_waited_for_at_the_price_of_one_registration() {
    let (sender, receiver) = pipe::pipe().expect("a pipe");
    let mut event_loop = EventLoop::new().expect("a loop");
    let rounds = event_loop.block_on(async {
        let reader = spawn(async move {
            let (mut buf, mut rounds) = ([0; 8], 0);
            while receiver.read(&mut buf).await.expect("a read") > 0 {
                rounds += 1;
            }
            rounds
        });
        for _ in 0..10 {
            eagain::yield_now().await; // the reader waits again
            sender.write_all(b"!").await.expect("room");
            eagain::yield_now().await;
        }
        drop(sender);
        reader.await.expect("no panic")
    });
    assert_eq!(rounds.expect("a run"), 10);
    assert_eq!(event_loop.counts().reactor.registrations, 1);
}

#[test]
fn a_reader_that_leaves_is_an_error_for_who_waits_to_write() {
    let (sender, receiver) = pipe::pipe().expect("a pipe");
    let error = run(async {
        let leave = async {
            eagain::yield_now().await;
            drop(receiver);
        };
        join!(sender.write_all(&[0; 1 << 20]), leave).0.expect_err("nobody reads")
    });
    assert_eq!(error.expect("a loop").raw_os_error(), Some(errno::EPIPE)); // and no SIGPIPE
}

#[test]
fn a_read_into_no_room_is_not_told_from_the_end_but_takes_nothing() {
    let (sender, receiver) = pipe::pipe().expect("a pipe");
    sender.try_write(b"!").expect("room");
    assert_eq!(receiver.try_read(&mut []).expect("no error"), Some(0));
    assert_eq!(receiver.try_read(&mut [0; 8]).expect("no error"), Some(1));
}

#[test]
fn a_reader_of_a_named_pipe_waits_for_its_first_writer() {
    let (_folder, path) = named();
    let heard = run(async {
        let receiver = Receiver::open(&path).expect("a pipe");
        assert_eq!(receiver.try_read(&mut [0; 8]).expect("no error"), None, "it is not the end");
        let mut heard = Vec::new();
        let send = async {
            eagain::yield_now().await; // the reader waits
            let sender = Sender::open(&path).await?;
            sender.write_all(b"hello").await
        };
        let both = async { try_join!(receiver.read_to_end(&mut heard), send) };
        timeout(PATIENCE, both).await.expect("the end").expect("no error");
        // From here on 0 is the end, and does not wait.
        assert_eq!(receiver.try_read(&mut [0; 8]).expect("no error"), Some(0));
        heard
    });
    assert_eq!(heard.expect("a loop"), b"hello");
}

#[test]
fn a_writer_that_came_and_said_nothing_is_the_end() {
    let (_folder, path) = named();
    let receiver = Receiver::open(&path).expect("a pipe");
    assert_eq!(receiver.try_read(&mut [0; 8]).expect("no error"), None);
    drop(OpenOptions::new().open_sender(&path).expect("there is a reader"));
    let read = async { timeout(PATIENCE, receiver.read(&mut [0; 8])).await };
    assert_eq!(run(read).expect("a loop").expect("the end").expect("no error"), 0);
}

#[test]
fn a_writer_of_a_named_pipe_waits_for_its_reader() {
    let (_folder, path) = named();
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    let waited = event_loop.block_on(async {
        let began = now();
        let read = async {
            sleep(Duration::from_secs(10)).await;
            Receiver::open(&path)
        };
        let (sender, receiver) = try_join!(Sender::open(&path), read).expect("both ends");
        sender.try_write(b"!").expect("room");
        assert_eq!(receiver.try_read(&mut [0; 8]).expect("no error"), Some(1));
        now() - began
    });
    let waited = waited.expect("a run");
    assert!(Duration::from_secs(10) <= waited && waited <= Duration::from_millis(10_100));
}

#[test]
fn how_long_a_writer_waits_is_for_a_timeout_to_say() {
    let (_folder, path) = named();
    let error = OpenOptions::new().open_sender(&path).expect_err("nobody reads");
    assert_eq!(error.raw_os_error(), Some(errno::ENXIO));
    let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build().expect("a loop");
    let opened = event_loop.block_on(timeout(Duration::from_secs(10), Sender::open(&path)));
    assert!(opened.expect("a run").is_err());
    assert_eq!(event_loop.counts().timers, 0);
}

#[test]
fn a_reader_with_both_ends_outlives_its_writers() {
    let (_folder, path) = named();
    let receiver = OpenOptions::new().read_write(true).open_receiver(&path).expect("a pipe");
    let serve = async {
        for _ in 0..2 {
            let writer = OpenOptions::new().open_sender(&path).expect("there is a reader");
            writer.try_write(b"!").expect("room");
            drop(writer);
            assert_eq!(receiver.read(&mut [0; 8]).await.expect("no error"), 1);
            assert_eq!(receiver.try_read(&mut [0; 8]).expect("no error"), None);
        }
    };
    run(async { timeout(PATIENCE, serve).await.expect("it is served") }).expect("a loop");
}

#[test]
fn what_is_no_pipe_is_refused() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let receiver = Receiver::open(file.path()).expect_err("a file");
    assert_eq!(receiver.kind(), ErrorKind::InvalidInput);
    let sender = OpenOptions::new().open_sender(file.path()).expect_err("a file");
    assert_eq!(sender.kind(), ErrorKind::InvalidInput);
    let taken = Sender::try_from(OwnedFd::from(file.into_file())).expect_err("a file");
    assert_eq!(taken.kind(), ErrorKind::InvalidInput);
}

#[test]
fn an_end_can_be_given_away_as_others_expect_it() {
    let (sender, receiver) = pipe::pipe().expect("a pipe");
    let mut file = File::from(receiver.into_blocking_fd().expect("its descriptor"));
    let mut sender = File::from(sender.into_blocking_fd().expect("its descriptor"));
    let writer = std::thread::spawn(move || sender.write_all(&[7; 100_000]));
    let mut all = Vec::new();
    file.read_to_end(&mut all).expect("it waits");
    writer.join().expect("no panic").expect("it waits");
    assert_eq!(all.len(), 100_000);
}

#[test]
fn an_end_that_was_given_is_taken() {
    let (sender, receiver) = pipe::pipe().expect("a pipe");
    let fd = receiver.into_blocking_fd().expect("its descriptor");
    let receiver = Receiver::try_from(fd).expect("a pipe");
    assert_eq!(receiver.try_read(&mut [0; 8]).expect("it is non-blocking"), None);
    sender.close().expect("a close");
    let error = sender.try_write(b"!").expect_err("it was closed");
    assert_eq!(LoopError::of(&error), Some(LoopError::Closed));
}
