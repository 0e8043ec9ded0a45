//! A loop, seen from other threads.

use std::fmt;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

use crate::error::LoopError;
use crate::event_loop::EventLoop;
use crate::event_loop::core::Core;
use crate::event_loop::inbox::Inbox;
use crate::thread::remote::{self, RemoteJoinHandle};

/// A loop, seen from any thread: spawns tasks on it, and stops it. It does not keep the loop
/// alive, and holds no descriptor once that is gone.
///
/// System calls: each of its methods makes one `write` if the loop's bell is silent. While the
/// loop is awake, or has been rung already, they make none.
///
/// ```
/// use eagain::{EventLoop, Handle};
///
/// let mut event_loop = EventLoop::new()?;
/// let handle = event_loop.handle();
/// let other = std::thread::spawn(move || {
///     // What is made on the loop's thread need not be `Send`.
///     let sum = handle.spawn(|| async {
///         let shared = std::rc::Rc::new(20);
///         eagain::yield_now().await;
///         *shared + 1
///     });
///     let sum = sum.join().unwrap();
///     handle.stop();
///     sum
/// });
/// // A task that would run for ever: the loop returns when it is stopped.
/// event_loop.spawn(std::future::pending::<()>()).detach();
/// event_loop.run()?;
/// assert_eq!(other.join().unwrap(), 21);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Handle {
    inbox: Arc<Inbox>,
}

impl Handle {
    /// Of the loop that runs on this thread: for tasks.
    ///
    /// # Errors
    /// [`LoopError::NoLoop`]: none does.
    ///
    /// ```
    /// use eagain::{EventLoop, Handle, LoopError};
    ///
    /// assert_eq!(Handle::current().unwrap_err(), LoopError::NoLoop);
    /// let mut event_loop = EventLoop::new()?;
    /// event_loop.spawn(async { Handle::current().unwrap().stop() }).detach();
    /// event_loop.run()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn current() -> Result<Handle, LoopError> {
        Core::with_current(Handle::of).ok_or(LoopError::NoLoop)
    }

    fn of(core: &Rc<Core>) -> Handle {
        Handle { inbox: core.inbox.clone() }
    }

    /// Spawns a task on the loop. `make` is called there, by the task when it first runs; the
    /// future that it makes never leaves that thread, so only `make` and what comes of the task are
    /// `Send`. For a future that is `Send` itself, `make` is `move || future`.
    ///
    /// If the loop is gone, or goes before it has read of it, `make` is dropped, and the handle
    /// gives [`JoinError::Cancelled`](crate::JoinError::Cancelled). A loop that does not run at
    /// the moment makes the task when it does.
    #[track_caller]
    pub fn spawn<M, F>(&self, make: M) -> RemoteJoinHandle<F::Output>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output: Send + 'static> + 'static,
    {
        remote::spawn(&self.inbox, make, Location::caller())
    }

    /// Lets the loop's [`run`](EventLoop::run) return after the turn it is in, and its
    /// [`block_on`](EventLoop::block_on) too, with [`LoopError::Stopped`] if the future was not
    /// ready. Tasks stay as they are: they go on when the loop is run again, and are dropped with
    /// it.
    ///
    /// A loop that does not run is stopped at the beginning of its next run, which returns before
    /// a task has run. [`turn`](EventLoop::turn) is not stopped; what comes meanwhile is for the
    /// next run as well. However often it is asked for before the loop has heard it, it is one
    /// stop. Once the loop is gone, this does nothing.
    pub fn stop(&self) {
        self.inbox.stop();
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle(of loop {})", self.inbox.scheduler)
    }
}

impl EventLoop {
    /// The loop, for other threads: as [`Handle::current`].
    ///
    /// System calls: none.
    pub fn handle(&self) -> Handle {
        Handle::of(&self.core)
    }
}
