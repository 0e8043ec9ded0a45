//! Children whose owner is gone: somebody has to ask how they ended, or they stay as zombies.
//!
//! No task waits for them, since a loop would not end before its tasks. The loop is given a waker
//! instead, which asks about all of them.

use std::cell::RefCell;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

use crate::event_loop::waiter::Ticket;
use crate::process::ended::Process;

thread_local! {
    /// Those of this thread: a loop of it is to say when it is worth asking.
    static HERE: RefCell<Vec<Orphan>> = const { RefCell::new(Vec::new()) };
}

/// Those of threads that are gone.
static LEFT: Mutex<Vec<process::Child>> = Mutex::new(Vec::new());

/// A process without an owner.
struct Orphan {
    process: Option<Process>,
    /// Where it waits for news.
    ticket: Ticket,
}

impl Orphan {
    /// True if it is still to be asked about.
    fn is_there(&mut self) -> bool {
        let Some(process) = &mut self.process else { return false };
        let there = process.is_there_and_tells(&Waker::from(Arc::new(Again)), &mut self.ticket);
        if !there {
            self.process = None;
        }
        there
    }
}

impl Drop for Orphan {
    /// Its thread has come to its end.
    fn drop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        if matches!(process.try_wait(), Ok(None)) {
            LEFT.lock().unwrap_or_else(PoisonError::into_inner).push(process.into_std());
        }
    }
}

/// What the loop wakes when a child has ended.
struct Again;

impl Wake for Again {
    fn wake(self: Arc<Again>) {
        look_after();
    }
}

/// Takes over a process that may not have ended.
pub(super) fn adopt(process: Process) {
    let orphan = Orphan { process: Some(process), ticket: Ticket::NONE };
    // While the thread is torn down it is left.
    let _ = HERE.try_with(|here| here.borrow_mut().push(orphan));
    look_after();
}

/// Asks about all that may have ended.
pub(super) fn look_after() {
    // Nothing is borrowed meanwhile: to let one go wakes whoever waits for it, which is this again.
    let mut here = HERE.try_with(RefCell::take).unwrap_or_default();
    here.retain_mut(Orphan::is_there);
    let _ = HERE.try_with(|others| others.borrow_mut().append(&mut here));
    if let Ok(mut left) = LEFT.try_lock() {
        left.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }
}
