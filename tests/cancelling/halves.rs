//! Futures of Unix streams, and of the halves of streams.

use std::io::{IoSlice, IoSliceMut};
use std::rc::Rc;

use eagain::net::{OwnedReadHalf, OwnedWriteHalf, TcpStream, UnixStream};
use eagain::time::Clock;
use eagain::{EventLoop, Source};

use crate::case::Case;
use crate::ends::{Ends, tcp, unix_stream};
use crate::witness::Waiting;
use crate::writing::{exactly, numbers};

type Reader = OwnedReadHalf<UnixStream>;
type Writer = OwnedWriteHalf<UnixStream>;

fn reader(event_loop: &mut EventLoop) -> Ends<Reader> {
    unix_stream(event_loop).by(|stream| stream.into_split().0)
}

fn tcp_reader(event_loop: &mut EventLoop) -> Ends<OwnedReadHalf> {
    tcp(event_loop).by(|stream| stream.into_split().0)
}

fn writer(event_loop: &mut EventLoop) -> Ends<Writer> {
    unix_stream(event_loop).by(|stream| stream.into_split().1).full()
}

fn tcp_writer(event_loop: &mut EventLoop) -> Ends<OwnedWriteHalf<TcpStream>> {
    tcp(event_loop).by(|stream| stream.into_split().1).full()
}

/// The far end speaks.
pub(crate) const fn hearing<T: AsRef<Source> + 'static>(
    setup: fn(&mut EventLoop) -> Ends<T>,
    wait: fn(Rc<Ends<T>>) -> Waiting,
) -> Case<Ends<T>> {
    Case {
        clock: Clock::Real,
        setup,
        wait,
        nudge: Ends::say,
        check: |ends| Box::pin(ends.all_is_heard()),
        sources: 1,
        registrations: 1,
        polls: 2,
    }
}

/// The far end reads.
pub(crate) const fn speaking<T: AsRef<Source> + 'static>(
    setup: fn(&mut EventLoop) -> Ends<T>,
    wait: fn(Rc<Ends<T>>) -> Waiting,
) -> Case<Ends<T>> {
    Case {
        clock: Clock::Real,
        setup,
        wait,
        nudge: Ends::hear,
        check: exactly,
        sources: 1,
        registrations: 1,
        polls: 2,
    }
}

#[test]
fn pitfall_52_read_of_a_half() {
    let case = hearing(reader, |ends| {
        Box::pin(async move {
            let mut buf = [0; 8];
            let n = ends.near.read(&mut buf).await.expect("a read");
            ends.got.borrow_mut().extend_from_slice(&buf[..n]);
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_of_a_half_of_tcp() {
    let case = hearing(tcp_reader, |ends| {
        Box::pin(async move {
            let mut buf = [0; 8];
            let n = ends.near.read(&mut buf).await.expect("a read");
            ends.got.borrow_mut().extend_from_slice(&buf[..n]);
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_vectored_of_a_unix_stream() {
    let case = hearing(unix_stream, |ends| {
        Box::pin(async move {
            let mut halves = [[0; 2]; 2];
            let mut bufs = halves.each_mut().map(|half| IoSliceMut::new(half));
            let n = ends.near.read_vectored(&mut bufs).await.expect("a read");
            ends.got.borrow_mut().extend_from_slice(&halves.concat()[..n]);
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_peek_of_a_unix_stream() {
    let case = hearing(unix_stream, |ends| {
        Box::pin(async move {
            ends.near.peek(&mut [0; 8]).await.expect("a look");
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_with_of_a_unix_stream() {
    let case = hearing(unix_stream, |ends| {
        Box::pin(async move {
            let take = |bytes: &[u8]| ends.got.borrow_mut().extend_from_slice(bytes);
            ends.near.read_with(take).await.expect("a read");
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_write_of_a_half() {
    let case = speaking(writer, |ends| {
        Box::pin(async move {
            let n = ends.near.write(&numbers(100)).await.expect("a write");
            ends.written.set(n);
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_write_of_a_half_of_tcp() {
    let case = speaking(tcp_writer, |ends| {
        Box::pin(async move {
            let n = ends.near.write(&numbers(100)).await.expect("a write");
            ends.written.set(n);
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_write_vectored_of_a_unix_stream() {
    let full = |event_loop: &mut EventLoop| unix_stream(event_loop).full();
    let case = speaking(full, |ends| {
        Box::pin(async move {
            let numbers = numbers(100);
            let (one, other) = numbers.split_at(30);
            let n = ends.near.write_vectored(&[one, other].map(IoSlice::new)).await;
            ends.written.set(n.expect("a write"));
        })
    });
    case.holds(); // pitfall 52
}
