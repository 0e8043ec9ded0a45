//! What a close, a drop or the end of the loop does to a source and to who waits for it.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use eagain::{Cause, Interest, JoinError, LoopError, Source, Step};

use crate::tasks::{
    read_to_end, refuse, returned, run, stubborn, tcp_pair, trying, turn_until_idle, unix_pair,
    until_ready,
};
use crate::{DIRECTIONS, new_loop, refused, spent_pair, wait_once};

#[test]
fn pitfall_18_a_close_wakes_who_waits() {
    for interest in DIRECTIONS {
        let mut event_loop = new_loop();
        let (near, _far) = spent_pair();
        let waiter = wait_once(&event_loop, &near, interest);
        turn_until_idle(&mut event_loop);
        assert!(!waiter.is_finished());
        let closer = event_loop.spawn(trying(move |_| Ok(Step::Return(near.close()?))));
        run(&mut event_loop);
        returned(&closer).expect("no error");
        assert_eq!(returned(&waiter).expect("no error"), Cause::Closed); // pitfall 18
        assert_eq!(event_loop.counts().sources, 0);
    }
}

#[test]
fn pitfall_18_a_close_wakes_reader_and_writer() {
    let mut event_loop = new_loop();
    let (near, mut far) = spent_pair();
    let waiters = [Interest::READ, Interest::WRITE].map(|one| wait_once(&event_loop, &near, one));
    turn_until_idle(&mut event_loop);
    near.close().expect("a close"); // also outside of a task
    run(&mut event_loop);
    for waiter in waiters {
        assert_eq!(returned(&waiter).expect("no error"), Cause::Closed); // pitfall 18
    }
    // It is the kernel's close, too.
    let mut all = Vec::new();
    far.read_to_end(&mut all).expect("the end");
    assert!(all.iter().all(|b| *b == b'x'));
}

#[test]
fn a_close_by_who_has_just_asked_to_wait_is_told_to_it() {
    let mut event_loop = new_loop();
    let (near, _far) = spent_pair();
    let waiter = event_loop.spawn(trying(move |cx| {
        if cx.cause() != Cause::Turn {
            return Ok(Step::Return(cx.cause()));
        }
        let wait = cx.readable(&near)?;
        near.close()?;
        Ok(Step::Yield(wait))
    }));
    turn_until_idle(&mut event_loop);
    assert_eq!(returned(&waiter).expect("no error"), Cause::Closed);
}

#[test]
fn closing_twice_is_fine() {
    let (near, _far) = unix_pair();
    near.close().expect("a close");
    near.close().expect("another close");
}

/// What each use of a source says.
fn uses(source: &Source) -> Vec<(&'static str, Option<LoopError>)> {
    vec![
        ("try_read", refused(source.try_read(&mut [0; 8]))),
        ("try_write", refused(source.try_write(b"!"))),
        ("try_io", refused(source.try_io(Interest::BOTH, |_| Ok(())))),
        ("fd", refused(source.fd().map(drop))),
    ]
}

#[test]
fn each_use_of_a_closed_source_is_an_error() {
    // A fresh one, one that has seen `EAGAIN`, and one that was waited for.
    for history in ["fresh", "spent", "watched"] {
        let mut event_loop = new_loop();
        let (near, _far) = match history {
            "fresh" => (Rc::new(unix_pair().0), None),
            _ => {
                let (near, far) = spent_pair();
                (near, Some(far))
            }
        };
        if history == "watched" {
            stubborn(&event_loop, &near, Interest::BOTH).0.detach();
            turn_until_idle(&mut event_loop);
        }
        near.close().expect("a close");
        for (name, refused) in uses(&near) {
            assert_eq!(refused, Some(LoopError::Closed), "{history}: {name}");
        }
        for interest in DIRECTIONS {
            let source = near.clone();
            let waiter = event_loop.spawn(trying(move |cx| {
                source.try_io(interest, |_| Ok(()))?;
                Ok(Step::<()>::Yield(until_ready(cx, &source, interest)?))
            }));
            turn_until_idle(&mut event_loop);
            assert_eq!(refused(returned(&waiter)), Some(LoopError::Closed), "{history}");
        }
        let near = Rc::into_inner(near).expect("nobody else has it");
        assert_eq!(refused(near.into_owned_fd()), Some(LoopError::Closed), "{history}");
    }
}

#[test]
fn what_is_lent_cannot_be_closed_until_it_is_given_back() {
    let (near, _far) = unix_pair();
    let lent = near.fd().expect("it is open");
    assert_eq!(refused(near.close()), Some(LoopError::Lent));
    drop(lent);
    // Nor from within a call on it.
    let closed = near.try_io(Interest::READ, |_| near.close()).expect_err("it is in use");
    assert_eq!(LoopError::of(&closed), Some(LoopError::Lent));
    near.close().expect("a close");
}

#[test]
fn a_source_that_is_dropped_is_closed() {
    let mut event_loop = new_loop();
    let (near, mut far) = tcp_pair();
    let mut near = Some(near);
    event_loop
        .spawn(trying(move |cx| {
            if let (Some(near), Cause::Turn) = (&near, cx.cause()) {
                refuse(near.as_ref(), Interest::READ);
                return Ok(Step::Yield(cx.readable(near)?));
            }
            near = None;
            Ok(Step::Return(()))
        }))
        .detach();
    turn_until_idle(&mut event_loop);
    assert_eq!(event_loop.counts().sources, 1);
    far.write_all(b"!").expect("a write");
    run(&mut event_loop);
    assert_eq!(event_loop.counts().sources, 0);
    // Data unread: it breaks off.
    let end = far.read(&mut [0; 8]);
    assert!(end.as_ref().is_ok_and(|n| *n == 0) || end.is_err(), "{end:?}");
}

#[test]
fn a_loop_that_goes_closes_the_sources_of_its_tasks() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let reader = event_loop.spawn(read_to_end(near));
    turn_until_idle(&mut event_loop);
    drop(event_loop);
    assert_eq!(far.read(&mut [0; 8]).expect("the end"), 0);
    assert!(matches!(reader.take(), Some(Err(JoinError::Cancelled))));
}

thread_local! {
    static CLOSES: RefCell<Option<Rc<Source>>> = const { RefCell::new(None) };
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// A waker that tries to read where nothing can be read any more.
struct Reads;

impl Wake for Reads {
    fn wake(self: Arc<Self>) {
        let source = CLOSES.take().expect("it is used once");
        let error = source.try_read(&mut [0; 4]).expect_err("it is closed");
        SAID.with_borrow_mut(|said| said.push(format!("{:?}", LoopError::of(&error))));
        assert!(source.close().is_ok());
    }
}

#[test]
fn pitfall_47_a_foreign_waker_may_use_the_source_that_is_being_closed() {
    let mut event_loop = new_loop();
    let (near, _far) = unix_pair();
    let near = Rc::new(near);
    CLOSES.set(Some(near.clone()));
    let run = event_loop.block_on(async {
        let mut readable = pin!(near.readable());
        refuse(&near, Interest::READ);
        let waker = Waker::from(Arc::new(Reads));
        assert!(readable.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        near.close().expect("a close"); // pitfall 47
    });
    run.expect("a run");
    assert_eq!(SAID.take(), ["Some(Closed)"]);
}
