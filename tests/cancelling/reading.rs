//! Futures that read.

use std::io::IoSliceMut;

use eagain::net::TcpStream;
use eagain::time::Clock;
use eagain::{Interest, Source};
use eagain_sys::pipe;

use crate::case::Case;
use crate::ends::{Ends, Kept, tcp, unix};

/// A case in which the far end speaks.
const fn tcp_case() -> Case<Ends<TcpStream>> {
    Case {
        clock: Clock::Real,
        setup: tcp,
        wait: |ends| {
            Box::pin(async move {
                let mut buf = [0; 8];
                let n = ends.near.read(&mut buf).await.expect("a read");
                ends.got.borrow_mut().extend_from_slice(&buf[..n]);
            })
        },
        nudge: Ends::say,
        check: |ends| Box::pin(ends.all_is_heard()),
        sources: 1,
        registrations: 1,
        polls: 2,
    }
}

#[test]
fn pitfall_52_read() {
    tcp_case().holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_append() {
    let wait = |ends: std::rc::Rc<Ends<TcpStream>>| {
        let future = async move {
            let read = Vec::with_capacity(8);
            let mut kept = Kept::new(&ends, read, |ends, read| drop(ends.got.replace(read)));
            ends.near.read_append(&mut kept.buf).await.expect("a read");
        };
        Box::pin(future) as crate::witness::Waiting
    };
    Case { wait, ..tcp_case() }.holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_exact() {
    let wait = |ends: std::rc::Rc<Ends<TcpStream>>| {
        let future = async move {
            let mut kept = Kept::new(&ends, vec![0; 8], |ends, read| {
                // No byte that was said is 0.
                let read = read.into_iter().take_while(|byte| *byte != 0).collect();
                ends.got.replace(read);
            });
            ends.near.read_exact(&mut kept.buf).await.expect("a read");
        };
        Box::pin(future) as crate::witness::Waiting
    };
    Case { wait, polls: 4, ..tcp_case() }.holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_to_end() {
    let wait = |ends: std::rc::Rc<Ends<TcpStream>>| {
        let future = async move {
            let mut kept = Kept::new(&ends, vec![], |ends, read| drop(ends.got.replace(read)));
            ends.near.read_to_end(&mut kept.buf).await.expect("a read");
        };
        Box::pin(future) as crate::witness::Waiting
    };
    Case { wait, polls: 6, ..tcp_case() }.holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_with() {
    let wait = |ends: std::rc::Rc<Ends<TcpStream>>| {
        let future = async move {
            let take = |bytes: &[u8]| ends.got.borrow_mut().extend_from_slice(bytes);
            ends.near.read_with(take).await.expect("a read");
        };
        Box::pin(future) as crate::witness::Waiting
    };
    Case { wait, ..tcp_case() }.holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_pooled() {
    let wait = |ends: std::rc::Rc<Ends<TcpStream>>| {
        let future = async move {
            let bytes = ends.near.read_pooled().await.expect("a read");
            ends.got.borrow_mut().extend_from_slice(&bytes);
        };
        Box::pin(future) as crate::witness::Waiting
    };
    Case { wait, ..tcp_case() }.holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_vectored() {
    let wait = |ends: std::rc::Rc<Ends<TcpStream>>| {
        let future = async move {
            let (mut one, mut other) = ([0; 2], [0; 8]);
            let mut parts = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut other)];
            let n = ends.near.read_vectored(&mut parts).await.expect("a read");
            ends.got.borrow_mut().extend_from_slice(&[&one[..], &other[..]].concat()[..n]);
        };
        Box::pin(future) as crate::witness::Waiting
    };
    Case { wait, ..tcp_case() }.holds(); // pitfall 52
}

#[test]
fn pitfall_52_peek() {
    let wait = |ends: std::rc::Rc<Ends<TcpStream>>| {
        let future = async move {
            ends.near.peek(&mut [0; 8]).await.expect("a look");
        };
        Box::pin(future) as crate::witness::Waiting
    };
    Case { wait, ..tcp_case() }.holds(); // pitfall 52
}

#[test]
fn pitfall_53_readable() {
    let wait = |ends: std::rc::Rc<Ends<TcpStream>>| {
        assert_eq!(ends.near.try_read(&mut [0; 8]).expect("no error"), None);
        let future = async move { ends.near.readable().await.expect("a wait") };
        Box::pin(future) as crate::witness::Waiting
    };
    Case { wait, ..tcp_case() }.holds(); // pitfall 53
}

const fn unix_case() -> Case<Ends<Source>> {
    Case {
        clock: Clock::Real,
        setup: unix,
        wait: |ends| {
            Box::pin(async move {
                let mut buf = [0; 8];
                let n = ends.near.read(&mut buf).await.expect("a read");
                ends.got.borrow_mut().extend_from_slice(&buf[..n]);
            })
        },
        nudge: Ends::say,
        check: |ends| Box::pin(ends.all_is_heard()),
        sources: 1,
        registrations: 1,
        polls: 2,
    }
}

#[test]
fn pitfall_52_read_of_a_source() {
    unix_case().holds(); // pitfall 52
}

#[test]
fn pitfall_52_io_of_a_source() {
    let wait = |ends: std::rc::Rc<Ends<Source>>| {
        let future = async move {
            let mut buf = [0; 8];
            let io = ends.near.io(Interest::READ, |fd| Ok(pipe::read(fd, &mut buf)?));
            let n = io.await.expect("a read");
            ends.got.borrow_mut().extend_from_slice(&buf[..n]);
        };
        Box::pin(future) as crate::witness::Waiting
    };
    Case { wait, ..unix_case() }.holds(); // pitfall 52
}

#[test]
fn pitfall_53_readable_of_a_source() {
    let wait = |ends: std::rc::Rc<Ends<Source>>| {
        assert_eq!(ends.near.try_read(&mut [0; 8]).expect("no error"), None);
        let future = async move { ends.near.readable().await.expect("a wait") };
        Box::pin(future) as crate::witness::Waiting
    };
    Case { wait, ..unix_case() }.holds(); // pitfall 53
}
