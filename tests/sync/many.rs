//! 100,000 waits that were cancelled leave nothing. Were it quadratic, these would not end.

use std::rc::Rc;

use eagain::sync::{CancellationToken, Notify, Semaphore, mpsc};

use crate::polled::Probe;

const MANY: usize = 100_000;

/// Lets them all wait, then drops them: the even ones from the front, the others from the back.
fn wait_and_cancel<F: Future + Unpin>(probe: &Probe, wait: impl Fn() -> F) {
    let mut waits: Vec<Option<F>> = (0..MANY).map(|_| Some(wait())).collect();
    for wait in waits.iter_mut().flatten() {
        assert!(probe.poll(wait).is_pending());
    }
    assert_eq!(probe.kept(), MANY);
    waits.iter_mut().step_by(2).for_each(|wait| *wait = None);
    waits.iter_mut().rev().for_each(|wait| *wait = None);
    assert_eq!((probe.kept(), probe.wakes()), (0, 0));
}

#[test]
fn pitfall_53_cancelled_acquires() {
    let (semaphore, probe) = (Semaphore::new(0), Probe::new());
    wait_and_cancel(&probe, || semaphore.acquire());
    semaphore.add_permits(1);
    assert!(semaphore.try_acquire().is_ok());
}

#[test]
fn pitfall_53_cancelled_sends() {
    let ((sender, mut receiver), probe) = (mpsc::channel(1), Probe::new());
    sender.try_send(0).expect("room");
    wait_and_cancel(&probe, || sender.send(1));
    assert_eq!((receiver.try_recv(), sender.try_send(2)), (Ok(0), Ok(())));
}

#[test]
fn pitfall_53_cancelled_closed() {
    let ((sender, _receiver), probe) = (mpsc::unbounded::<u8>(), Probe::new());
    wait_and_cancel(&probe, || sender.closed());
}

#[test]
fn pitfall_53_cancelled_notified() {
    let (notify, probe) = (Notify::new(), Probe::new());
    wait_and_cancel(&probe, || notify.notified());
    notify.notify_one();
    assert!(probe.poll(&mut notify.notified()).is_ready());
}

#[test]
fn pitfall_53_cancelled_waits_for_a_cancellation() {
    let (token, probe) = (CancellationToken::new(), Probe::new());
    wait_and_cancel(&probe, || token.cancelled());
}

#[test]
fn pitfall_54_a_permit_passes_through_100_000_who_go_at_the_moment_it_is_granted() {
    let (semaphore, probe) = (Rc::new(Semaphore::new(0)), Probe::new());
    let mut waits: Vec<_> = (0..MANY).map(|_| semaphore.acquire()).collect();
    for wait in &mut waits {
        assert!(probe.poll(wait).is_pending());
    }
    semaphore.add_permits(1);
    drop(waits); // in the order of the line: each passes it on to the next
    assert_eq!((probe.wakes(), semaphore.available_permits()), (MANY, 1));
}
