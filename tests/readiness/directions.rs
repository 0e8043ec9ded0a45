//! Reading and writing do not wake each other, but for the end of both.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use eagain::{Cause, EventLoop, Interest, JoinHandle, Source, Step, Wait};
use eagain_sys::{pipe as sys_pipe, socket};

use crate::tasks::{
    self, PATIENCE, believes, has_events, is_ready, read_to_end, refuse, returned, run, stubborn,
    task, tcp_pair, trying, turn_until, turn_until_idle, unix_pair, write_all,
};
use crate::{new_loop, streams};

#[test]
fn pitfall_5_room_to_write_does_not_wake_a_reader() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let (_reader, causes) = stubborn(&event_loop, &near, Interest::READ);
    let writer = event_loop.spawn(write_all(near, 4 << 20));
    let mut buf = vec![0; 1 << 20];
    while !writer.is_finished() {
        turn_until_idle(&mut event_loop);
        while is_ready(&far, Interest::READ, Duration::ZERO) {
            assert_ne!(far.read(&mut buf).expect("a read"), 0); // pitfall 5: room, again and again
        }
    }
    returned(&writer).expect("no error");
    assert_eq!(*causes.borrow(), []);
}

#[test]
fn pitfall_5_data_does_not_wake_a_writer() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let (_reader, read) = stubborn(&event_loop, &near, Interest::READ);
    while near.try_write(&[b'x'; 65536]).expect("a write").is_some() {}
    let (_writer, written) = stubborn(&event_loop, &near, Interest::WRITE);
    turn_until_idle(&mut event_loop);
    let before = written.borrow().len();
    for _ in 0..10 {
        far.write_all(b"!").expect("a write"); // pitfall 5
        turn_until_idle(&mut event_loop);
    }
    assert_eq!((read.borrow().len(), written.borrow().len()), (10, before));
}

/// What a peer can do to a connection on which one task waits to read and another to write.
struct End {
    name: &'static str,
    near: Source,
    far: OwnedFd,
    /// Fill the connection first, so that the writer has to wait for room. Otherwise it only says
    /// so, and who does not believe that has nothing to learn there.
    full: bool,
    /// What it does, and whether it goes on reading.
    deed: fn(OwnedFd) -> Option<File>,
}

fn ends() -> Vec<End> {
    let pipes = || sys_pipe::pipe2().expect("a pipe");
    let unix = || {
        let (near, far) = unix_pair();
        (near, OwnedFd::from(far))
    };
    let tcp = || {
        let (near, far) = tcp_pair();
        (Source::from(near), OwnedFd::from(far))
    };
    let close = |far| {
        drop(far);
        None
    };
    let shut_wr = |far: OwnedFd| {
        socket::shutdown(far.as_fd(), Shutdown::Write).expect("a shutdown");
        Some(File::from(far))
    };
    let shut_both = |far: OwnedFd| {
        socket::shutdown(far.as_fd(), Shutdown::Both).expect("a shutdown");
        Some(File::from(far))
    };
    let reset = |far: OwnedFd| {
        socket::set_linger(far.as_fd(), Some(Duration::ZERO)).expect("an option");
        None
    };
    let end = |name, (near, far), full, deed| End { name, near, far, full, deed };
    let (read, write) = pipes();
    let reading_end = (Source::new(read).expect("a source"), write);
    let (read, write) = pipes();
    let writing_end = (Source::new(write).expect("a source"), read);
    vec![
        end("pipe, the writer closes: HUP alone", reading_end, false, close),
        end("pipe, the reader of a full one closes: ERR alone", writing_end, true, close),
        end("unix, close", unix(), false, close),
        end("unix, close with data unread", unix(), true, close),
        end("unix, SHUT_WR", unix(), true, shut_wr),
        end("unix, SHUT_RDWR", unix(), true, shut_both),
        end("tcp, close", tcp(), false, close),
        end("tcp, close with data unread", tcp(), true, close),
        end("tcp, SHUT_WR", tcp(), true, shut_wr),
        end("tcp, RST", tcp(), false, reset),
        end("tcp, RST with data unread", tcp(), true, reset),
    ]
}

/// Waits for a direction until it is told to stop, and is resumed by the source once more.
fn witness(
    event_loop: &EventLoop,
    source: &Rc<Source>,
    interest: Interest,
    stop: &Rc<Cell<bool>>,
) -> JoinHandle<io::Result<()>> {
    let (source, stop) = (source.clone(), stop.clone());
    event_loop.spawn(trying(move |cx| {
        if stop.get() {
            return Ok(Step::Return(()));
        }
        refuse(&source, interest);
        Ok(Step::Yield(tasks::until_ready(cx, &source, interest)?))
    }))
}

#[test]
fn pitfall_6_every_end_of_a_connection_wakes_both_directions() {
    for End { name, near, far, full, deed } in ends() {
        let is_pipe = name.starts_with("pipe");
        if !full && !is_pipe && !believes() {
            continue;
        }
        let mut event_loop = new_loop();
        let (near, done) = (Rc::new(near), Rc::new(Cell::new(false)));
        // A pipe's end has one direction, and yet can be waited for in both.
        let reader = if is_pipe && full {
            witness(&event_loop, &near, Interest::READ, &done)
        } else {
            let mut reader = read_to_end(near.clone());
            event_loop.spawn(task(move |cx| {
                match eagain::Generator::resume(&mut reader, cx) {
                    Step::Yield(wait) => Step::Yield(wait),
                    Step::Return(_) => Step::Return(Ok(())), // an error is an end, too
                }
            }))
        };
        let writer = if full {
            event_loop.spawn(write_all(near.clone(), 16 << 20))
        } else {
            witness(&event_loop, &near, Interest::WRITE, &done)
        };
        drop(near);
        turn_until_idle(&mut event_loop);
        assert!(!reader.is_finished() && !writer.is_finished(), "{name}: both wait");

        done.set(true);
        let reads_on = deed(far); // pitfall 6
        let sink =
            reads_on.map(|mut far| thread::spawn(move || io::copy(&mut far, &mut io::sink())));
        turn_until(&mut event_loop, || reader.is_finished() && writer.is_finished());
        let waits_for_room = name.ends_with("SHUT_WR") || !full;
        assert_eq!(returned(&writer).is_ok(), waits_for_room, "{name}");
        returned(&reader).unwrap_or_else(|e| panic!("{name}: {e}"));
        if let Some(sink) = sink {
            sink.join().expect("the peer ends").expect("and has read all");
        }
        assert_eq!(event_loop.counts().sources, 0, "{name}");
    }
}

#[test]
fn pitfall_7_a_hang_up_that_nobody_waits_for_is_reported_once() {
    for (name, near, far) in streams() {
        let mut event_loop = new_loop();
        let waker = Rc::new(RefCell::new(None));
        let (given, near) = (waker.clone(), Rc::new(near));
        let (read, mut waited) = (near.clone(), false);
        let sleeper = event_loop.spawn(trying(move |cx| {
            if cx.cause() == Cause::Woken {
                return Ok(Step::Return(read.try_read(&mut [0; 8])?));
            }
            assert!(!waited, "resumed by {}", cx.cause());
            // Registers the source, but then it waits for something else.
            waited = true;
            refuse(&read, Interest::READ);
            let _ = cx.readable(&read)?;
            *given.borrow_mut() = Some(cx.waker());
            Ok(Step::Yield(Wait::woken()))
        }));
        turn_until_idle(&mut event_loop);
        drop(far);
        assert!(is_ready(&*near.fd().expect("it is open"), Interest::READ, PATIENCE), "{name}");
        event_loop.turn(Some(PATIENCE)).expect("a turn");
        assert!(!has_events(&mut event_loop), "{name}: it is reported again and again"); // pitfall 7
        assert_eq!(event_loop.counts().resumes, 1, "{name}");
        // It is not forgotten either.
        waker.borrow_mut().take().expect("the task has given it").wake();
        run(&mut event_loop);
        assert_eq!(returned(&sleeper).expect("no error"), Some(0), "{name}");
    }
}

#[test]
fn pitfall_8_what_was_sent_before_the_end_is_read() {
    for (name, near, mut far) in streams() {
        let mut event_loop = new_loop();
        let reader = event_loop.spawn(read_to_end(near));
        let writer = thread::spawn(move || far.write_all(&[b'x'; 100 * 1024]));
        turn_until(&mut event_loop, || reader.is_finished());
        let got = returned(&reader).expect("no error"); // pitfall 8
        assert_eq!(got.len(), 100 * 1024, "{name}");
        writer.join().expect("the writer ends").expect("and has written all");
    }
}

#[test]
fn pitfall_9_a_writer_that_is_done_leaves_the_loop_idle() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let (_reader, causes) = stubborn(&event_loop, &near, Interest::READ);
    let writer = event_loop.spawn(write_all(near, 1 << 20));
    turn_until_idle(&mut event_loop);
    assert!(!writer.is_finished(), "it had to wait for room");
    let mut left = 1 << 20;
    while left > 0 {
        left -= far.read(&mut [0; 65536]).expect("a read");
        turn_until_idle(&mut event_loop);
    }
    returned(&writer).expect("no error");
    let before = event_loop.counts().resumes;
    for _ in 0..100 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
        assert!(!has_events(&mut event_loop), "there is room to write, and nobody asked"); // pitfall 9
    }
    assert_eq!(event_loop.counts().resumes, before);
    assert_eq!(*causes.borrow(), []);
}

#[test]
fn pitfall_9_who_never_had_to_wait_for_room_is_not_told_of_it() {
    let mut event_loop = new_loop();
    let (near, mut far) = unix_pair();
    let near = Rc::new(near);
    let (_reader, causes) = stubborn(&event_loop, &near, Interest::READ);
    turn_until_idle(&mut event_loop);
    for _ in 0..10 {
        assert_eq!(near.try_write(b"hello").expect("a write"), Some(5));
        far.read_exact(&mut [0; 5]).expect("a read");
        assert!(!has_events(&mut event_loop), "each read of the peer makes room"); // pitfall 9
    }
    assert_eq!(*causes.borrow(), []);
}
