//! Who may wait for a source, and what its registrations cost.

use std::cell::{Cell, RefCell};
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use eagain::{Builder, Cause, Interest, LoopError, Step};

use crate::new_loop;
use crate::tasks::{
    self, pipe, read_to_end, refuse, returned, run, stubborn, trying, turn_until, turn_until_idle,
    unix_pair, until_ready, write_all,
};

#[test]
fn pitfall_20_a_second_waiter_is_refused_and_told_who_was_first() {
    for (interest, direction) in [(Interest::READ, "read"), (Interest::WRITE, "write")] {
        let mut event_loop = new_loop();
        let (near, mut far) = unix_pair();
        while near.try_write(&[b'x'; 65536]).expect("a write").is_some() {}
        let near = Rc::new(near);
        let waiter = || {
            let near = near.clone();
            trying(move |cx| {
                if matches!(cx.cause(), Cause::Ready(_)) {
                    return Ok(Step::Return(()));
                }
                refuse(&near, interest);
                Ok(Step::Yield(until_ready(cx, &near, interest)?))
            })
        };
        let first = event_loop.spawn(waiter());
        turn_until_idle(&mut event_loop);
        for both in [false, true] {
            let second = if both {
                let near = near.clone();
                event_loop.spawn(trying(move |cx| {
                    refuse(&near, Interest::BOTH);
                    Ok(Step::Yield(cx.readable_or_writable(&near)?))
                }))
            } else {
                event_loop.spawn(waiter())
            };
            turn_until_idle(&mut event_loop);
            let (first, id) = (first.id(), second.id());
            let error = returned(&second).expect_err("somebody waits there");
            let expected = LoopError::SecondWaiter { first, second: id, direction };
            assert_eq!(LoopError::of(&error), Some(expected)); // pitfall 20
            assert!(error.to_string().contains(&first.to_string()), "{error}");
        }
        // The first one is unharmed.
        assert!(!first.is_finished());
        far.write_all(b"!").expect("a write");
        while tasks::is_ready(&far, Interest::READ, Duration::ZERO) {
            assert_ne!(far.read(&mut [0; 65536]).expect("a read"), 0);
        }
        run(&mut event_loop);
        returned(&first).expect("no error");
    }
}

#[test]
fn pitfall_20_a_reader_and_a_writer_share_a_source() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let reader = event_loop.spawn(read_to_end(near.clone()));
    let writer = event_loop.spawn(write_all(near, 1 << 20));
    let mut sends = far.try_clone().expect("a duplicate");
    let sender = thread::spawn(move || {
        sends.write_all(&vec![b'x'; 1 << 20])?;
        sends.shutdown(Shutdown::Write)
    });
    let receiver = thread::spawn(move || io::copy(&mut far, &mut io::sink()));
    turn_until(&mut event_loop, || reader.is_finished() && writer.is_finished()); // pitfall 20
    assert_eq!(returned(&reader).expect("no error").len(), 1 << 20);
    returned(&writer).expect("no error");
    sender.join().expect("it ends").expect("no error");
    assert_eq!(receiver.join().expect("it ends").expect("no error"), 1 << 20);
}

#[test]
fn pitfall_21_a_source_is_registered_once_for_life() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let echo = event_loop.spawn(trying(move |cx| {
        let mut buf = [0; 64];
        loop {
            match near.try_read(&mut buf)? {
                Some(0) => return Ok(Step::Return(())),
                Some(n) => assert_eq!(near.try_write(&buf[..n])?, Some(n)),
                None => return Ok(Step::Yield(cx.readable(&near)?)),
            }
        }
    }));
    for _ in 0..100 {
        turn_until_idle(&mut event_loop);
        far.write_all(b"hello").expect("a write");
        turn_until_idle(&mut event_loop);
        far.read_exact(&mut [0; 5]).expect("the answer");
    }
    drop(far);
    run(&mut event_loop);
    returned(&echo).expect("no error");
    assert_eq!(event_loop.counts().reactor.registrations, 1); // pitfall 21
}

#[test]
fn pitfall_21_a_source_that_blocks_on_writing_is_registered_twice() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let (_reader, causes) = stubborn(&event_loop, &near, Interest::READ);
    turn_until_idle(&mut event_loop);
    let mut blocked = 0;
    let writer = event_loop.spawn(write_all(near, 4 << 20));
    turn_until_idle(&mut event_loop);
    while !writer.is_finished() {
        blocked += 1;
        while tasks::is_ready(&far, Interest::READ, Duration::ZERO) {
            assert_ne!(far.read(&mut [0; 65536]).expect("a read"), 0);
        }
        turn_until_idle(&mut event_loop);
    }
    assert!(blocked > 1, "it had to wait more than once");
    assert_eq!(*causes.borrow(), []);
    assert_eq!(event_loop.counts().reactor.registrations, 2); // pitfall 21
}

#[test]
fn pitfall_22_a_small_batch_serves_everybody_in_turn() {
    const SOURCES: usize = 100;
    for capacity in [0, 1, 7, 64, SOURCES] {
        let mut event_loop = Builder::new().event_capacity(capacity).build().expect("a loop");
        let served = Rc::new(RefCell::new(vec![0; SOURCES]));
        let mut writers = Vec::new();
        for i in 0..SOURCES {
            let (read, write) = pipe();
            writers.push(write);
            let served = served.clone();
            event_loop
                .spawn(trying::<()>(move |cx| {
                    while read.try_read(&mut [0; 8])?.is_some() {
                        served.borrow_mut()[i] += 1;
                    }
                    Ok(Step::Yield(cx.readable(&read)?))
                }))
                .detach();
        }
        turn_until_idle(&mut event_loop);
        for lap in 1..=3 {
            for write in &writers {
                assert_eq!(write.try_write(b"!").expect("a write"), Some(1));
            }
            // A turn learns of so many, the next one serves them.
            for _ in 0..SOURCES.div_ceil(capacity.max(1)) + 1 {
                event_loop.turn(Some(Duration::ZERO)).expect("a turn");
            }
            assert_eq!(*served.borrow(), [lap; SOURCES], "{capacity} at a time"); // pitfall 22
        }
    }
}

#[test]
fn pitfall_22_a_busy_source_does_not_hide_the_others() {
    let mut event_loop = Builder::new().event_capacity(1).build().expect("a loop");
    let (busy, always) = pipe();
    let busy = Rc::new(busy);
    let resumes = Rc::new(Cell::new(0));
    let counted = resumes.clone();
    // It is ready again whenever it waits.
    event_loop
        .spawn(trying::<()>(move |cx| {
            counted.set(counted.get() + 1);
            while busy.try_read(&mut [0; 64])?.is_some() {}
            let wait = cx.readable(&busy)?;
            always.try_write(b"!")?;
            Ok(Step::Yield(wait))
        }))
        .detach();
    let (near, mut far) = unix_pair();
    let reader = event_loop.spawn(trying(move |cx| match near.try_read(&mut [0; 8])? {
        Some(n) => Ok(Step::Return(n)),
        None => Ok(Step::Yield(cx.readable(&near)?)),
    }));
    for _ in 0..10 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    }
    far.write_all(b"hello").expect("a write");
    let before = resumes.get();
    turn_until(&mut event_loop, || reader.is_finished());
    assert!(resumes.get() - before <= 10, "{} laps without it", resumes.get() - before); // pitfall 22
}
