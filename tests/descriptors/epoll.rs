//! A list in the kernel that does not say what the loop expects of it.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::rc::Rc;

use eagain::{Cause, Interest, Step, errno};
use eagain_sys::epoll::{Op, epoll_ctl};

use crate::tasks::{
    read_to_end, refuse, returned, stubborn, trying, turn_until, turn_until_idle, unix_pair,
};
use crate::{injection, loop_with_a_sleeper};

#[test]
fn pitfall_17_a_registration_that_is_gone_already_is_no_trouble() {
    let mut event_loop = loop_with_a_sleeper();
    let (near, _far) = unix_pair();
    let near = Rc::new(near);
    let (waiter, causes) = stubborn(&event_loop, &near, Interest::READ);
    turn_until_idle(&mut event_loop);
    {
        // What a close(2) by somebody else does, with the number used again at once.
        let fd = near.fd().expect("it is open");
        epoll_ctl(event_loop.as_fd(), Op::Delete, fd.as_fd(), 0, 0).expect("it was watched");
    }
    // The next use finds out: no panic, no abort, ...
    let source = near.clone();
    let writer = event_loop.spawn(trying(move |cx| {
        refuse(&source, Interest::WRITE);
        Ok(Step::<()>::Yield(cx.writable(&source)?))
    }));
    turn_until_idle(&mut event_loop);
    let error = returned(&writer).expect_err("the kernel does not know it any more");
    assert_eq!(error.raw_os_error(), Some(errno::ENOENT));
    // ... and closing works nevertheless, for who waits and for the table.
    near.close().expect("a close"); // pitfall 17
    turn_until_idle(&mut event_loop);
    returned(&waiter).expect("told in the end");
    assert_eq!(*causes.borrow(), [Cause::Closed]);
    assert_eq!(event_loop.counts().sources, 0);

    // Who comes next has the number and the slot, and nothing of the trouble.
    let (next, mut far) = unix_pair();
    let reader = event_loop.spawn(read_to_end(next));
    turn_until_idle(&mut event_loop);
    far.write_all(b"hello").expect("a write");
    drop(far);
    turn_until(&mut event_loop, || reader.is_finished());
    assert_eq!(returned(&reader).expect("no error"), b"hello");
}

#[test]
fn pitfall_17_a_deregistration_that_fails_frees_the_slot() {
    let name = "epoll::pitfall_17_a_deregistration_that_fails_frees_the_slot";
    // The first is the bell's, the second the source's. pitfall 17
    let faults = ["epoll_ctl:error=EBADF:when=3", "epoll_ctl:error=ENOENT:when=3"];
    if !injection::happens(name, &faults) {
        return;
    }
    let mut event_loop = loop_with_a_sleeper();
    let (near, _far) = unix_pair();
    drop(near.fd().expect("it is open"));
    let near = Rc::new(near);
    let (waiter, causes) = stubborn(&event_loop, &near, Interest::READ);
    turn_until_idle(&mut event_loop);
    near.close().expect("a close");
    turn_until_idle(&mut event_loop);
    returned(&waiter).expect("told in the end");
    assert_eq!(*causes.borrow(), [Cause::Closed]);
    assert_eq!(event_loop.counts().sources, 0);
}

#[test]
fn pitfall_21_a_registration_that_fails_leaves_nothing() {
    let name = "epoll::pitfall_21_a_registration_that_fails_leaves_nothing";
    // The first is the bell's.
    if !injection::happens(name, &["epoll_ctl:error=ENOSPC:when=2"]) {
        return;
    }
    let mut event_loop = loop_with_a_sleeper();
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let reader = event_loop.spawn(read_to_end(near.clone()));
    turn_until_idle(&mut event_loop);
    let error = returned(&reader).expect_err("no room for it");
    assert_eq!(error.kind(), io::ErrorKind::StorageFull); // pitfall 21
    assert_eq!(event_loop.counts().sources, 0);
    // There is room now.
    let reader = event_loop.spawn(read_to_end(near));
    turn_until_idle(&mut event_loop);
    assert!(!reader.is_finished());
    far.write_all(b"hello").expect("a write");
    drop(far);
    turn_until(&mut event_loop, || reader.is_finished());
    assert_eq!(returned(&reader).expect("no error"), b"hello");
}
