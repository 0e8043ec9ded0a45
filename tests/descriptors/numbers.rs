//! A descriptor's number is used again, or outlives what it stood for.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::Duration;

use eagain::{Backend, Builder, Cause, Interest, LoopError, Source, Step};

use crate::tasks::{
    has_events, read_to_end, refuse, returned, run, stubborn, trying, turn_until, turn_until_idle,
    unix_pair,
};
use crate::{loop_with_a_sleeper, new_loop, own_process};

#[test]
fn pitfall_15_a_number_used_again_gets_nothing_of_its_predecessor() {
    // Numbers are handed out to a whole process.
    if !own_process::entered(
        "numbers::pitfall_15_a_number_used_again_gets_nothing_of_its_predecessor",
    ) {
        return;
    }
    // Both events in one batch, and in two.
    let loop_of = |capacity| Builder::new().event_capacity(capacity).build().expect("a loop");
    // Both stay open meanwhile: what a loop has closed is a number for somebody else.
    for event_loop in &mut [2, 1].map(loop_of) {
        let ((first, mut far_first), (second, mut far_second)) = (unix_pair(), unix_pair());
        let second = Rc::new(second);
        let (doomed, number) = (second.clone(), second.number());
        let far_third = Rc::new(RefCell::new(None));
        let given = far_third.clone();
        let successor = event_loop.spawn(trying(move |cx| {
            if cx.cause() == Cause::Turn {
                refuse(&first, Interest::READ);
                return Ok(Step::Yield(cx.readable(&first)?));
            }
            doomed.close()?;
            let (third, far) = unix_pair();
            assert_eq!(third.number(), number); // pitfall 15
            *given.borrow_mut() = Some(far);
            let mut resumes = 0;
            let successor = trying(move |cx| {
                resumes += 1;
                match third.try_read(&mut [0; 8])? {
                    Some(n) => Ok(Step::Return((n, resumes))),
                    None => Ok(Step::Yield(cx.readable(&third)?)),
                }
            });
            Ok(Step::Return(cx.spawn(successor)))
        }));
        let predecessor = event_loop.spawn(read_to_end(second));
        turn_until_idle(event_loop);
        far_first.write_all(b"first").expect("a write");
        far_second.write_all(b"second").expect("a write");
        turn_until_idle(event_loop);
        let error = returned(&predecessor).expect_err("it was closed");
        assert_eq!(LoopError::of(&error), Some(LoopError::Closed));

        let successor = returned(&successor).expect("no error");
        assert!(!successor.is_finished(), "it was told that there is something to read");
        let mut far_third = far_third.take().expect("it was given");
        far_third.write_all(b"third").expect("a write");
        run(event_loop);
        assert_eq!(returned(&successor).expect("no error"), (5, 2));
    }
}

#[test]
fn pitfall_15_an_event_for_a_source_that_is_gone_is_dropped_and_counted() {
    let mut event_loop = loop_with_a_sleeper();
    let (near, mut far) = UnixStream::pair().expect("a pair");
    // The loop cannot know of this one, and the kernel reports to the loop while it lives.
    let _duplicate = near.try_clone().expect("a duplicate");
    let old = Rc::new(Source::new(near).expect("a source"));
    let waiter = event_loop.spawn(read_to_end(old.clone()));
    turn_until_idle(&mut event_loop);
    old.close().expect("a close");
    drop(old);
    turn_until_idle(&mut event_loop);
    returned(&waiter).expect_err("it was closed");

    // It is registered in the same slot as the old one.
    let (new, _far_new) = unix_pair();
    let (_waiter, causes) = stubborn(&event_loop, &Rc::new(new), Interest::READ);
    turn_until_idle(&mut event_loop);
    assert_eq!(event_loop.counts().sources, 1);
    for n in 1..=3 {
        far.write_all(b"for the old one").expect("a write");
        turn_until_idle(&mut event_loop); // pitfall 16: and it does not spin
        // pitfall 15: the others are not even told
        let told = if event_loop.poller() == Backend::Epoll { n } else { 0 };
        assert_eq!(event_loop.counts().reactor.stale_events, told);
    }
    assert_eq!(*causes.borrow(), []);
}

#[test]
fn pitfall_16_a_descriptor_that_was_lent_is_no_longer_watched_when_it_is_closed() {
    let mut event_loop = loop_with_a_sleeper();
    let (near, mut far) = unix_pair();
    let duplicate = near.fd().expect("it is open").try_clone().expect("a duplicate");
    let near = Rc::new(near);
    let (waiter, _causes) = stubborn(&event_loop, &near, Interest::READ);
    turn_until_idle(&mut event_loop);
    assert_eq!(event_loop.counts().reactor.registrations, 1);
    waiter.abort();
    drop(near); // pitfall 16
    assert_eq!(event_loop.counts().reactor.registrations, 2);
    far.write_all(b"for the duplicate").expect("a write");
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(event_loop.counts().reactor.stale_events, 0);
    assert_eq!(event_loop.counts().sources, 0);
    assert_eq!(UnixStream::from(duplicate).read(&mut [0; 64]).expect("a read"), 17);
}

#[test]
fn pitfall_16_a_descriptor_that_is_taken_out_is_no_longer_watched() {
    let mut event_loop = loop_with_a_sleeper();
    let (near, mut far) = unix_pair();
    let mut near = Some(near);
    let taker = event_loop.spawn(trying(move |cx| {
        if cx.cause() == Cause::Turn {
            let near = near.as_ref().expect("not taken yet");
            refuse(near, Interest::READ);
            return Ok(Step::Yield(cx.readable(near)?));
        }
        Ok(Step::Return(near.take().expect("not taken yet").into_owned_fd()?))
    }));
    turn_until_idle(&mut event_loop);
    far.write_all(b"!").expect("a write");
    turn_until(&mut event_loop, || taker.is_finished());
    let fd = returned(&taker).expect("it is open");
    far.write_all(b"?").expect("a write"); // pitfall 16
    assert!(!has_events(&mut event_loop), "the loop still watches it");
    assert_eq!(event_loop.counts().sources, 0);
    assert_eq!(UnixStream::from(fd).read(&mut [0; 8]).expect("a read"), 2);
}

#[test]
fn pitfall_16_a_descriptor_that_was_never_lent_costs_no_second_registration() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let reader = event_loop.spawn(read_to_end(near));
    turn_until_idle(&mut event_loop);
    far.write_all(b"hello").expect("a write");
    drop(far);
    run(&mut event_loop);
    returned(&reader).expect("no error");
    assert_eq!(event_loop.counts().reactor.registrations, 1); // pitfall 16
}
