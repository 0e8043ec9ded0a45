//! Descriptors that somebody else owns.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use eagain::{Cause, EventLoop, Interest, JoinHandle, LoopError, Source, Step, errno};

use crate::tasks::{
    has_events, read_to_end, returned, run, stubborn, trying, turn_until, turn_until_idle,
    unix_pair,
};
use crate::{loop_with_a_sleeper, new_loop, own_process};

/// A task that waits for a borrowed descriptor once, and returns why it was resumed.
fn arm(
    event_loop: &EventLoop,
    fd: impl AsFd + 'static,
    interest: Interest,
) -> JoinHandle<io::Result<Cause>> {
    let mut began = false;
    event_loop.spawn(trying(move |cx| {
        if began {
            return Ok(Step::Return(cx.cause()));
        }
        began = true;
        Ok(Step::Yield(cx.arm(fd.as_fd(), interest)?))
    }))
}

#[test]
fn pitfall_17_a_borrowed_number_may_be_closed_and_used_again() {
    // Numbers are handed out to a whole process.
    if !own_process::entered("borrowed::pitfall_17_a_borrowed_number_may_be_closed_and_used_again")
    {
        return;
    }
    let mut event_loop = loop_with_a_sleeper();
    let mut numbers = Vec::new();
    for _ in 0..3 {
        let (near, mut far) = UnixStream::pair().expect("a pair");
        numbers.push(near.as_raw_fd());
        let waiter = arm(&event_loop, near, Interest::READ); // pitfall 17: the task closes it
        turn_until_idle(&mut event_loop);
        assert!(!waiter.is_finished());
        far.write_all(b"!").expect("a write");
        turn_until_idle(&mut event_loop);
        assert!(matches!(returned(&waiter), Ok(Cause::Ready(ready)) if ready.is_readable()));
    }
    assert!(numbers.iter().all(|number| *number == numbers[0]), "{numbers:?}");
}

#[test]
fn pitfall_20_a_second_waiter_for_a_borrowed_descriptor_is_refused() {
    let mut event_loop = loop_with_a_sleeper();
    let (near, mut far) = UnixStream::pair().expect("a pair");
    let near = Rc::new(near);
    let first = arm(&event_loop, near.clone(), Interest::READ);
    let second = arm(&event_loop, near, Interest::READ);
    turn_until_idle(&mut event_loop);
    let error = returned(&second).expect_err("somebody waits there");
    let expected =
        LoopError::SecondWaiter { first: first.id(), second: second.id(), direction: "read" };
    assert_eq!(LoopError::of(&error), Some(expected)); // pitfall 20
    far.write_all(b"!").expect("a write");
    turn_until(&mut event_loop, || first.is_finished());
    returned(&first).expect("no error");
}

#[test]
fn pitfall_21_a_borrowed_descriptor_is_armed_at_each_wait() {
    let mut event_loop = new_loop();
    let (near, mut far) = UnixStream::pair().expect("a pair");
    far.write_all(b"!").expect("a write");
    let mut resumes = 0;
    // It never reads, so each wait must find that out anew.
    let waiter = event_loop.spawn(trying(move |cx| {
        if resumes == 5 {
            return Ok(Step::Return(()));
        }
        resumes += 1;
        Ok(Step::Yield(cx.arm(near.as_fd(), Interest::READ)?))
    }));
    turn_until(&mut event_loop, || waiter.is_finished());
    returned(&waiter).expect("no EEXIST"); // pitfall 21: ADD once, then MOD
    assert_eq!(event_loop.counts().reactor.registrations, 5);
}

#[test]
fn pitfall_21_a_source_cannot_be_armed_and_is_not_harmed() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let reader = event_loop.spawn(read_to_end(near.clone()));
    turn_until_idle(&mut event_loop);
    for _ in 0..3 {
        let near = near.clone();
        let second = event_loop.spawn(trying(move |cx| {
            let fd = near.fd()?;
            Ok(Step::<()>::Yield(cx.arm(fd.as_fd(), Interest::READ)?))
        }));
        turn_until_idle(&mut event_loop);
        let error = returned(&second).expect_err("it is watched as a source");
        assert_eq!(error.raw_os_error(), Some(errno::EEXIST)); // pitfall 21
        assert_eq!(event_loop.counts().sources, 1);
    }
    far.write_all(b"hello").expect("a write");
    drop(far);
    drop(near);
    run(&mut event_loop);
    assert_eq!(returned(&reader).expect("no error"), b"hello");
}

#[test]
fn pitfall_21_what_was_armed_can_become_a_source() {
    let mut event_loop = new_loop();
    let (near, mut far) = UnixStream::pair().expect("a pair");
    let mut near = Some(near);
    let mut source = None;
    let reader = event_loop.spawn(trying(move |cx| {
        if let Some(near) = near.take() {
            let wait = cx.arm(near.as_fd(), Interest::READ)?;
            source = Some(read_to_end(Source::new(near)?));
            return Ok(Step::Yield(wait));
        }
        let reader = source.as_mut().expect("made before");
        Ok(Step::Return(eagain::yield_from!(*reader, cx)?)) // pitfall 21: EEXIST on the way
    }));
    turn_until_idle(&mut event_loop);
    far.write_all(b"hello").expect("a write");
    turn_until_idle(&mut event_loop);
    drop(far);
    run(&mut event_loop);
    assert_eq!(returned(&reader).expect("no error"), b"hello");
    assert_eq!(event_loop.counts().sources, 0);
}

#[test]
fn pitfall_21_who_waits_for_what_becomes_a_source_is_told() {
    let mut event_loop = loop_with_a_sleeper();
    let (near, _far) = UnixStream::pair().expect("a pair");
    let near = Rc::new(RefCell::new(Some(near)));
    let armed = near.clone();
    let waiter = event_loop.spawn(trying(move |cx| match (cx.cause(), &*armed.borrow()) {
        (Cause::Turn, Some(near)) => Ok(Step::Yield(cx.arm(near.as_fd(), Interest::READ)?)),
        (cause, _) => Ok(Step::Return(cause)),
    }));
    turn_until_idle(&mut event_loop);
    assert!(!waiter.is_finished());
    let source = Source::new(near.take().expect("not taken yet")).expect("a source");
    let (_reader, _causes) = stubborn(&event_loop, &Rc::new(source), Interest::READ);
    turn_until_idle(&mut event_loop);
    // pitfall 21: the entry in the kernel is the source's now, and nobody else would wake it
    assert!(waiter.is_finished(), "it waits for ever");
}

#[test]
fn pitfall_6_a_report_on_a_borrowed_descriptor_wakes_both_directions() {
    for hang_up in [true, false] {
        let mut event_loop = loop_with_a_sleeper();
        let (near, mut far) = UnixStream::pair().expect("a pair");
        near.set_nonblocking(true).expect("a flag");
        while (&near).write(&[b'x'; 65536]).is_ok() {}
        let near = Rc::new(near);
        let reader = arm(&event_loop, near.clone(), Interest::READ);
        let writer = arm(&event_loop, near, Interest::WRITE);
        turn_until_idle(&mut event_loop);
        assert!(!reader.is_finished() && !writer.is_finished());
        if hang_up {
            drop(far); // pitfall 6
        } else {
            // There is no room to write, but this report disarms the writer, too.
            far.write_all(b"!").expect("a write");
        }
        turn_until(&mut event_loop, || reader.is_finished() && writer.is_finished());
        for waiter in [reader, writer] {
            assert!(matches!(returned(&waiter), Ok(Cause::Ready(_))));
        }
    }
}

#[test]
fn pitfall_7_a_hang_up_of_a_borrowed_descriptor_is_reported_once() {
    let mut event_loop = loop_with_a_sleeper();
    let (near, far) = UnixStream::pair().expect("a pair");
    let near = Rc::new(near);
    let waiter = arm(&event_loop, near.clone(), Interest::READ);
    turn_until_idle(&mut event_loop);
    drop(far);
    turn_until(&mut event_loop, || waiter.is_finished());
    assert!(matches!(returned(&waiter), Ok(Cause::Ready(ready)) if ready.is_readable()));
    assert!(!has_events(&mut event_loop), "nobody waits, and it is still reported"); // pitfall 7
    drop(near);
}

#[test]
fn pitfall_14_a_borrowed_file_is_always_ready() {
    for name in ["/dev/null", "/"] {
        let mut event_loop = loop_with_a_sleeper();
        let waiter = arm(&event_loop, File::open(name).expect("a file"), Interest::READ);
        turn_until_idle(&mut event_loop);
        assert!(waiter.is_finished(), "{name} never became ready"); // pitfall 14
        returned(&waiter).expect("no error");
    }
}
