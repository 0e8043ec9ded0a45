//! Futures at the ends of pipes.

use std::io;
use std::rc::Rc;

use eagain::EventLoop;
use eagain::pipe::{Receiver, Sender};
use eagain::time::Clock;

use crate::case::Case;
use crate::ends::{Ends, Kept, receiver, sender};
use crate::witness::Waiting;

const fn reading(wait: fn(Rc<Ends<Receiver>>) -> Waiting) -> Case<Ends<Receiver>> {
    Case {
        clock: Clock::Real,
        setup: receiver,
        wait,
        nudge: Ends::say,
        check: |ends| Box::pin(ends.all_is_heard()),
        sources: 1,
        registrations: 1,
        polls: 2,
    }
}

#[test]
fn pitfall_52_read_of_a_pipe() {
    let case = reading(|ends| {
        Box::pin(async move {
            let mut buf = [0; 8];
            let n = ends.near.read(&mut buf).await.expect("a read");
            ends.got.borrow_mut().extend_from_slice(&buf[..n]);
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_exact_of_a_pipe() {
    let case = reading(|ends| {
        Box::pin(async move {
            let mut kept = Kept::new(&ends, vec![0; 8], |ends, read| {
                // No byte that was said is 0.
                ends.got.replace(read.into_iter().take_while(|byte| *byte != 0).collect());
            });
            ends.near.read_exact(&mut kept.buf).await.expect("a read");
        })
    });
    Case { polls: 4, ..case }.holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_to_end_of_a_pipe() {
    let case = reading(|ends| {
        Box::pin(async move {
            let mut kept = Kept::new(&ends, vec![], |ends, read| drop(ends.got.replace(read)));
            ends.near.read_to_end(&mut kept.buf).await.expect("a read");
        })
    });
    Case { polls: 6, ..case }.holds(); // pitfall 52
}

fn full(event_loop: &mut EventLoop) -> Ends<Sender> {
    sender(event_loop).full()
}

const fn writing(wait: fn(Rc<Ends<Sender>>) -> Waiting) -> Case<Ends<Sender>> {
    Case {
        clock: Clock::Real,
        setup: full,
        wait,
        nudge: Ends::hear,
        check: |ends| {
            Box::pin(async move {
                let came = ends.clone().is_in_step(&[7; 100]).await;
                assert_eq!(came, ends.written.get());
            })
        },
        sources: 1,
        registrations: 2, // to read is what a source is first registered for
        polls: 2,
    }
}

#[test]
fn pitfall_52_write_to_a_pipe() {
    let case = writing(|ends| {
        Box::pin(async move {
            let n = ends.near.write(&[7; 100]).await.expect("a write");
            ends.written.set(n);
        })
    });
    case.holds(); // pitfall 52
}

/// No longer than `PIPE_BUF`, so it is written as a whole or not at all.
#[test]
fn pitfall_52_write_all_to_a_pipe() {
    let case = writing(|ends| {
        Box::pin(async move {
            ends.near.write_all(&[7; 100]).await.expect("a write");
            ends.written.set(100);
        })
    });
    case.holds(); // pitfall 52
}

/// A pipe with a name, and who is to read it.
struct Named {
    folder: tempfile::TempDir,
    reader: std::cell::RefCell<Option<Receiver>>,
    nudges: std::cell::Cell<u32>,
}

/// The third time it is nudged, the reader comes.
fn nudge(named: &Named) {
    named.nudges.set(named.nudges.get() + 1);
    if named.nudges.get() == 3 {
        let reader = Receiver::open(named.folder.path().join("pipe"));
        *named.reader.borrow_mut() = Some(reader.expect("a reader"));
    }
}

#[test]
fn pitfall_53_open_to_write() {
    let case = Case {
        clock: Clock::Virtual,
        setup: |_| {
            let folder = tempfile::tempdir().expect("a folder");
            eagain::pipe::make_named(folder.path().join("pipe"), 0o600).expect("a pipe");
            Named { folder, reader: Default::default(), nudges: Default::default() }
        },
        wait: |named| {
            Box::pin(async move {
                Sender::open(named.folder.path().join("pipe")).await.expect("a pipe");
            })
        },
        nudge,
        check: |named| {
            Box::pin(async move {
                (0..3).for_each(|_| nudge(&named));
                let sender = Sender::open(named.folder.path().join("pipe")).await;
                sender.expect("a pipe").write_all(b"!").await.expect("room");
                let mut buf = [0; 8];
                let reader = named.reader.borrow_mut().take().expect("it has come");
                let n: io::Result<usize> = reader.read(&mut buf).await;
                assert_eq!(n.expect("a read"), 1);
            })
        },
        sources: 0,
        registrations: 0,
        polls: 3,
    };
    case.holds(); // pitfall 53
}
