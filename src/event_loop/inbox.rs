//! Wake-ups from other threads: an inbox, and a bell that ends the loop's sleep.
//!
//! The bell is a system call, so it is rung only if it is silent. The order makes it safe: who
//! wakes puts the task into the inbox, *then* looks whether the bell was rung; the loop marks
//! the bell silent, *then* empties the inbox. A task that is put in too late to be found finds
//! the bell silent, and rings it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use eagain_sys::poller::Bell;

use crate::event_loop::scheduler::Scheduler;
use crate::event_loop::slab::Key;
use crate::task::generator::Cause;

pub(crate) struct Inbox {
    open: Mutex<Open>,
    rung: AtomicBool,
    /// Tells the loop's own thread from others.
    scheduler: u64,
}

struct Open {
    woken: Vec<Arc<TaskWaker>>,
    /// `None` when the loop is gone: a waker that outlives it holds no descriptor.
    bell: Option<Bell>,
}

impl Inbox {
    pub(crate) fn new(bell: Bell, scheduler: &Scheduler) -> Inbox {
        Inbox {
            open: Mutex::new(Open { woken: Vec::new(), bell: Some(bell) }),
            rung: AtomicBool::new(false),
            scheduler: scheduler.id,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, waker: Arc<TaskWaker>) {
        let mut open = self.lock();
        if open.bell.is_none() {
            return; // there is nobody to tell
        }
        open.woken.push(waker);
        if !self.rung.swap(true, Ordering::AcqRel) {
            if let Some(Err(e)) = open.bell.as_ref().map(Bell::ring) {
                // The bell is ours and never full: this cannot be, but a wake-up must not be lost
                // in silence.
                eprintln!("eagain: a wake-up from another thread was lost: {e}");
            }
        }
    }

    /// The loop ends: closes the bell, and forgets who was woken.
    pub(crate) fn close(&self) {
        let mut open = self.lock();
        let gone = (open.bell.take(), std::mem::take(&mut open.woken));
        drop(open);
        drop(gone); // a waker's last clone may be here, and its inbox with it
    }

    /// Empties the inbox if the bell was rung, without asking the kernel. The bell's event still
    /// comes, and finds nothing to do.
    #[inline]
    pub(crate) fn look(&self, scheduler: &Scheduler) -> eagain_sys::Result<()> {
        if self.rung.load(Ordering::Acquire) { self.empty(scheduler) } else { Ok(()) }
    }

    /// The bell was heard: moves every task in the inbox to READY.
    #[cold]
    pub(crate) fn empty(&self, scheduler: &Scheduler) -> eagain_sys::Result<()> {
        self.rung.store(false, Ordering::Release);
        let woken = {
            let mut open = self.lock();
            open.bell.as_ref().map_or(Ok(()), Bell::answer)?;
            std::mem::take(&mut open.woken)
        };
        for waker in woken {
            // From here on a wake is a new one.
            // Acquired too: who found it queued already made no other mark of what it had done
            // before, and the task must see that.
            waker.queued.swap(false, Ordering::AcqRel);
            scheduler.wake_key(waker.task(), Cause::Woken);
        }
        Ok(())
    }
}

/// What stands behind a task's [`Waker`].
pub(crate) struct TaskWaker {
    inbox: Arc<Inbox>,
    task: AtomicU64,
    /// It lies in the inbox already.
    queued: AtomicBool,
}

impl TaskWaker {
    pub(crate) fn new(inbox: &Arc<Inbox>, task: Key) -> TaskWaker {
        TaskWaker {
            inbox: inbox.clone(),
            task: AtomicU64::new(task.to_token()),
            queued: AtomicBool::new(false),
        }
    }

    fn task(&self) -> Key {
        Key::from_token(self.task.load(Ordering::Relaxed))
    }

    /// Whether the loop that runs on this thread is the task's own: then it is moved to READY
    /// directly.
    fn wake_here(&self) -> bool {
        Scheduler::with_running(|running| match running {
            Some(scheduler) if scheduler.id == self.inbox.scheduler => {
                scheduler.wake_key(self.task(), Cause::Woken);
                true
            }
            _ => false,
        })
        .unwrap_or(false)
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.wake_here() && !self.queued.swap(true, Ordering::AcqRel) {
            self.inbox.push(self.clone());
        }
    }
}

/// A waker that is lent to one future after another, for as long as none of them keeps it.
/// Most never do: what waits for a source or a timer of this loop is known by its task alone.
pub(crate) struct SpareWaker {
    shared: Arc<TaskWaker>,
    waker: Waker,
}

impl SpareWaker {
    pub(crate) fn new(inbox: &Arc<Inbox>) -> SpareWaker {
        let shared = Arc::new(TaskWaker::new(inbox, Key::NONE));
        SpareWaker { waker: Waker::from(shared.clone()), shared }
    }

    /// The waker of `task`, which is about to be polled.
    pub(crate) fn lend(&self, task: Key) -> &Waker {
        self.shared.task.store(task.to_token(), Ordering::Relaxed);
        &self.waker
    }

    /// Whether a clone is about: then the waker is that task's for good.
    pub(crate) fn was_kept(&self) -> bool {
        Arc::strong_count(&self.shared) > 2
    }

    pub(crate) fn into_waker(self) -> Waker {
        self.waker
    }
}
