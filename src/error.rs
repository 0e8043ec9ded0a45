//! What only the loop can get wrong. Errors of the kernel are plain `std::io::Error`s.

use std::io;
use std::panic::Location;

use eagain_sys::errno;
use eagain_sys::poller::Backend;
use eagain_sys::select::FD_SETSIZE;

use crate::event_loop::task::TaskId;

/// A mistake in the use of the loop, with what to do about it.
///
/// Methods that return `std::io::Result` carry it inside: [`LoopError::of`] finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoopError {
    /// An event loop was run or turned by a task of a loop on this thread.
    #[error(
        "an event loop is already running on this thread; spawn a task on it instead of running another one"
    )]
    Nested,
    /// A second task, or another future of the same one, wants to wait for the same direction of a
    /// stream.
    #[error(
        "{first} is already waiting to {direction} here; {second} must not: let one task do it, or take turns"
    )]
    SecondWaiter {
        /// Who waits; it goes on waiting.
        first: TaskId,
        /// Who is refused.
        second: TaskId,
        /// "read" or "write".
        direction: &'static str,
    },
    /// A source that is registered with one loop was waited for on another.
    #[error(
        "this belongs to another event loop; await it there (a source can move, as an OwnedFd: `into_owned_fd`)"
    )]
    OtherLoop,
    /// The loop that the source was registered with, or that the task ran on, is gone.
    #[error("the event loop is gone; keep it alive for as long as its tasks and sources are used")]
    LoopGone,
    /// A future of this library was polled on a thread where no event loop runs.
    #[error(
        "no event loop runs on this thread; run the future on one (`eagain::run`, `EventLoop::block_on` or `spawn`)"
    )]
    NoLoop,
    /// The clock of a loop was to be moved, and is the real one.
    #[error(
        "this loop's clock is the real one, which nobody moves; build the loop with `Clock::Virtual`"
    )]
    RealClock,
    /// The source was closed, by this task or another one.
    #[error("this source was closed; whoever closed it should end the tasks that use it first")]
    Closed,
    /// A loop is to answer `SIGUSR1`, and as many as can be do already.
    #[error(
        "{most} event loops of this process answer SIGUSR1 already; let this one do without (`answer_sigusr1`)"
    )]
    TooManyAnswer {
        /// How many can be.
        most: usize,
    },
    /// A loop was to wait with something that this kernel does not have.
    #[error("this kernel has no {poller}; it has {}, poll and select", Backend::NATIVE)]
    NoSuchPoller {
        /// What it was to wait with.
        poller: Backend,
    },
    /// A loop waits with `select`, and the number of a descriptor is too high for that.
    #[error(
        "descriptor {fd} is too high for select, which ends before {limit}; let the loop wait with {} (`Builder::poller`), or open fewer",
        Backend::NATIVE
    )]
    BeyondSelect {
        /// Its number.
        fd: i32,
        /// `FD_SETSIZE`: the first that is too high.
        limit: usize,
    },
    /// The process was forked, and this is the child: the loop is its parent's, and so are the
    /// kernel's lists of what the loop waits for.
    #[error(
        "this process was forked, and the event loop is its parent's; make another one here, or fork before there is one"
    )]
    Forked,
    /// The loop was stopped before the future that it ran was ready.
    #[error("the event loop was stopped before the future was ready; run it again, or drop it")]
    Stopped,
    /// The kernel can wait for such a descriptor in general, but its poller refuses this one: on
    /// macOS a terminal that was opened under the name `/dev/tty`; a poller that is to wait for
    /// itself.
    #[error(
        "the kernel's poller refuses to watch this descriptor (EINVAL); open a terminal by the name that `tty` tells, not as /dev/tty, or read it by `offload`"
    )]
    CannotBePolled,
    /// The descriptor is lent out at this moment, so it cannot be closed.
    #[error("the descriptor is borrowed at this moment; drop the borrow before closing")]
    Lent,
}

/// Ends a future that was polled where no loop, or another one, runs. The panic's own place is where it was polled,
/// which may be in whatever joined it with others; the words tell where it was made.
#[cold]
#[track_caller]
pub(crate) fn refuse(why: LoopError, made: &Location<'_>) -> ! {
    panic!("{why} (made at {made})")
}

impl LoopError {
    /// What the poller said when it was to watch a descriptor.
    pub(crate) fn of_watching(e: eagain_sys::Error) -> io::Error {
        match e.fd() {
            Some(fd) if e.is_beyond_select() => {
                LoopError::BeyondSelect { fd, limit: FD_SETSIZE }.into()
            }
            _ if e.errno() == errno::EINVAL => LoopError::CannotBePolled.into(),
            _ => e.into(),
        }
    }

    /// The mistake behind an I/O error, if it is one.
    ///
    /// ```
    /// use eagain::{LoopError, Source};
    /// # use std::io;
    /// let source = Source::new(std::os::unix::net::UnixStream::pair()?.0)?;
    /// source.close()?;
    /// let error = source.try_read(&mut [0; 16]).unwrap_err();
    /// assert_eq!(LoopError::of(&error), Some(LoopError::Closed));
    /// # Ok::<(), io::Error>(())
    /// ```
    pub fn of(error: &io::Error) -> Option<LoopError> {
        error.get_ref()?.downcast_ref::<LoopError>().copied()
    }
}

impl From<LoopError> for io::Error {
    fn from(e: LoopError) -> io::Error {
        let kind = match e {
            LoopError::Closed | LoopError::LoopGone | LoopError::Forked => {
                io::ErrorKind::NotConnected
            }
            LoopError::SecondWaiter { .. } | LoopError::Lent | LoopError::TooManyAnswer { .. } => {
                io::ErrorKind::ResourceBusy
            }
            LoopError::NoSuchPoller { .. }
            | LoopError::BeyondSelect { .. }
            | LoopError::CannotBePolled => io::ErrorKind::Unsupported,
            LoopError::Stopped => io::ErrorKind::Other, // not `Interrupted`: that asks for more
            LoopError::Nested | LoopError::OtherLoop | LoopError::NoLoop | LoopError::RealClock => {
                io::ErrorKind::InvalidInput
            }
        };
        io::Error::new(kind, e)
    }
}
