//! Whose descriptor a number is: numbers that are used again, duplicates, descriptors that others
//! close, two tasks at one of them, and more of them than a wait can report.

#[cfg(target_os = "linux")]
#[path = "descriptors/epoll.rs"]
mod epoll;
#[cfg(target_os = "linux")]
#[path = "tasks/injection.rs"]
mod injection;
#[path = "soak/own_process.rs"]
mod own_process;
mod tasks;

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use eagain::{
    Backend, Builder, Cause, EventLoop, Interest, JoinHandle, LoopError, Source, Step, Wait, errno,
};
use tasks::{
    has_events, pipe, read_to_end, refuse, returned, run, stubborn, task, trying, turn_until,
    turn_until_idle, unix_pair, until_ready, write_all,
};

fn new_loop() -> EventLoop {
    EventLoop::new().expect("a loop")
}

/// A loop that has somebody to wait for, whatever else comes and goes.
fn loop_with_a_sleeper() -> EventLoop {
    let event_loop = new_loop();
    event_loop.spawn(task(|_| Step::<()>::Yield(Wait::woken()))).detach();
    event_loop
}

#[test]
fn pitfall_15_a_number_used_again_gets_nothing_of_its_predecessor() {
    // Numbers are handed out to a whole process.
    if !own_process::entered("pitfall_15_a_number_used_again_gets_nothing_of_its_predecessor") {
        return;
    }
    // Both events in one batch, and in two.
    for capacity in [2, 1] {
        let mut event_loop = Builder::new().event_capacity(capacity).build().expect("a loop");
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
        turn_until_idle(&mut event_loop);
        far_first.write_all(b"first").expect("a write");
        far_second.write_all(b"second").expect("a write");
        turn_until_idle(&mut event_loop);
        let error = returned(&predecessor).expect_err("it was closed");
        assert_eq!(LoopError::of(&error), Some(LoopError::Closed));

        let successor = returned(&successor).expect("no error");
        assert!(!successor.is_finished(), "it was told that there is something to read");
        let mut far_third = far_third.take().expect("it was given");
        far_third.write_all(b"third").expect("a write");
        run(&mut event_loop);
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
    if !own_process::entered("pitfall_17_a_borrowed_number_may_be_closed_and_used_again") {
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
