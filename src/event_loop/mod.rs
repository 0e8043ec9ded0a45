//! The loop itself: who runs next, and why. The turn of the loop is the function `turn` below.
//!
//! | file | what |
//! |---|---|
//! | `core`, `closing` | the parts together: how one task is resumed and ended; and all of them |
//! | `park` | how a task begins to wait, and what is taken back after it |
//! | `scheduler`, `ready` | what becomes of tasks; which run next |
//! | `task`, `table` | what is known of a task; all of them |
//! | `reactor`, `io` | which sources are watched, and who waits for them; what is known of one |
//! | `timers`, `moment`, `deadlines` | when it is time; how long the loop may sleep |
//! | `counts` | what the loop has done |
//! | `current` | which loop runs on this thread |
//! | `slack` | how late a sleep may end |
//! | `clock`, `virtual_time` | what time it is; how it passes where it is not real |
//! | `inbox`, `mail` | letters from other threads: wake, call, stop; what is done about them |
//! | `pool` | threads for work that blocks |
//! | `root` | the future that the loop was asked to run |
//! | `watch`, `blocked` | how long tasks take, and what is told of one that takes too long |
//! | `polling` | what futures need on top |

mod blocked;
pub(crate) mod budget;
mod builder;
pub(crate) mod clock;
mod closing;
pub(crate) mod core;
mod counts;
mod current;
mod deadlines;
pub(crate) mod inbox;
pub(crate) mod io;
mod mail;
pub(crate) mod moment;
mod park;
mod polling;
pub(crate) mod pool;
pub(crate) mod reactor;
mod ready;
mod root;
mod scheduler;
pub(crate) mod slab;
mod slack;
mod table;
pub(crate) mod task;
mod timers;
pub(crate) mod virtual_time;
pub(crate) mod waiter;
mod watch;

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::Location;
use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use eagain_sys::poller::{Backend, Batch, Events};

use crate::error::LoopError;
pub use crate::event_loop::blocked::Blocked;
pub use crate::event_loop::builder::Builder;
use crate::event_loop::core::Core;
pub use crate::event_loop::counts::Counts;
pub use crate::event_loop::reactor::ReactorCounts;
use crate::event_loop::root::Root;
pub use crate::event_loop::root::run;
use crate::event_loop::slack::Slack;
use crate::event_loop::task::Task;
pub use crate::event_loop::task::TaskId;
use crate::task::body::Spawn;
use crate::task::generator::Place;
use crate::task::join::JoinHandle;
use crate::task::listing::TaskInfo;

/// An event loop: runs tasks on one thread, each until it has to wait, and sleeps in the
/// kernel when none can run.
///
/// Dropping it drops its tasks, and what these spawn when they are dropped. Sources that outlive it
/// can no longer be waited for.
///
/// System calls: `epoll_create1`, `eventfd2` and one `epoll_ctl` to make one, two `close` to
/// drop it.
///
/// ```
/// use eagain::{Context, EventLoop, Generator, Step};
///
/// struct Hello;
///
/// impl Generator for Hello {
///     type Return = ();
///     fn resume(&mut self, cx: &mut Context<'_>) -> Step<()> {
///         println!("{} says hello", cx.id());
///         Step::Return(())
///     }
/// }
///
/// let mut event_loop = EventLoop::new()?;
/// event_loop.spawn(Hello).detach();
/// event_loop.run()?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct EventLoop {
    pub(crate) core: Rc<Core>,
    events: Events,
    /// Room for the tasks of a turn.
    running: Vec<Rc<Task>>,
    timer_slack: Option<Duration>,
}

impl EventLoop {
    /// A loop with the defaults of [`Builder`].
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`, `ENOMEM`: out of descriptors (it needs two) or memory.
    pub fn new() -> std::io::Result<EventLoop> {
        Builder::new().build()
    }

    /// Chooses how the loop is to be.
    pub fn builder() -> Builder {
        Builder::new()
    }

    fn from_parts(core: Core, events: Events, timer_slack: Option<Duration>) -> EventLoop {
        let core = Rc::new(core);
        core.settle();
        EventLoop { core, events, running: Vec::new(), timer_slack }
    }

    /// Adds a task, a [`Generator`](crate::Generator) or a future; it first runs in the next
    /// turn. A panic in it ends the task alone; [`JoinError`](crate::JoinError) has more.
    #[track_caller]
    pub fn spawn<Kind, T: Spawn<Kind>>(&self, task: T) -> JoinHandle<T::Output> {
        self.core.spawn(task, Location::caller())
    }

    /// Turns the loop until every task has finished, or until [`Handle::stop`](crate::Handle::stop)
    /// ends it before that: then the tasks stay, and go on when the loop is run again. What they
    /// returned is for their handles to tell; the errors here are the loop's own.
    ///
    /// System calls: those of [`turn`](EventLoop::turn), and of
    /// [`Builder::timer_slack`] if it was set.
    ///
    /// # Errors
    /// [`LoopError::Nested`] inside a task. [`LoopError::Forked`]: this process is a child of the
    /// one that made the loop. What the kernel says when it cannot wait.
    pub fn run(&mut self) -> std::io::Result<()> {
        let _entered = self.core.begin()?;
        let _slack = Slack::set(self.timer_slack)?;
        let EventLoop { core, running, events, .. } = self;
        let never = || false;
        core.read_if_rung()?; // what came while the loop did not run
        match events {
            Events::Native(events) if !core.is_observed() => {
                while !core.stopped.get() && turn::<false, _>(core, running, events, None, never)? {
                }
            }
            _ => {
                while !core.stopped.get() && turn::<true, _>(core, running, events, None, never)? {}
            }
        }
        core.stopped.set(false);
        Ok(())
    }

    /// Turns the loop until `future` is ready, and returns what came of it. The other tasks stay
    /// on the loop: run it again, or drop it and them. The future may borrow from the caller; a
    /// panic in it is the caller's.
    ///
    /// System calls: as [`run`](EventLoop::run).
    ///
    /// # Errors
    /// As [`run`](EventLoop::run). [`LoopError::Stopped`]: [`Handle::stop`](crate::Handle::stop)
    /// came before the future was ready; it is dropped.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let mut event_loop = eagain::EventLoop::new()?;
    /// let count = event_loop.block_on(async {
    ///     eagain::time::sleep(Duration::from_millis(1)).await;
    ///     3
    /// })?;
    /// assert_eq!(count, 3);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&mut self, future: F) -> std::io::Result<F::Output> {
        self.block_on_at(future, Location::caller())
    }

    fn block_on_at<F: Future>(&mut self, future: F, at: Place) -> std::io::Result<F::Output> {
        let _entered = self.core.begin()?;
        let _slack = Slack::set(self.timer_slack)?;
        let EventLoop { core, running, events, .. } = self;
        let future = pin!(future);
        core.read_if_rung()?; // what came while the loop did not run
        let mut root = Root::new(core, future, at);
        let done = match events {
            Events::Native(events) if !core.is_observed() => {
                turn_until_done::<false, F, _>(core, running, events, &mut root)
            }
            _ => turn_until_done::<true, F, _>(core, running, events, &mut root),
        }?;
        core.stopped.set(false);
        done.ok_or(LoopError::Stopped.into())
    }

    /// Turns the loop once, and sleeps no longer than `limit` (`None`: until something
    /// happens; zero: not at all). For a loop inside a foreign one: call it when the descriptor
    /// of [`AsFd`] is readable, and at [`next_deadline`](EventLoop::next_deadline); and every now
    /// and then if its poller does not [tell by a descriptor](Backend::tells_by_descriptor). The thread's
    /// timer slack stays as it is, whatever [`Builder::timer_slack`] says.
    ///
    /// System calls: those of the tasks and, unless the last task ends or no source is registered
    /// and a task is READY, one wait: `epoll_wait`, or `epoll_pwait2` where it may last for some
    /// time but not for ever.
    ///
    /// # Errors
    /// As [`run`](EventLoop::run).
    ///
    /// ```
    /// let mut event_loop = eagain::EventLoop::new()?;
    /// let task = event_loop.spawn(async { 42 });
    /// while !task.is_finished() {
    ///     // ... what the other loop does ...
    ///     event_loop.turn(Some(std::time::Duration::ZERO))?;
    /// }
    /// assert_eq!(task.take().unwrap()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn turn(&mut self, limit: Option<Duration>) -> std::io::Result<()> {
        let _entered = self.core.begin()?;
        let EventLoop { core, running, events, .. } = self;
        if core.scheduler.live() == 0 {
            // Nobody waits, but what arrives is taken note of, or our descriptor stays readable.
            // What was aborted while it was READY is nothing to come back for at once.
            core.scheduler.ready.take_all(running);
            running.clear();
            core.reactor.wait(events, Some(Duration::ZERO))?;
            core.dispatch(events)?;
        } else {
            match events {
                Events::Native(events) if !core.is_observed() => {
                    turn::<false, _>(core, running, events, limit, || false)?
                }
                _ => turn::<true, _>(core, running, events, limit, || false)?,
            };
        }
        Ok(())
    }

    /// When the loop has to be turned at the latest: now, if a task is READY; `None`, if only
    /// an event can give it something to do. On the loop's own clock.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.core.next_deadline()
    }

    /// What it waits with: what [`Builder::poller`] chose.
    ///
    /// ```
    /// let event_loop = eagain::EventLoop::new()?;
    /// assert!(event_loop.poller().is_available());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn poller(&self) -> Backend {
        self.core.reactor.poller().backend()
    }

    /// What time it is on the loop, see [`time::now`](crate::time::now).
    pub fn now(&self) -> Instant {
        self.core.now()
    }

    /// All tasks, with what each does and waits for.
    ///
    /// ```
    /// let event_loop = eagain::EventLoop::new()?;
    /// event_loop.spawn(std::future::pending::<()>()).named("idler").detach();
    /// for task in event_loop.tasks() {
    ///     println!("{task}"); // task 0 "idler" READY since turn 0 (src/main.rs:40:16)
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn tasks(&self) -> Vec<TaskInfo> {
        TaskInfo::of_all(&self.core)
    }

    /// What the loop has done so far.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.core)
    }
}

/// One turn of the loop. False if there is no reason for another one: no task is left, or what
/// the loop was run for is `done`.
#[inline(always)]
fn turn<const OBSERVED: bool, B: Batch>(
    core: &Rc<Core>,
    running: &mut Vec<Rc<Task>>,
    events: &mut B,
    limit: Option<Duration>,
    mut done: impl FnMut() -> bool,
) -> std::io::Result<bool> {
    // 1. Run the tasks that are READY now, each until it yields or returns. One that is READY
    //    again at once waits for the next turn.
    core.run_ready::<OBSERVED>(running);
    if done() {
        return Ok(false);
    }
    if !core.scheduler.ready.is_empty() {
        if core.reactor.sources() == 0 {
            return core.go_on_alone(); // busy, and nothing to ask the kernel about
        }
    } else if core.scheduler.live() == 0 {
        // Nobody is left to wait for anything, unless another thread has just sent somebody.
        core.read_if_rung()?;
        return Ok(core.scheduler.live() > 0);
    }

    // 2. Work out how long to sleep: not at all, until the earliest deadline, or until something
    //    happens.
    let timeout = core.timeout::<OBSERVED>(limit);

    // 3. Wait for events, once, also when busy: nobody may starve those who wait.
    core.wait::<OBSERVED, B>(events, timeout)?;

    // 4. Move to READY: tasks whose source is ready, whose waker another thread used, whose
    //    deadline has passed.
    core.dispatch(events)?;
    if OBSERVED {
        core.pass_time(events.is_empty(), limit);
    }
    core.wake_due();
    Ok(true)
}

/// Turns the loop until the future that it runs is ready. `None` if it was stopped first.
#[inline(always)]
fn turn_until_done<const OBSERVED: bool, F: Future, B: Batch>(
    core: &Rc<Core>,
    running: &mut Vec<Rc<Task>>,
    events: &mut B,
    root: &mut Root<'_, F>,
) -> std::io::Result<Option<F::Output>> {
    while !core.stopped.get() {
        turn::<OBSERVED, B>(core, running, events, None, || root.advance::<OBSERVED>())?;
        if let Some(output) = root.take() {
            return Ok(Some(output));
        }
    }
    Ok(None)
}

impl AsFd for EventLoop {
    /// The poller's own descriptor: readable when a turn would find events. `poll` and `select`
    /// have none, so there it is the bell's: readable when another thread has something for the
    /// loop, while what happens to a source is found by the next turn alone.
    /// [`Backend::tells_by_descriptor`] says which it is.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.core.reactor.poller().as_fd()
    }
}

impl Drop for EventLoop {
    fn drop(&mut self) {
        // What tasks own may use the loop while it is dropped. On a
        // thread whose loop runs, that loop stays in charge of wake-ups.
        let _entered = self.core.enter();
        self.core.close();
    }
}

impl fmt::Debug for EventLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("EventLoop");
        if let Some(name) = self.core.watch.name() {
            shown.field("name", &name);
        }
        shown.field("tasks", &self.tasks()).finish_non_exhaustive()
    }
}
