//! What can be done with a source besides reading and writing: closing it, moving it, waiting for
//! both directions, and not waiting after all.

mod tasks;

use std::cell::RefCell;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use eagain::net::TcpStream;
use eagain::{Cause, EventLoop, Interest, JoinError, JoinHandle, LoopError, Source, Step, Wait};
use tasks::{
    has_events, is_ready, read_to_end, refuse, returned, run, stubborn, task, tcp_pair, trying,
    turn_until, turn_until_idle, unix_pair, until_ready, write_all,
};

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
