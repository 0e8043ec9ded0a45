//! Futures that write.

use std::io::IoSlice;
use std::rc::Rc;

use eagain::net::TcpStream;
use eagain::time::Clock;
use eagain::{EventLoop, Interest, Source};
use eagain_sys::pipe;

use crate::case::Case;
use crate::ends::{Ends, tcp, unix};
use crate::witness::Waiting;

/// Numbers without end, none of them 0 or 255.
pub(crate) fn numbers(count: usize) -> Vec<u8> {
    let mut numbers = (1..=251).collect::<Vec<u8>>().repeat(count / 251 + 1);
    numbers.truncate(count);
    numbers
}

/// What was written has arrived, no more and no less.
pub(crate) fn exactly<T: AsRef<Source> + 'static>(ends: Rc<Ends<T>>) -> Waiting {
    Box::pin(async move {
        let came = ends.clone().is_in_step(&numbers(100)).await;
        assert_eq!(came, ends.written.get());
    })
}

fn full_tcp(event_loop: &mut EventLoop) -> Ends<TcpStream> {
    tcp(event_loop).full()
}

fn full_unix(event_loop: &mut EventLoop) -> Ends<Source> {
    unix(event_loop).full()
}

const fn tcp_case(wait: fn(Rc<Ends<TcpStream>>) -> Waiting) -> Case<Ends<TcpStream>> {
    Case {
        clock: Clock::Real,
        setup: full_tcp,
        wait,
        nudge: Ends::hear,
        check: exactly,
        sources: 1,
        registrations: 1,
        polls: 2,
    }
}

const fn unix_case(wait: fn(Rc<Ends<Source>>) -> Waiting) -> Case<Ends<Source>> {
    Case {
        clock: Clock::Real,
        setup: full_unix,
        wait,
        nudge: Ends::hear,
        check: exactly,
        sources: 1,
        registrations: 1,
        polls: 2,
    }
}

#[test]
fn pitfall_52_write() {
    let case = tcp_case(|ends| {
        Box::pin(async move {
            let n = ends.near.write(&numbers(100)).await.expect("a write");
            ends.written.set(n);
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_write_vectored() {
    let case = tcp_case(|ends| {
        Box::pin(async move {
            let numbers = numbers(100);
            let (one, other) = numbers.split_at(30);
            let parts = [IoSlice::new(one), IoSlice::new(other)];
            let n = ends.near.write_vectored(&parts).await.expect("a write");
            ends.written.set(n);
        })
    });
    case.holds(); // pitfall 52
}

/// More than the buffers hold, however often.
const MUCH: usize = 12 << 20;

#[test]
fn pitfall_52_write_all() {
    let case = tcp_case(|ends| {
        Box::pin(async move {
            ends.near.write_all(&numbers(MUCH)).await.expect("a write");
            ends.written.set(MUCH);
        })
    });
    let check = |ends: Rc<Ends<TcpStream>>| {
        let future = async move {
            let came = ends.clone().is_in_step(&numbers(MUCH)).await;
            // Nobody tells how much it was, unless it was all.
            assert!(came <= MUCH && (ends.written.get() == 0 || came == MUCH));
        };
        Box::pin(future) as Waiting
    };
    Case { check, ..case }.holds(); // pitfall 52
}

#[test]
fn pitfall_53_writable() {
    let case =
        tcp_case(|ends| Box::pin(async move { ends.near.writable().await.expect("a wait") }));
    case.holds(); // pitfall 53
}

#[test]
fn pitfall_52_write_of_a_source() {
    let case = unix_case(|ends| {
        Box::pin(async move {
            let n = ends.near.write(&numbers(100)).await.expect("a write");
            ends.written.set(n);
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_io_that_writes() {
    let case = unix_case(|ends| {
        Box::pin(async move {
            let data = numbers(100);
            let io = ends.near.io(Interest::WRITE, |fd| Ok(pipe::write(fd, &data)?));
            ends.written.set(io.await.expect("a write"));
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_53_writable_of_a_source() {
    let case =
        unix_case(|ends| Box::pin(async move { ends.near.writable().await.expect("a wait") }));
    case.holds(); // pitfall 53
}
