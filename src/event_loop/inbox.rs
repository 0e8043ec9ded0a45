//! Letters from other threads: wake this task, call that function, stop. None is lost, and most
//! of them cost no system call; `mailbox` says why.

mod mailbox;
mod primitives;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Wake, Waker};

use eagain_sys::poller::Bell;

use self::mailbox::{Mailbox, Once, Posted, Ring};
use crate::event_loop::scheduler::Scheduler;
use crate::event_loop::slab::Key;
use crate::stderr;
use crate::task::generator::Cause;

/// What other threads have to say to a loop.
pub(crate) enum Letter {
    /// A task is to run.
    Wake(Arc<TaskWaker>),
    /// Something is to be done on the loop's thread.
    Call(Box<dyn FnOnce() + Send>),
    /// The loop is to return from `run`.
    Stop,
    /// A thread of the loop's pool has done a piece of work.
    WorkDone,
}

impl Ring for Bell {
    type Error = eagain_sys::Error;

    fn ring(&self) -> eagain_sys::Result<()> {
        Bell::ring(self)
    }

    fn answer(&self) -> eagain_sys::Result<()> {
        Bell::answer(self)
    }
}

pub(crate) struct Inbox {
    mailbox: Mailbox<Letter, Bell>,
    /// Once is enough.
    stop: Once,
    /// Tells the loop's own thread from others.
    pub(crate) scheduler: u64,
}

impl Inbox {
    pub(crate) fn new(bell: Bell, scheduler: &Scheduler) -> Inbox {
        Inbox { mailbox: Mailbox::new(bell), stop: Once::new(), scheduler: scheduler.id }
    }

    /// From any thread. When the loop is gone the letter is dropped, with nothing locked.
    pub(crate) fn post(&self, letter: Letter) {
        match self.mailbox.post(letter) {
            Posted::Sent => {}
            Posted::Returned(unread) => drop(unread),
            // The bell is ours and never full: this cannot be, but a wake-up must not be lost
            // in silence.
            Posted::Unheard(e) => {
                stderr::tell(format_args!("a wake-up from another thread was lost: {e}"));
            }
        }
    }

    /// Asks the loop to stop, from any thread.
    pub(crate) fn stop(&self) {
        if self.stop.put() {
            self.post(Letter::Stop);
        }
    }

    /// The loop knows that it is to stop.
    pub(crate) fn stop_taken(&self) {
        self.stop.taken();
    }

    /// Whether there may be letters, without asking the kernel.
    #[inline]
    pub(crate) fn is_rung(&self) -> bool {
        self.mailbox.is_rung()
    }

    /// All letters, and whether the bell was rung for them.
    pub(crate) fn take(&self) -> eagain_sys::Result<(Vec<Letter>, bool)> {
        self.mailbox.take()
    }

    /// The loop ends. Whoever wrote what was not read learns it when that is dropped: now. The
    /// bell is closed by the caller.
    pub(crate) fn close(&self) -> (Vec<Letter>, Option<Bell>) {
        self.mailbox.close()
    }
}

/// What stands behind a task's [`Waker`].
pub(crate) struct TaskWaker {
    inbox: Arc<Inbox>,
    task: AtomicU64,
    /// It lies in the inbox once at most.
    queued: Once,
}

impl TaskWaker {
    pub(crate) fn new(inbox: &Arc<Inbox>, task: Key) -> TaskWaker {
        TaskWaker {
            inbox: inbox.clone(),
            task: AtomicU64::new(task.to_token()),
            queued: Once::new(),
        }
    }

    fn task(&self) -> Key {
        Key::from_token(self.task.load(Ordering::Relaxed))
    }

    /// Whom the letter is about. From here on a wake is a new one.
    pub(crate) fn taken(&self) -> Key {
        self.queued.taken();
        self.task()
    }

    /// Whether the loop that runs on this thread is the task's own: then it is moved to READY
    /// directly.
    #[inline(always)]
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
        if !self.wake_here() && self.queued.put() {
            self.inbox.post(Letter::Wake(self.clone()));
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
