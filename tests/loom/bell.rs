//! The inbox and its bell.

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

/// The kernel's side of a bell: an edge, which a wait takes.
#[derive(Clone)]
struct Edge(Arc<(Mutex<u32>, Condvar)>);

impl Edge {
    fn new() -> Edge {
        Edge(Arc::new((Mutex::new(0), Condvar::new())))
    }

    /// What a sleeping loop does: waits until somebody has rung since it last waited.
    fn sleep(&self) {
        let mut rings = self.0.0.lock().unwrap();
        while *rings == 0 {
            rings = self.0.1.wait(rings).unwrap();
        }
        *rings = 0;
    }
}

impl Ring for Edge {
    type Error = Infallible;

    fn ring(&self) -> Result<(), Infallible> {
        *self.0.0.lock().unwrap() += 1;
        self.0.1.notify_one();
        Ok(())
    }

    fn answer(&self) -> Result<(), Infallible> {
        Ok(())
    }
}

fn mailbox() -> (Arc<Mailbox<u32, Edge>>, Edge) {
    let edge = Edge::new();
    (Arc::new(Mailbox::new(edge.clone())), edge)
}

#[test]
fn pitfall_44_every_letter_is_read() {
    crate::in_every_order(3, || {
        let (mailbox, edge) = mailbox();
        let writers: Vec<_> = [1, 2]
            .map(|letter| {
                let mailbox = mailbox.clone();
                thread::spawn(move || assert_eq!(mailbox.post(letter), Posted::Sent))
            })
            .into();
        let (mut read, mut rings) = (0, 0);
        while read != 1 + 2 {
            edge.sleep(); // pitfall 44: for ever, if a letter lies there and nobody rang
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
    crate::in_every_order(3, || {
        let (mailbox, edge) = mailbox();
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
            edge.sleep(); // pitfall 44
        }
        writer.join().unwrap();
    });
}

#[test]
fn pitfall_45_a_waker_lies_there_once_and_its_last_wake_is_heard() {
    crate::in_every_order(3, || {
        let (mailbox, edge) = mailbox();
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
            edge.sleep();
            let (letters, _) = mailbox.take().unwrap();
            assert!(letters.len() <= 1); // pitfall 45
            letters.iter().for_each(|_| once.taken());
        }
        writer.join().unwrap();
    });
}

#[test]
fn pitfall_45_two_threads_that_wake_one_task_are_both_heard() {
    crate::in_every_order(3, || {
        let (mailbox, edge) = mailbox();
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
            edge.sleep();
            let (letters, _) = mailbox.take().unwrap();
            letters.iter().for_each(|_| once.taken());
        }
        writers.into_iter().for_each(|writer| writer.join().unwrap());
    });
}

#[test]
fn a_letter_is_read_or_handed_back_when_the_reader_goes() {
    crate::in_every_order(3, || {
        let (mailbox, _edge) = mailbox();
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
