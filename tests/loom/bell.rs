//! The inbox and its bell, which is a counter, a knote or a pipe.

#[path = "../../src/event_loop/inbox/mailbox.rs"]
mod mailbox;
mod primitives {
    pub(super) use std::sync::PoisonError;

    pub(super) use loom::sync::atomic::{AtomicBool, Ordering};
    pub(super) use loom::sync::{Mutex, MutexGuard};
}

use std::convert::Infallible;

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use mailbox::{Mailbox, Once, Posted, Ring};

/// What the kernel does with a ring.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It ends one wait: a counter, or a knote that is triggered. Nothing answers it.
    Edge,
    /// It ends each wait until it was answered: a pipe on `poll` and `select`.
    Level,
    /// It ends one wait, if it was not answered before that: a pipe on epoll and kqueue.
    EdgeOfAPipe,
}

const KINDS: [Kind; 3] = [Kind::Edge, Kind::Level, Kind::EdgeOfAPipe];

/// The kernel's side of a bell.
#[derive(Clone)]
struct Bell {
    kind: Kind,
    rings: Arc<(Mutex<Rings>, Condvar)>,
}

#[derive(Default)]
struct Rings {
    /// What lies in the pipe.
    unanswered: u32,
    /// No wait was ended by it yet.
    edge: bool,
}

impl Bell {
    fn new(kind: Kind) -> Bell {
        Bell { kind, rings: Arc::new((Mutex::new(Rings::default()), Condvar::new())) }
    }

    /// What a sleeping loop does: waits until the kernel has something to tell.
    fn sleep(&self) {
        let (rings, changed) = &*self.rings;
        let mut rings = rings.lock().unwrap();
        while !self.is_told(&rings) {
            rings = changed.wait(rings).unwrap();
        }
        rings.edge = false;
    }

    fn is_told(&self, rings: &Rings) -> bool {
        match self.kind {
            Kind::Edge => rings.edge,
            Kind::Level => rings.unanswered > 0,
            Kind::EdgeOfAPipe => rings.edge && rings.unanswered > 0,
        }
    }
}

impl Ring for Bell {
    type Error = Infallible;

    fn ring(&self) -> Result<(), Infallible> {
        let mut rings = self.rings.0.lock().unwrap();
        rings.unanswered += 1;
        rings.edge = true;
        self.rings.1.notify_one();
        Ok(())
    }

    fn answer(&self) -> Result<(), Infallible> {
        self.rings.0.lock().unwrap().unanswered = 0;
        Ok(())
    }
}

fn mailbox(kind: Kind) -> (Arc<Mailbox<u32, Bell>>, Bell) {
    let bell = Bell::new(kind);
    (Arc::new(Mailbox::new(bell.clone())), bell)
}

/// The model, with a bell of each kind.
fn in_every_order(model: fn(Kind)) {
    for kind in KINDS {
        crate::in_every_order(3, move || model(kind));
    }
}

#[test]
fn pitfall_44_every_letter_is_read() {
    in_every_order(|kind| {
        let (mailbox, bell) = mailbox(kind);
        let writers: Vec<_> = [1, 2]
            .map(|letter| {
                let mailbox = mailbox.clone();
                thread::spawn(move || assert_eq!(mailbox.post(letter), Posted::Sent))
            })
            .into();
        let (mut read, mut rings) = (0, 0);
        while read != 1 + 2 {
            bell.sleep(); // pitfall 44: for ever, if a letter lies there and nobody rang
            let (letters, rung) = mailbox.take().unwrap();
            read += letters.iter().sum::<u32>();
            rings += u32::from(rung);
        }
        assert!((1..=2).contains(&rings));
        writers.into_iter().for_each(|writer| writer.join().unwrap());
    });
}

#[test]
fn pitfall_44_a_busy_reader_that_only_looks_loses_no_letter() {
    in_every_order(|kind| {
        let (mailbox, bell) = mailbox(kind);
        let writer = {
            let mailbox = mailbox.clone();
            thread::spawn(move || {
                assert_eq!(mailbox.post(1), Posted::Sent);
                assert_eq!(mailbox.post(2), Posted::Sent);
            })
        };
        let mut read = 0;
        let mut take = || {
            read += mailbox.take().unwrap().0.iter().sum::<u32>();
            read
        };
        if mailbox.is_rung() {
            take();
        }
        while take() != 1 + 2 {
            bell.sleep(); // pitfall 44
        }
        writer.join().unwrap();
    });
}

#[test]
fn pitfall_45_a_waker_lies_there_once_and_its_last_wake_is_heard() {
    in_every_order(|kind| {
        let (mailbox, bell) = mailbox(kind);
        let (once, said) = (Arc::new(Once::new()), Arc::new(AtomicUsize::new(0)));
        let writer = {
            let (mailbox, once, said) = (mailbox.clone(), once.clone(), said.clone());
            thread::spawn(move || {
                for _ in 0..2 {
                    said.fetch_add(1, Ordering::Relaxed);
                    if once.put() {
                        assert_eq!(mailbox.post(7), Posted::Sent);
                    }
                }
            })
        };
        while said.load(Ordering::Relaxed) < 2 {
            bell.sleep();
            let (letters, _) = mailbox.take().unwrap();
            assert!(letters.len() <= 1); // pitfall 45
            letters.iter().for_each(|_| once.taken());
        }
        writer.join().unwrap();
    });
}

#[test]
fn pitfall_45_two_threads_that_wake_one_task_are_both_heard() {
    in_every_order(|kind| {
        let (mailbox, bell) = mailbox(kind);
        let (once, said) = (Arc::new(Once::new()), Arc::new(AtomicUsize::new(0)));
        let writers: Vec<_> = (0..2)
            .map(|_| {
                let (mailbox, once, said) = (mailbox.clone(), once.clone(), said.clone());
                thread::spawn(move || {
                    said.fetch_add(1, Ordering::Relaxed);
                    if once.put() {
                        assert_eq!(mailbox.post(7), Posted::Sent);
                    }
                })
            })
            .collect();
        while said.load(Ordering::Relaxed) < 2 {
            bell.sleep();
            let (letters, _) = mailbox.take().unwrap();
            letters.iter().for_each(|_| once.taken());
        }
        writers.into_iter().for_each(|writer| writer.join().unwrap());
    });
}

#[test]
fn a_letter_is_read_or_handed_back_when_the_reader_goes() {
    in_every_order(|kind| {
        let (mailbox, _) = mailbox(kind);
        let writers: Vec<_> = [1, 2]
            .map(|letter| {
                let mailbox = mailbox.clone();
                thread::spawn(move || match mailbox.post(letter) {
                    Posted::Sent => 0,
                    Posted::Returned(letter) => letter,
                    Posted::Unheard(never) => match never {},
                })
            })
            .into();
        let (read, _) = mailbox.take().unwrap();
        let (unread, bell) = mailbox.close();
        assert!(bell.is_some());
        let known: u32 = read.iter().chain(&unread).sum();
        let returned = writers.into_iter().map(|writer| writer.join().unwrap()).sum::<u32>();
        assert_eq!(known + returned, 1 + 2);
        assert!(mailbox.take().unwrap().0.is_empty());
    });
}
