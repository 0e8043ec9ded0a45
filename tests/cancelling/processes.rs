//! Futures that wait for a child.

use std::cell::{Cell, RefCell};
use std::process::Stdio;
use std::rc::Rc;

use eagain::process::{Child, ChildStdin, Command};
use eagain::time::Clock;

use crate::case::Case;
use crate::witness::Waiting;

/// A child that ends when its input does.
struct Cat {
    child: RefCell<Option<Child>>,
    stdin: Cell<Option<ChildStdin>>,
}

impl Cat {
    fn start(by_sigchld: bool) -> Cat {
        let mut command = Command::new("cat");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).watch_by_sigchld(by_sigchld);
        let mut child = command.spawn().expect("cat");
        Cat { stdin: Cell::new(child.stdin.take()), child: RefCell::new(Some(child)) }
    }
}

/// A child that is put back when the future that has it is dropped.
struct Lent(Option<Child>, Rc<Cat>);

impl Drop for Lent {
    fn drop(&mut self) {
        self.1.child.replace(self.0.take());
    }
}

fn wait(cat: Rc<Cat>) -> Waiting {
    Box::pin(async move {
        let mut lent = Lent(cat.child.take(), cat);
        let status = lent.0.as_mut().expect("it was there").wait().await;
        assert!(status.expect("its end").success());
    })
}

const CASE: Case<Cat> = Case {
    clock: Clock::Real,
    setup: |_| Cat::start(false),
    wait,
    nudge: |cat| drop(cat.stdin.take()),
    check: |cat| {
        drop(cat.stdin.take());
        wait(cat)
    },
    sources: 1,
    registrations: 1,
    polls: 2,
};

#[test]
fn pitfall_52_wait_for_a_child() {
    CASE.holds(); // pitfall 52
}

#[test]
fn pitfall_52_wait_for_a_child_by_sigchld() {
    // Other tests have children, whose ends may come first: then it is polled once more.
    let case = Case { setup: |_| Cat::start(true), ..CASE };
    case.holds(); // pitfall 52
}
