//! Descriptors, and who sent them.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::task::{Context, Poll, Waker};

use eagain::errno;
use eagain::net::{LostFds, UnixDatagram, UnixSeqpacket, UnixStream};
use eagain_sys::descriptor::is_close_on_exec;
use eagain_sys::{limits, pipe};

use crate::place::run;
use crate::{descriptors, own_process};

/// The read end of a pipe that says this.
fn saying(what: &[u8]) -> OwnedFd {
    let (read, write) = pipe::pipe2().expect("a pipe");
    pipe::write(write.as_fd(), what).expect("room");
    read
}

fn heard(fd: OwnedFd) -> Vec<u8> {
    let mut said = vec![];
    File::from(fd).read_to_end(&mut said).expect("what it says");
    said
}

#[test]
fn descriptors_come_with_the_message_they_were_sent_with() {
    let (one, other) = UnixStream::pair().expect("a pair");
    let (a, b, c) = (saying(b"a"), saying(b"b"), saying(b"c"));
    run(async {
        let two = [a.as_fd(), b.as_fd()];
        assert_eq!(one.send_with_fds(b"two", &two).await.expect("sent"), 3);
        assert_eq!(one.send_with_fds(b"one", &[c.as_fd()]).await.expect("sent"), 3);
        let mut buf = [0; 16];
        let (n, fds) = other.recv_with_fds(&mut buf).await.expect("received");
        assert_eq!((n, fds.len()), (3, 2), "not beyond the next descriptors");
        assert!(fds.iter().all(|fd| is_close_on_exec(fd.as_fd()).expect("open"))); // pitfall 29
        assert_eq!(fds.into_iter().map(heard).collect::<Vec<_>>(), [b"a", b"b"]);
        let (n, fds) = other.recv_with_fds(&mut buf).await.expect("received");
        assert_eq!((n, fds.len()), (3, 1));
    });
}

#[test]
fn messages_carry_descriptors_and_may_be_empty() {
    let (one, other) = UnixSeqpacket::pair().expect("a pair");
    let (here, there) = UnixDatagram::pair().expect("a pair");
    let a = saying(b"a");
    run(async {
        one.send_with_fds(b"", &[a.as_fd()]).await.expect("sent");
        let (n, fds) = other.recv_with_fds(&mut [0; 4]).await.expect("received");
        assert_eq!((n, fds.len()), (0, 1));
        here.send_with_fds(b"x", &[a.as_fd()]).await.expect("sent");
        let (n, fds) = there.recv_with_fds(&mut [0; 4]).await.expect("received");
        assert_eq!((n, fds.len()), (1, 1));
    });
}

#[test]
fn as_many_as_the_kernel_takes_and_one_more() {
    let (one, other) = UnixStream::pair().expect("a pair");
    let a = saying(b"a");
    let many: Vec<BorrowedFd<'_>> = vec![a.as_fd(); 253];
    run(async {
        one.send_with_fds(b"many", &many).await.expect("sent");
        let (_, fds) = other.recv_with_fds(&mut [0; 8]).await.expect("received");
        assert_eq!(fds.len(), 253);
        let too_many: Vec<BorrowedFd<'_>> = vec![a.as_fd(); 254];
        let error = one.send_with_fds(b"too many", &too_many).await.expect_err("too many");
        assert_eq!(error.raw_os_error(), Some(errno::EINVAL));
    });
}

#[test]
fn a_stream_does_not_drop_descriptors_in_silence() {
    let (one, _other) = UnixStream::pair().expect("a pair");
    let error = one.try_send_with_fds(b"", &[io::stderr().as_fd()]).expect_err("no byte");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(one.try_send_with_fds(b"x", &[]).expect("no error"), Some(1));
}

#[test]
fn descriptors_for_which_there_is_no_room_cost_no_bytes_and_none_is_left() {
    let test = "passing::descriptors_for_which_there_is_no_room_cost_no_bytes_and_none_is_left";
    if !own_process::entered(test) {
        return;
    }
    let at_first = descriptors::open().len();
    let (one, other) = UnixStream::pair().expect("a pair");
    let a = saying(b"a");
    let eight: Vec<BorrowedFd<'_>> = vec![a.as_fd(); 8];
    for _ in 0..2 {
        assert_eq!(one.try_send_with_fds(b"eight", &eight).expect("no error"), Some(5));
    }
    let (soft, _) = limits::descriptors().expect("the limit");
    let highest = *descriptors::open().last().expect("some");
    limits::set_descriptors(u64::try_from(highest).expect("a number") + 4).expect("a lower limit");
    // Every number is taken but three.
    let mut files: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    files.truncate(files.len() - 3);
    let mut buf = [0; 8];
    let message = other.try_recv_message(&mut buf).expect("no error").expect("a message");
    assert_eq!((&buf[..message.len], message.lost_fds), (&b"eight"[..], true));
    assert!(message.fds.len() <= 3, "there is no room for more");
    drop(message);
    let mut again = [0; 8];
    let mut receiving = Box::pin(other.recv_with_fds(&mut again));
    let polled = receiving.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    limits::set_descriptors(soft).expect("the limit of before");
    let Poll::Ready(Err(error)) = polled else { panic!("not all of them: {polled:?}") };
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    let lost = LostFds::of(&error).expect("what came");
    assert_eq!(lost.len, 5);
    assert!(lost.fds.len() <= 3, "there is no room for more");
    drop((error, receiving));
    drop((one, other, a));
    drop(files);
    assert_eq!(descriptors::open().len(), at_first, "what came is closed");
}

#[test]
fn descriptors_that_nobody_asks_for_are_closed() {
    let test = "passing::descriptors_that_nobody_asks_for_are_closed";
    if !own_process::entered(test) {
        return;
    }
    let (one, other) = UnixStream::pair().expect("a pair");
    let a = saying(b"a");
    let before = descriptors::open();
    assert_eq!(one.try_send_with_fds(b"x", &[a.as_fd()]).expect("no error"), Some(1));
    assert_eq!(other.try_read(&mut [0; 8]).expect("no error"), Some(1));
    assert_eq!(one.try_send_with_fds(b"x", &[a.as_fd()]).expect("no error"), Some(1));
    drop(other.try_recv_message(&mut [0; 8]).expect("no error"));
    assert_eq!(descriptors::open(), before);
}

#[test]
fn a_message_tells_who_sent_it_to_who_wants_to_know() {
    let (one, other) = UnixDatagram::pair().expect("a pair");
    run(async {
        one.send(b"x").await.expect("sent");
        let message = other.recv_message(&mut [0; 8]).await.expect("received");
        assert_eq!(message.credentials, None);
        other.set_pass_credentials(true).expect("an option");
        let a = saying(b"a");
        one.send_with_fds(b"x", &[a.as_fd()]).await.expect("sent");
        let message = other.recv_message(&mut [0; 8]).await.expect("received");
        let sender = message.credentials.expect("its sender");
        assert_eq!(sender, other.peer_cred().expect("connected"));
        assert_eq!(message.fds.len(), 1, "both come together");
        assert!(message.from.is_unnamed());
    });
}
