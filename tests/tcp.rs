//! A connection between its two ends: in parts, in halves, without a buffer of its own, its options.

#[cfg(not(target_os = "openbsd"))]
#[path = "tcp/keepalive.rs"]
mod keepalive;
#[cfg(target_os = "linux")]
#[path = "tcp/linux.rs"]
mod linux;
mod tasks;

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::time::Duration;

use eagain::net::TcpStream;
use eagain::{EventLoop, Interest, errno};
use eagain_sys::{socket, socket_parts};
use tasks::{PATIENCE, is_ready, returned, run, tcp_pair, turn_until_idle};

fn new_loop() -> EventLoop {
    EventLoop::new().expect("a loop")
}

/// A connection of the loop and its far end, which gives up at some time.
fn pair() -> (TcpStream, std::net::TcpStream) {
    let (near, far) = tcp_pair();
    far.set_read_timeout(Some(PATIENCE)).expect("an option");
    (near, far)
}

/// Waits until what the far end did has come: not on every kernel has the loopback done its work
/// when the call returns.
fn wait_for(near: &TcpStream) {
    let fd = near.as_ref().fd().expect("it is open");
    assert!(is_ready(&*fd, Interest::READ, PATIENCE), "it does not come");
}

#[test]
fn several_buffers_are_filled_and_sent_one_after_the_other() {
    let (near, mut far) = pair();
    let read = eagain::run(async {
        let parts = [IoSlice::new(b"he"), IoSlice::new(b""), IoSlice::new(b"llo")];
        assert_eq!(near.write_vectored(&parts).await.expect("a write"), 5);
        let mut heard = [0; 5];
        far.read_exact(&mut heard).expect("a read");
        assert_eq!(&heard, b"hello");
        far.write_all(b"goodbye").expect("a write");
        let (mut one, mut other) = ([0; 4], [0; 9]);
        let mut parts = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut other)];
        let n = near.read_vectored(&mut parts).await.expect("a read");
        ([&one[..], &other[..n - one.len()]]).concat()
    });
    assert_eq!(read.expect("a run"), b"goodbye");
}

#[test]
fn more_buffers_than_the_kernel_takes_are_sent_in_parts() {
    let (near, mut far) = pair();
    let bytes: Vec<[u8; 1]> = (0..3000).map(|n| [n as u8]).collect();
    let parts: Vec<_> = bytes.iter().map(|byte| IoSlice::new(byte)).collect();
    let mut sent = 0;
    while sent < parts.len() {
        sent += near.try_write_vectored(&parts[sent..]).expect("no error").expect("room");
    }
    let mut heard = vec![0; 3000];
    far.read_exact(&mut heard).expect("a read");
    assert_eq!(heard, bytes.concat());
}

#[test]
fn pitfall_3_a_peek_takes_nothing_and_says_nothing_of_what_is_left() {
    let mut event_loop = new_loop();
    let (near, mut far) = pair();
    let task = event_loop.spawn(async move {
        let mut buf = [0; 64];
        let peeked = near.peek(&mut buf).await?;
        let again = near.try_peek(&mut buf)?; // pitfall 3: it was short, and yet there is more
        let read = near.read(&mut buf).await?;
        std::io::Result::Ok((peeked, again, read))
    });
    turn_until_idle(&mut event_loop);
    far.write_all(b"hello").expect("a write");
    run(&mut event_loop);
    assert_eq!(returned(&task).expect("no error"), (5, Some(5), 5));
}

#[test]
fn pitfall_3_a_read_that_ends_at_an_urgent_mark_leaves_what_is_behind_it() {
    let mut event_loop = new_loop();
    let (near, mut far) = pair();
    let task = event_loop.spawn(async move {
        let mut all = [0; 4];
        near.read_exact(&mut all).await.map(|()| all)
    });
    turn_until_idle(&mut event_loop);
    far.write_all(b"ab").expect("a write");
    socket_parts::send_urgent(far.as_fd(), b'!').expect("a write");
    far.write_all(b"cd").expect("a write");
    run(&mut event_loop); // pitfall 3: the first read is short, and no edge follows
    assert_eq!(&returned(&task).expect("no error"), b"abcd");
}

#[test]
fn an_urgent_byte_that_is_wanted_inline_comes_in_its_place() {
    let mut event_loop = new_loop();
    let (near, mut far) = pair();
    near.set_urgent_inline(true).expect("an option");
    let task = event_loop.spawn(async move {
        let mut all = [0; 5];
        near.read_exact(&mut all).await.map(|()| all)
    });
    turn_until_idle(&mut event_loop);
    far.write_all(b"ab").expect("a write");
    socket_parts::send_urgent(far.as_fd(), b'!').expect("a write");
    far.write_all(b"cd").expect("a write");
    run(&mut event_loop);
    assert_eq!(&returned(&task).expect("no error"), b"ab!cd");
}

#[test]
fn pitfall_66_to_end_what_the_peer_has_broken_off_is_no_error() {
    let (near, far) = pair();
    socket::set_linger(far.as_fd(), Some(Duration::ZERO)).expect("an option");
    drop(far); // a reset
    wait_for(&near);
    let error = near.try_read(&mut [0]).expect_err("it was broken off");
    assert_eq!(error.raw_os_error(), Some(errno::ECONNRESET));
    for how in [Shutdown::Write, Shutdown::Read, Shutdown::Both] {
        near.shutdown(how).expect("nothing is to be done"); // pitfall 66
    }
}

#[test]
fn pitfall_66_to_end_what_the_peer_has_ended_is_no_error() {
    let (near, far) = pair();
    drop(far);
    near.shutdown(Shutdown::Write).expect("one end is left"); // pitfall 66
    near.shutdown(Shutdown::Write).expect("twice is fine");
}

#[test]
fn what_is_lent_is_what_came_and_in_the_end_nothing() {
    let (near, mut far) = pair();
    let lent = eagain::run(async {
        far.write_all(b"hello").expect("a write");
        let hello = near.read_with(<[u8]>::to_vec).await.expect("a read");
        drop(far);
        (hello, near.read_with(<[u8]>::len).await.expect("a read"))
    });
    assert_eq!(lent.expect("a run"), (b"hello".to_vec(), 0));
}

#[test]
fn who_reads_inside_of_what_was_lent_gets_another_buffer() {
    let ((one, mut far_one), (other, mut far_other)) = (pair(), pair());
    far_one.write_all(b"outer").expect("a write");
    far_other.write_all(b"inner").expect("a write");
    wait_for(&one);
    wait_for(&other);
    let read = one.try_read_with(|outer| {
        let inner = other.try_read_with(<[u8]>::to_vec).expect("no error");
        let pooled = other.try_read_pooled().expect("no error");
        (outer.to_vec(), inner, pooled.is_none())
    });
    let (outer, inner, none) = read.expect("no error").expect("it is there");
    assert_eq!((outer, inner, none), (b"outer".to_vec(), Some(b"inner".to_vec()), true));
}

#[test]
fn a_panic_in_what_was_lent_costs_nothing_but_itself() {
    let (near, mut far) = pair();
    far.write_all(b"hello").expect("a write");
    wait_for(&near);
    let lend = || near.try_read_with(|_| panic!("it cannot be read"));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(lend)).expect_err("the panic");
    far.write_all(b"again").expect("a write");
    eagain::run(async {
        assert_eq!(near.read_with(<[u8]>::to_vec).await.expect("a read"), b"again");
    })
    .expect("a run");
}

#[test]
fn a_connection_that_waits_has_no_buffer_and_pooled_ones_are_used_again() {
    let (near, mut far) = pair();
    assert!(size_of_val(&near.read_with(<[u8]>::len)) <= 64);
    assert!(size_of_val(&near.read_pooled()) <= 64);
    eagain::run(async {
        far.write_all(b"one").expect("a write");
        let one = near.read_pooled().await.expect("a read");
        let at = one.as_ptr();
        assert_eq!(&one[..], b"one");
        far.write_all(b"two").expect("a write");
        let two = near.read_pooled().await.expect("a read");
        assert_eq!((&one[..], &two[..]), (&b"one"[..], &b"two"[..]));
        assert_ne!(two.as_ptr(), at);
        drop(one);
        far.write_all(b"three").expect("a write");
        assert_eq!(near.read_pooled().await.expect("a read").as_ptr(), at);
    })
    .expect("a run");
}

#[test]
fn the_halves_of_a_connection_are_for_two_tasks() {
    let mut event_loop = new_loop();
    let (near, mut far) = pair();
    let (reader, writer) = near.into_split();
    let reads = event_loop.spawn(async move { reader.read_with(<[u8]>::to_vec).await });
    let writes = event_loop.spawn(async move { writer.write_all(b"hello").await });
    turn_until_idle(&mut event_loop);
    returned(&writes).expect("a write");
    let mut heard = Vec::new();
    far.read_to_end(&mut heard).expect("the writer's end is the end");
    far.write_all(&heard).expect("a write");
    run(&mut event_loop);
    assert_eq!(returned(&reads).expect("a read"), b"hello");
}

#[test]
fn halves_of_one_connection_are_one_again_and_others_are_given_back() {
    let ((one, mut far), (other, _far)) = (pair(), pair());
    let (number, (reader, writer)) = (one.as_ref().number(), one.into_split());
    let (other_reader, other_writer) = other.into_split();
    let error = reader.reunite(other_writer).expect_err("they are two");
    let (reader, other_writer) = (error.0, error.1);
    let whole = writer.reunite(reader).expect("they are one");
    assert_eq!(whole.as_ref().number(), number);
    assert_eq!(whole.try_write(b"!").expect("it was not ended"), Some(1));
    far.read_exact(&mut [0]).expect("a read");
    other_reader.reunite(other_writer).expect("they are one");
}

#[test]
fn a_stream_that_is_borrowed_in_halves_is_read_and_written_at_once() {
    let (mut near, mut far) = pair();
    far.write_all(b"hello").expect("a write");
    eagain::run(async {
        let (reader, writer) = near.split();
        let mut buf = [0; 8];
        let both = eagain::join!(reader.read(&mut buf), writer.write_all(b"bye"));
        assert_eq!(both.0.expect("a read"), 5);
        both.1.expect("a write");
    })
    .expect("a run");
    near.close().expect("a close");
    let mut heard = Vec::new();
    far.read_to_end(&mut heard).expect("a read");
    assert_eq!(heard, b"bye");
}

#[test]
fn options_are_what_they_were_set_to() {
    let (near, _far) = pair();
    let check = || -> std::io::Result<()> {
        near.set_nodelay(true)?;
        assert!(near.nodelay()?);
        assert_eq!(near.linger()?, None);
        near.set_linger(Some(Duration::ZERO))?;
        assert_eq!(near.linger()?, Some(Duration::ZERO));
        near.set_ttl(42)?;
        assert_eq!(near.ttl()?, 42);
        near.set_tos(0x10)?;
        assert_eq!(near.tos()?, 0x10);
        near.set_send_buffer_size(50_000)?;
        assert!(near.send_buffer_size()? >= 50_000);
        near.set_recv_buffer_size(60_000)?;
        assert!(near.recv_buffer_size()? >= 60_000);
        assert!(near.take_error()?.is_none());
        Ok(())
    };
    check().expect("options");
}
