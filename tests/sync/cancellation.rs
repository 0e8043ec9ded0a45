//! Cancellation tokens: what is cancelled with what.

use std::future::pending;
use std::rc::Rc;
use std::task::Poll;

use eagain::spawn;
use eagain::sync::CancellationToken;

use crate::polled::Probe;
use crate::run;

#[test]
fn cancelling_wakes_all_who_wait() {
    run(async {
        let token = CancellationToken::new();
        let other = token.clone();
        spawn(async move { other.cancel() }).detach();
        token.cancelled().await;
        assert!(token.is_cancelled());
        token.cancelled().await;
        token.cancelled_owned().await;
    });
}

#[test]
fn a_token_cancels_its_children_and_not_its_parent() {
    let root = CancellationToken::new();
    let (child, sibling) = (root.child_token(), root.child_token());
    let grandchild = child.child_token();
    child.cancel();
    assert!(child.is_cancelled() && grandchild.is_cancelled());
    assert!(!root.is_cancelled() && !sibling.is_cancelled());
    root.cancel();
    assert!(sibling.is_cancelled());
    assert!(root.child_token().is_cancelled(), "a child of a cancelled one is, from birth");
}

#[test]
fn a_grandchild_is_cancelled_though_its_parent_was_dropped() {
    let root = CancellationToken::new();
    let grandchild = root.child_token().child_token();
    let probe = Probe::new();
    let mut cancelled = grandchild.cancelled();
    assert!(probe.poll(&mut cancelled).is_pending());
    root.cancel();
    assert_eq!(probe.wakes(), 1);
    assert!(probe.poll(&mut cancelled).is_ready());
}

#[test]
fn nobody_is_woken_before_all_are_marked() {
    let root = CancellationToken::new();
    let child = root.child_token();
    let seen = Rc::new(std::cell::Cell::new(None));
    let (seen_there, child_there) = (seen.clone(), child.clone());
    let mut cancelled = root.cancelled();
    let waker = crate::polled::calling(move || seen_there.set(Some(child_there.is_cancelled())));
    assert!(crate::polled::poll_and_leave(&mut cancelled, waker).is_pending());
    root.cancel();
    assert_eq!(seen.get(), Some(true));
}

#[test]
fn pitfall_53_100_000_children_that_were_dropped_leave_nothing() {
    // pitfall 53. Were leaving linear, it would not end.
    let root = CancellationToken::new();
    let mut children: Vec<_> = (0..100_000).map(|_| Some(root.child_token())).collect();
    children.iter_mut().step_by(2).for_each(|child| *child = None);
    children.iter_mut().rev().for_each(|child| *child = None);
    let last = root.child_token();
    root.cancel();
    assert!(last.is_cancelled());
}

#[test]
fn a_branch_of_100_000_generations_is_cancelled_and_dropped() {
    let root = CancellationToken::new();
    let mut leaf = root.clone();
    for _ in 0..100_000 {
        leaf = leaf.child_token();
    }
    let other = (0..100_000).fold(root.clone(), |token, _| token.child_token());
    drop(leaf);
    root.cancel();
    assert!(other.is_cancelled());
}

#[test]
fn run_until_cancelled_returns_what_the_future_does() {
    let value = run(async { CancellationToken::new().run_until_cancelled(async { 5 }).await });
    assert_eq!(value, Some(5));
}

#[test]
fn run_until_cancelled_drops_the_future_where_it_waits() {
    run(async {
        let (token, alive) = (CancellationToken::new(), Rc::new(()));
        let (held, canceller) = (alive.clone(), token.clone());
        spawn(async move { canceller.cancel() }).detach();
        let work = async move {
            pending::<()>().await;
            drop(held);
        };
        assert_eq!(token.run_until_cancelled(work).await, None);
        assert_eq!(Rc::strong_count(&alive), 1);
    });
}

#[test]
fn a_cancelled_token_does_not_poll_the_future_at_all() {
    run(async {
        let token = CancellationToken::new();
        token.cancel();
        let polled = token.run_until_cancelled(async { panic!("polled") }).await;
        assert_eq!(polled, None::<()>);
    });
}

#[test]
fn a_drop_guard_cancels_unless_it_is_disarmed() {
    let token = CancellationToken::new();
    let kept = token.clone().drop_guard().disarm();
    assert!(!kept.is_cancelled());
    drop(kept.drop_guard());
    assert!(token.is_cancelled());
}

#[test]
fn a_wait_for_a_child_leaves_its_waker_nowhere() {
    let (root, probe) = (CancellationToken::new(), Probe::new());
    let child = root.child_token();
    let mut cancelled = Box::pin(child.clone().cancelled_owned());
    assert!(probe.poll(&mut cancelled).is_pending());
    drop(child);
    assert_eq!(probe.kept(), 1);
    root.cancel();
    assert_eq!((probe.wakes(), probe.kept()), (1, 0));
    assert_eq!(probe.poll(&mut cancelled), Poll::Ready(()));
}
