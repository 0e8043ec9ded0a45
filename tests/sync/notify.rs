//! Notifications: who hears which, and that none is lost.

use std::cell::RefCell;
use std::rc::Rc;

use eagain::sync::Notify;
use eagain::{spawn, yield_now};

use crate::polled::Probe;
use crate::run;

#[test]
fn notify_one_wakes_the_one_that_waits_longest() {
    let order = run(async {
        let notify = Rc::new(Notify::new());
        let order = Rc::new(RefCell::new(Vec::new()));
        for n in 0..3 {
            let (notify, order) = (notify.clone(), order.clone());
            spawn(async move {
                notify.notified().await;
                order.borrow_mut().push(n);
            })
            .detach();
        }
        yield_now().await;
        for n in 0..3 {
            notify.notify_one();
            yield_now().await;
            yield_now().await;
            assert_eq!(order.borrow().len(), n + 1);
        }
        order.take()
    });
    assert_eq!(order, [0, 1, 2]);
}

#[test]
fn one_permit_is_stored_while_nobody_waits() {
    let (notify, probe) = (Notify::new(), Probe::new());
    notify.notify_one();
    notify.notify_one();
    assert!(probe.poll(&mut notify.notified()).is_ready());
    assert!(probe.poll(&mut notify.notified()).is_pending());
}

#[test]
fn notify_waiters_wakes_all_who_wait_and_stores_nothing() {
    let (notify, probe) = (Notify::new(), Probe::new());
    let mut waits: Vec<_> = (0..3).map(|_| notify.notified()).collect();
    for wait in &mut waits {
        assert!(probe.poll(wait).is_pending());
    }
    notify.notify_waiters();
    assert_eq!((probe.wakes(), probe.kept()), (3, 0));
    assert!(waits.iter_mut().all(|wait| probe.poll(wait).is_ready()));
    assert!(probe.poll(&mut notify.notified()).is_pending());
}

#[test]
fn notify_waiters_is_heard_by_a_future_that_was_not_polled_yet() {
    let (notify, probe) = (Notify::new(), Probe::new());
    let mut before = notify.notified();
    notify.notify_waiters();
    assert!(probe.poll(&mut before).is_ready());
    assert!(probe.poll(&mut before).is_ready(), "and stays so");
}

#[test]
fn enable_stands_in_line_without_a_poll() {
    let (notify, probe) = (Notify::new(), Probe::new());
    let mut first = notify.notified();
    assert!(!first.enable());
    let mut second = notify.notified();
    assert!(probe.poll(&mut second).is_pending());
    notify.notify_one();
    assert!(first.enable());
    assert_eq!(probe.wakes(), 0);
    assert!(probe.poll(&mut first).is_ready());
}

#[test]
fn enable_takes_a_stored_permit() {
    let (notify, probe) = (Notify::new(), Probe::new());
    notify.notify_one();
    let mut wait = notify.notified();
    assert!(wait.enable());
    assert!(probe.poll(&mut notify.notified()).is_pending());
    assert!(probe.poll(&mut wait).is_ready());
}

#[test]
fn pitfall_54_an_enabled_future_that_is_dropped_passes_its_notification_on() {
    // pitfall 54
    let (notify, probe) = (Notify::new(), Probe::new());
    let mut dropped = notify.notified();
    dropped.enable();
    let mut next = notify.notified();
    assert!(probe.poll(&mut next).is_pending());
    notify.notify_one();
    drop(dropped);
    assert_eq!(probe.wakes(), 1);
    assert!(probe.poll(&mut next).is_ready());
}

#[test]
fn a_dropped_future_that_heard_notify_waiters_passes_nothing_on() {
    let (notify, probe) = (Notify::new(), Probe::new());
    let mut dropped = notify.notified();
    assert!(probe.poll(&mut dropped).is_pending());
    notify.notify_waiters();
    drop(dropped);
    assert!(probe.poll(&mut notify.notified()).is_pending());
}
