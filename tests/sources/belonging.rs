//! Which loop a source belongs to.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use eagain::net::TcpStream;
use eagain::{Cause, Interest, LoopError, Source, Step};

use crate::tasks::{
    read_to_end, refuse, returned, run, stubborn, tcp_pair, trying, turn_until, turn_until_idle,
    unix_pair, write_all,
};
use crate::{DIRECTIONS, new_loop, refused, spent_pair};

#[test]
fn a_source_cannot_be_waited_for_after_its_loop() {
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let mut event_loop = new_loop();
    stubborn(&event_loop, &near, Interest::READ).0.detach();
    turn_until_idle(&mut event_loop);
    drop(event_loop);

    let mut next_loop = new_loop();
    let (waiter, _) = stubborn(&next_loop, &near, Interest::READ);
    run(&mut next_loop);
    assert_eq!(refused(returned(&waiter)), Some(LoopError::LoopGone));
    // What needs no loop still works.
    assert_eq!(near.try_write(b"!").expect("a write"), Some(1));
    far.read_exact(&mut [0; 1]).expect("a read");
    near.close().expect("a close");
    assert_eq!(far.read(&mut [0; 1]).expect("the end"), 0);
}

#[test]
fn a_source_of_one_loop_cannot_be_waited_for_on_another() {
    for interest in DIRECTIONS {
        let (near, mut far) = unix_pair();
        let near = Rc::new(near);
        let (mut one, mut other) = (new_loop(), new_loop());
        let (_waiter, causes) = stubborn(&one, &near, Interest::READ);
        turn_until_idle(&mut one);
        let (stranger, _) = stubborn(&other, &near, interest);
        run(&mut other);
        assert_eq!(refused(returned(&stranger)), Some(LoopError::OtherLoop));
        assert_eq!(other.counts().sources, 0);
        // The one it belongs to is not disturbed.
        far.write_all(b"!").expect("a write");
        turn_until_idle(&mut one);
        assert_eq!(causes.borrow().len(), 1);
    }
}

#[test]
fn a_connection_moves_to_another_loop() {
    let (near, mut far) = tcp_pair();
    let mut near = Some(near);
    let mut one = new_loop();
    // It is registered here, and what arrives here is not lost.
    let mover = one.spawn(trying(move |cx| {
        if let (Some(near), Cause::Turn) = (&near, cx.cause()) {
            refuse(near.as_ref(), Interest::READ);
            return Ok(Step::Yield(cx.readable(near)?));
        }
        let source = Source::from(near.take().expect("not moved yet"));
        Ok(Step::Return(source.into_owned_fd()?))
    }));
    turn_until_idle(&mut one);
    far.write_all(b"hello, ").expect("a write");
    turn_until(&mut one, || mover.is_finished());
    let fd = returned(&mover).expect("it is open");
    assert_eq!(one.counts().sources, 0);

    let moved = TcpStream::try_from(std::net::TcpStream::from(fd)).expect("a stream");
    let mut other = new_loop();
    let reader = other.spawn(read_to_end(moved));
    turn_until_idle(&mut other);
    far.write_all(b"world").expect("a write");
    drop(far);
    run(&mut other);
    assert_eq!(returned(&reader).expect("no error"), b"hello, world");
    assert_eq!(other.counts().reactor.registrations, 1);
}

#[test]
fn a_task_that_takes_a_descriptor_away_tells_who_waits() {
    let mut event_loop = new_loop();
    let (near, _far) = spent_pair();
    // Two owners, so that one can take what the other waits for.
    let shared = Rc::new(RefCell::new(Some(Rc::into_inner(near).expect("the only owner"))));
    let held = shared.clone();
    let waiter = event_loop.spawn(trying(move |cx| match (&*held.borrow(), cx.cause()) {
        (Some(source), Cause::Turn) => Ok(Step::Yield(cx.readable(source)?)),
        (_, cause) => Ok(Step::Return(cause)),
    }));
    turn_until_idle(&mut event_loop);
    let source = shared.borrow_mut().take().expect("not taken yet");
    let fd: OwnedFd = source.into_owned_fd().expect("it is open");
    turn_until_idle(&mut event_loop);
    assert_eq!(returned(&waiter).expect("no error"), Cause::Closed);
    assert!(eagain_sys::descriptor::is_nonblocking(fd.as_fd()).expect("flags"));
}

#[test]
fn a_source_that_never_waits_is_never_registered() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    far.write_all(b"hello").expect("a write");
    drop(far.shutdown(std::net::Shutdown::Write));
    let near = Rc::new(near);
    let reader = event_loop.spawn(read_to_end(near.clone()));
    let writer = event_loop.spawn(write_all(near, 1024));
    run(&mut event_loop);
    assert_eq!(returned(&reader).expect("no error"), b"hello");
    returned(&writer).expect("no error");
    assert_eq!(event_loop.counts().reactor.registrations, 0);
}
