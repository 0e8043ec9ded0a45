//! Futures that wait for a signal. Each test has one of its own: they are the whole process's.

use std::cell::RefCell;
use std::rc::Rc;

use eagain::signal::{Signal, SignalKind, ctrl_c, signal};
use eagain::time::Clock;
use eagain_sys::process::kill;

use crate::case::Case;

/// Who listens, while nobody waits. Another one keeps the signal from doing harm.
struct Ears {
    kind: SignalKind,
    signal: RefCell<Option<Signal>>,
    other: RefCell<Signal>,
}

impl Ears {
    fn new(kind: SignalKind) -> Ears {
        let listen = || signal(kind).expect("a listener");
        Ears { kind, signal: RefCell::new(Some(listen())), other: RefCell::new(listen()) }
    }

    fn send(&self) {
        kill(std::process::id(), self.kind.as_raw_value()).expect("a signal");
        // The kernel may give it to another thread, which takes its time: not until it was heard
        // may the last listener go.
        while self.other.borrow_mut().try_recv().expect("no error").is_none() {
            std::thread::yield_now();
        }
    }
}

/// A listener that is put back when the future that has it is dropped.
struct Lent(Option<Signal>, Rc<Ears>);

impl Drop for Lent {
    fn drop(&mut self) {
        self.1.signal.replace(self.0.take());
    }
}

async fn recv(ears: Rc<Ears>) {
    let mut lent = Lent(ears.signal.take(), ears);
    lent.0.as_mut().expect("it was there").recv().await.expect("no error");
}

#[test]
fn pitfall_52_recv_of_a_signal() {
    let case = Case {
        clock: Clock::Real,
        setup: |_| Ears::new(SignalKind::window_change()),
        wait: |ears| Box::pin(recv(ears)),
        nudge: Ears::send,
        check: |ears| {
            ears.send();
            Box::pin(recv(ears))
        },
        sources: 1,
        registrations: 1,
        polls: 2,
    };
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_53_ctrl_c() {
    let case = Case {
        clock: Clock::Real,
        setup: |_| Ears::new(SignalKind::interrupt()),
        wait: |_| Box::pin(async { ctrl_c().await.expect("no error") }),
        nudge: Ears::send,
        check: |ears| {
            ears.send();
            Box::pin(recv(ears))
        },
        sources: 1,
        registrations: 2,
        polls: 2,
    };
    case.holds(); // pitfall 53
}
