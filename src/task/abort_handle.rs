//! Ending a task that somebody else joins.

use std::fmt;
use std::rc::{Rc, Weak};

use crate::event_loop::core::Core;
use crate::event_loop::task::TaskId;

/// Ends a task, without being able to ask what came of it. From
/// [`JoinHandle::abort_handle`](crate::JoinHandle::abort_handle).
///
/// Any number of them may be about; dropping one does nothing. It knows the task by its id, so
/// that one kept for long costs the loop nothing.
///
/// ```
/// # eagain::run(async {
/// let forever = eagain::spawn(std::future::pending::<()>());
/// let end = forever.abort_handle();
/// eagain::spawn(async move { end.abort() }).detach();
/// assert!(forever.await.unwrap_err().is_cancelled());
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct AbortHandle {
    core: Weak<Core>,
    id: TaskId,
}

impl AbortHandle {
    pub(super) fn new(core: &Weak<Core>, id: TaskId) -> AbortHandle {
        AbortHandle { core: core.clone(), id }
    }

    /// Which task it is.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Ends the task where it waits, as [`JoinHandle::abort`](crate::JoinHandle::abort) does.
    /// Nothing happens if it has finished.
    ///
    /// System calls: those of the drops.
    pub fn abort(&self) {
        let Some(core) = self.core.upgrade() else { return };
        if let Some(task) = core.scheduler.task(self.id.0) {
            core.abort(&task);
        }
    }

    /// Whether the task has returned, panicked or been aborted.
    pub fn is_finished(&self) -> bool {
        let known = |core: Rc<Core>| core.scheduler.task(self.id.0);
        self.core.upgrade().and_then(known).is_none_or(|task| task.is_finished())
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AbortHandle({})", self.id)
    }
}
