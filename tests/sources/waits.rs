//! Waits for one direction or both, and those that are given up.

use std::io::{Read, Write};
use std::rc::Rc;
use std::time::Duration;

use eagain::{Cause, Interest, JoinError, Step, Wait};

use crate::tasks::{
    has_events, is_ready, read_to_end, refuse, returned, task, trying, turn_until_idle, unix_pair,
    until_ready,
};
use crate::{DIRECTIONS, new_loop, spent_pair, wait_once};

#[test]
fn who_waits_for_both_directions_is_told_which_came() {
    let mut event_loop = new_loop();
    let (near, mut far) = spent_pair();
    let waiter = wait_once(&event_loop, &near, Interest::BOTH);
    turn_until_idle(&mut event_loop);
    far.write_all(b"!").expect("a write");
    turn_until_idle(&mut event_loop);
    let cause = returned(&waiter).expect("no error");
    assert!(matches!(cause, Cause::Ready(r) if r.is_readable() && !r.is_writable()), "{cause}");

    assert_eq!(near.try_read(&mut [0; 8]).expect("no error"), Some(1));
    refuse(&near, Interest::READ);
    let waiter = wait_once(&event_loop, &near, Interest::BOTH);
    turn_until_idle(&mut event_loop);
    assert!(!waiter.is_finished());
    while is_ready(&far, Interest::READ, Duration::ZERO) {
        assert_ne!(far.read(&mut [0; 65536]).expect("a read"), 0);
    }
    turn_until_idle(&mut event_loop);
    let cause = returned(&waiter).expect("no error");
    assert!(matches!(cause, Cause::Ready(r) if !r.is_readable() && r.is_writable()), "{cause}");
    assert_eq!(event_loop.counts().reactor.registrations, 1);
}

#[test]
fn who_waits_for_both_directions_is_told_which_is_there_already() {
    let mut event_loop = new_loop();
    let (near, _far) = unix_pair();
    refuse(&near, Interest::READ); // but there is room to write
    let waiter = wait_once(&event_loop, &Rc::new(near), Interest::BOTH);
    turn_until_idle(&mut event_loop);
    let cause = returned(&waiter).expect("no error");
    assert!(matches!(cause, Cause::Ready(r) if !r.is_readable() && r.is_writable()), "{cause}");
}

#[test]
fn who_waited_for_both_directions_waits_for_neither() {
    let mut event_loop = new_loop();
    let (near, mut far) = spent_pair();
    let waiter = wait_once(&event_loop, &near, Interest::BOTH);
    turn_until_idle(&mut event_loop);
    far.write_all(b"!").expect("a write");
    turn_until_idle(&mut event_loop);
    returned(&waiter).expect("no error");
    // Both places are free for others.
    assert_eq!(near.try_read(&mut [0; 8]).expect("no error"), Some(1));
    refuse(&near, Interest::BOTH);
    let others = [Interest::READ, Interest::WRITE].map(|one| wait_once(&event_loop, &near, one));
    turn_until_idle(&mut event_loop);
    near.close().expect("a close");
    turn_until_idle(&mut event_loop);
    for other in others {
        assert_eq!(returned(&other).expect("no error"), Cause::Closed);
    }
}

#[test]
fn a_wait_that_was_asked_for_but_not_yielded_leaves_nothing() {
    for interest in DIRECTIONS {
        for instead in ["another source", "the next turn", "a waker", "an end", "a panic"] {
            let mut event_loop = new_loop();
            let ((asked, mut far), (yielded, _far_yielded)) = (spent_pair(), spent_pair());
            let source = asked.clone();
            let mut turns = 0;
            let fickle = event_loop.spawn(trying(move |cx| {
                turns += 1;
                if turns > 1 {
                    return Ok(Step::Yield(Wait::woken()));
                }
                let _unused = until_ready(cx, &source, interest)?;
                Ok(match instead {
                    "another source" => Step::Yield(cx.readable(&yielded)?),
                    "the next turn" => Step::Yield(Wait::next_turn()),
                    "a waker" => Step::Yield(Wait::woken()),
                    "an end" => Step::Return(()),
                    _ => std::panic::resume_unwind(Box::new("a panic, without a word")),
                })
            }));
            turn_until_idle(&mut event_loop);
            let resumes = event_loop.counts().resumes;
            // Another task can wait there, and gets the edge.
            let waiter = wait_once(&event_loop, &asked, interest);
            turn_until_idle(&mut event_loop);
            assert!(!waiter.is_finished(), "{instead}");
            far.write_all(b"!").expect("a write");
            while is_ready(&far, Interest::READ, Duration::ZERO) {
                assert_ne!(far.read(&mut [0; 65536]).expect("a read"), 0);
            }
            turn_until_idle(&mut event_loop);
            let cause = returned(&waiter).expect("no error");
            assert!(matches!(cause, Cause::Ready(_)), "{instead}: {cause}");
            assert_eq!(event_loop.counts().resumes - resumes, 2, "{instead}: only the waiter");
            drop(fickle);
        }
    }
}

#[test]
fn of_two_waits_that_were_asked_for_the_first_can_be_yielded() {
    let mut event_loop = new_loop();
    let ((first, mut far_first), (second, mut far_second)) = (spent_pair(), spent_pair());
    let (a, b) = (first.clone(), second.clone());
    let mut began = false;
    let fickle = event_loop.spawn(trying(move |cx| {
        if began {
            return Ok(Step::Return(cx.cause()));
        }
        began = true;
        let wait = cx.readable(&a)?;
        let _unused = cx.readable(&b)?;
        Ok(Step::Yield(wait))
    }));
    turn_until_idle(&mut event_loop);
    far_second.write_all(b"!").expect("a write");
    turn_until_idle(&mut event_loop);
    assert!(!fickle.is_finished(), "that is not what it waits for");
    far_first.write_all(b"!").expect("a write");
    turn_until_idle(&mut event_loop);
    assert!(matches!(returned(&fickle), Ok(Cause::Ready(_))));
    // The other edge is there for who asks.
    assert_eq!(second.try_read(&mut [0; 8]).expect("no error"), Some(1));
}

#[test]
fn a_wait_that_is_aborted_leaves_nothing() {
    for interest in DIRECTIONS {
        let mut event_loop = new_loop();
        let (near, mut far) = spent_pair();
        let hour = Duration::from_secs(3600);
        let source = near.clone();
        let doomed = event_loop.spawn(trying(move |cx| {
            let deadline = cx.now() + hour;
            Ok(Step::<()>::Yield(until_ready(cx, &source, interest)?.or_until(deadline)))
        }));
        turn_until_idle(&mut event_loop);
        assert_eq!((event_loop.counts().sources, event_loop.counts().timers), (1, 1));
        doomed.abort();
        assert!(matches!(doomed.take(), Some(Err(JoinError::Cancelled))));
        assert_eq!(event_loop.counts().timers, 0);
        // Its place is free, and the edge that comes belongs to who waits now.
        let waiter = wait_once(&event_loop, &near, interest);
        turn_until_idle(&mut event_loop);
        far.write_all(b"!").expect("a write");
        while is_ready(&far, Interest::READ, Duration::ZERO) {
            assert_ne!(far.read(&mut [0; 65536]).expect("a read"), 0);
        }
        turn_until_idle(&mut event_loop);
        assert!(matches!(returned(&waiter), Ok(Cause::Ready(_))));
        drop(near);
        assert_eq!(event_loop.counts().tasks, 0);
        assert_eq!(event_loop.counts().sources, 0);
    }
}

#[test]
fn a_task_that_is_aborted_closes_its_source() {
    let mut event_loop = new_loop();
    event_loop.spawn(task(|_| Step::<()>::Yield(Wait::woken()))).detach();
    let (near, mut far) = unix_pair();
    let reader = event_loop.spawn(read_to_end(near));
    turn_until_idle(&mut event_loop);
    assert_eq!(event_loop.counts().sources, 1);
    reader.abort();
    assert_eq!(event_loop.counts().sources, 0);
    assert_eq!(far.read(&mut [0; 8]).expect("the end"), 0);
    assert!(!has_events(&mut event_loop));
}

#[test]
fn an_edge_between_the_report_and_the_abort_is_not_lost() {
    let mut event_loop = new_loop();
    let (near, mut far) = spent_pair();
    let doomed = wait_once(&event_loop, &near, Interest::READ);
    turn_until_idle(&mut event_loop);
    far.write_all(b"!").expect("a write");
    // The loop has taken the event, and the task is READY when it is aborted.
    event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    assert!(!doomed.is_finished());
    doomed.abort();
    let reader = {
        let near = near.clone();
        event_loop.spawn(trying(move |cx| match near.try_read(&mut [0; 8])? {
            Some(n) => Ok(Step::Return(n)),
            None => Ok(Step::Yield(cx.readable(&near)?)),
        }))
    };
    turn_until_idle(&mut event_loop);
    assert_eq!(returned(&reader).expect("no error"), 1);
}
