//! Connections of bytes.

use std::io::{self, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::rc::Rc;

use eagain::net::{ReuniteError, UnixStream};
use eagain::{EventLoop, LoopError, errno};

use crate::place::run;
use crate::tasks::{returned, turn_until_idle};

#[test]
fn more_than_the_buffers_hold_comes_through() {
    let (one, other) = UnixStream::pair().expect("a pair");
    let much: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
    let sent = much.clone();
    let got = run(async {
        let write = async {
            one.write_all(&sent).await?;
            one.shutdown(Shutdown::Write)
        };
        let read = async {
            let mut got = vec![];
            other.read_to_end(&mut got).await?;
            io::Result::Ok(got)
        };
        let ((), got) = eagain::try_join!(write, read).expect("no error");
        got
    });
    assert!(got == much);
}

#[test]
fn who_is_left_alone_is_told() {
    let (one, other) = UnixStream::pair().expect("a pair");
    drop(other);
    run(async {
        let mut said = vec![];
        assert_eq!(one.read_append(&mut said).await.expect("the end"), 0);
        let error = one.write(b"anybody?").await.expect_err("nobody");
        assert_eq!(error.raw_os_error(), Some(errno::EPIPE)); // and no signal
        let error = one.read_exact(&mut [0]).await.expect_err("the end");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    });
}

#[test]
fn pitfall_20_a_second_reader_is_refused_and_the_first_one_goes_on() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, far) = UnixStream::pair().expect("a pair");
    let near = Rc::new(near);
    let read = |near: &Rc<UnixStream>| {
        let near = near.clone();
        async move { near.read(&mut [0; 8]).await }
    };
    let first = event_loop.spawn(read(&near));
    turn_until_idle(&mut event_loop);
    let second = event_loop.spawn(read(&near));
    turn_until_idle(&mut event_loop);
    let refused = LoopError::of(&returned(&second).expect_err("one reads already"));
    assert!(matches!(refused, Some(LoopError::SecondWaiter { .. }))); // pitfall 20
    assert_eq!(far.try_write(b"hello").expect("no error"), Some(5));
    turn_until_idle(&mut event_loop);
    assert_eq!(returned(&first).expect("unharmed"), 5);
}

#[test]
fn a_stream_that_only_reads_is_not_woken_by_what_its_peer_reads() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, far) = UnixStream::pair().expect("a pair");
    let near = Rc::new(near);
    let its = near.clone();
    let task = event_loop.spawn(async move { its.read(&mut [0; 8]).await });
    turn_until_idle(&mut event_loop);
    let resumes = event_loop.counts().resumes;
    for _ in 0..10 {
        assert_eq!(near.try_write(b"x").expect("no error"), Some(1));
        assert_eq!(far.try_read(&mut [0; 8]).expect("no error"), Some(1));
        turn_until_idle(&mut event_loop);
    }
    assert_eq!(event_loop.counts().resumes, resumes, "nobody waits for room");
    assert_eq!(event_loop.counts().reactor.registrations, 1);
    task.abort();
}

#[test]
fn pitfall_3_a_read_that_stops_at_descriptors_is_short_and_yet_not_the_last() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (near, far) = UnixStream::pair().expect("a pair");
    let near = Rc::new(near);
    let its = near.clone();
    let task = event_loop.spawn(async move {
        let mut said = vec![];
        while said.len() < 3 {
            its.read_append(&mut said).await?; // pitfall 3: no edge comes for the second byte
        }
        io::Result::Ok(said)
    });
    turn_until_idle(&mut event_loop);
    let fd = io::stderr();
    for byte in [b"a", b"b", b"c"] {
        let sent = far.try_send_with_fds(byte, &[fd.as_fd()]);
        assert_eq!(sent.expect("no error"), Some(1));
    }
    turn_until_idle(&mut event_loop);
    assert_eq!(returned(&task).expect("read"), b"abc");
}

#[test]
fn pitfall_8_what_was_written_before_the_end_is_read_before_it() {
    let (near, mut far) = crate::tasks::unix_pair();
    let near = UnixStream::try_from(near.into_owned_fd().expect("open")).expect("a stream");
    run(async {
        let write = async {
            eagain::yield_now().await;
            far.write_all(&[7; 100_000]).expect("room");
            drop(far);
        };
        let mut said = vec![];
        let (read, ()) = eagain::join!(near.read_to_end(&mut said), write);
        assert_eq!(read.expect("read"), 100_000); // pitfall 8
    });
}

#[test]
fn the_halves_of_a_connection_are_for_two_tasks_and_can_be_one_again() {
    let (one, other) = UnixStream::pair().expect("a pair");
    let number = one.as_ref().number();
    let (reader, writer) = one.into_split();
    run(async {
        let writes =
            eagain::spawn(async move { writer.write_all(b"hello").await.map(|()| writer) });
        other.write_all(b"bye").await.expect("written");
        assert_eq!(reader.read(&mut [0; 8]).await.expect("read"), 3);
        let writer = writes.await.expect("no panic").expect("written");
        let whole = writer.reunite(reader).expect("they are one");
        assert_eq!(whole.as_ref().number(), number);
        let (reader, writer) = whole.into_split();
        drop(writer);
        let mut said = vec![];
        assert_eq!(other.read_to_end(&mut said).await.expect("its end"), 5);
        other.write_all(b"and more").await.expect("the other direction goes on");
        assert_eq!(reader.read(&mut [0; 16]).await.expect("read"), 8);
    });
}

#[test]
fn halves_of_two_connections_are_given_back() {
    let (one, other) = UnixStream::pair().expect("a pair");
    let ((reader, _), (_, writer)) = (one.into_split(), other.into_split());
    let error: ReuniteError<UnixStream> = reader.reunite(writer).expect_err("they are two");
    assert_eq!(error.to_string(), "these are halves of two connections, not of one");
}

#[test]
fn a_stream_that_is_borrowed_in_halves_is_read_and_written_at_once() {
    let (mut one, other) = UnixStream::pair().expect("a pair");
    run(async {
        let (reader, writer) = one.split();
        let mut buf = [0; 8];
        let answer = async {
            let n = other.read(&mut [0; 8]).await?;
            other.write_all(&[b'!'; 8][..n]).await
        };
        let (n, (), ()) =
            eagain::try_join!(reader.read(&mut buf), writer.write_all(b"four"), answer)
                .expect("no error");
        assert_eq!(n, 4);
    });
}
