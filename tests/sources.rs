//! What can be done with a source besides reading and writing: closing it, moving it, waiting for
//! both directions, and not waiting after all.

#[path = "sources/belonging.rs"]
mod belonging;
#[path = "sources/closing.rs"]
mod closing;
mod tasks;
#[path = "sources/waits.rs"]
mod waits;

use std::os::unix::net::UnixStream;
use std::rc::Rc;

use eagain::{Cause, EventLoop, Interest, JoinHandle, LoopError, Source, Step};
use tasks::{trying, unix_pair, until_ready};

const DIRECTIONS: [Interest; 3] = [Interest::READ, Interest::WRITE, Interest::BOTH];

fn new_loop() -> EventLoop {
    EventLoop::new().expect("a loop")
}

/// What the loop refused, and why.
fn refused<T>(answer: std::io::Result<T>) -> Option<LoopError> {
    LoopError::of(&answer.err()?)
}

/// A source that is not worth a try in either direction, and its other end.
fn spent_pair() -> (Rc<Source>, UnixStream) {
    let (near, far) = unix_pair();
    assert_eq!(near.try_read(&mut [0; 1]).expect("no error"), None);
    while near.try_write(&[b'x'; 65536]).expect("no error").is_some() {}
    (Rc::new(near), far)
}

/// A task that waits once, and returns why it was resumed.
fn wait_once(
    event_loop: &EventLoop,
    source: &Rc<Source>,
    interest: Interest,
) -> JoinHandle<std::io::Result<Cause>> {
    let source = source.clone();
    let mut began = false;
    event_loop.spawn(trying(move |cx| {
        if began {
            return Ok(Step::Return(cx.cause()));
        }
        began = true;
        Ok(Step::Yield(until_ready(cx, &source, interest)?))
    }))
}
