//! How a loop is to be.

use std::ffi::OsStr;
use std::sync::Arc;
use std::time::Duration;
use std::{env, io};

use eagain_sys::poller::Backend;

use crate::error::LoopError;
use crate::event_loop::EventLoop;
use crate::event_loop::blocked::Blocked;
use crate::event_loop::budget;
use crate::event_loop::clock::Clock;
use crate::event_loop::core::Core;
use crate::event_loop::pool::Pool;
use crate::event_loop::watch::{Hook, Rules, Watch};
use crate::trace::Trace;

/// Builds an [`EventLoop`].
///
/// ```
/// let event_loop = eagain::EventLoop::builder().budget(32).event_capacity(64).build()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "there is no loop before `build`"]
pub struct Builder {
    backend: Backend,
    budget: u32,
    event_capacity: usize,
    whole_milliseconds: bool,
    clock: Clock,
    timer_slack: Option<Duration>,
    trace: Trace,
    watching: Rules,
    offload_threads: usize,
    offload_idle: Duration,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder::new()
    }
}

impl Builder {
    /// The defaults.
    pub fn new() -> Builder {
        Builder {
            backend: Backend::default(),
            budget: budget::DEFAULT,
            event_capacity: 1024,
            whole_milliseconds: false,
            clock: Clock::Real,
            timer_slack: None,
            trace: Trace::Off,
            watching: Rules::new(),
            offload_threads: 4,
            offload_idle: Duration::from_secs(10),
        }
    }

    /// What the loop waits with. Default the kernel's own, which is the best wherever it is there:
    /// the cost of the others grows with the number of descriptors that are watched.
    ///
    /// ```
    /// use eagain::{Backend, EventLoop};
    ///
    /// let event_loop = EventLoop::builder().poller(Backend::Poll).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn poller(mut self, backend: Backend) -> Builder {
        self.backend = backend;
        self
    }

    /// How many calls on sources may succeed for a task in one turn before the others run; what it
    /// receives or is granted at once in [`sync`](crate::sync) counts as well.
    /// Default 128, at least 1.
    pub fn budget(mut self, calls: u32) -> Builder {
        self.budget = calls.max(1);
        self
    }

    /// How many events one wait can bring; the kernel keeps the rest for the next. Default
    /// 1024, at least 1.
    pub fn event_capacity(mut self, events: usize) -> Builder {
        self.event_capacity = events.max(1);
        self
    }

    /// Sleeps in whole milliseconds, rounded up, as the loop does by itself where the kernel
    /// has no finer wait (Linux before 5.11). Default off.
    pub fn whole_milliseconds(mut self, on: bool) -> Builder {
        self.whole_milliseconds = on;
        self
    }

    /// Which clock all time on the loop is told by; [`Clock::Virtual`] is for tests, see the
    /// [module `time`](crate::time#a-virtual-clock). Default [`Clock::Real`].
    pub fn clock(mut self, clock: Clock) -> Builder {
        self.clock = clock;
        self
    }

    /// How late the kernel may end a sleep of the loop, so that timers that are due about the same
    /// time share one wake-up: a nanosecond is the most precise, and each tenfold saves work where
    /// timers are many. No timer is ever early. Where the clock is virtual, nothing is late.
    ///
    /// It belongs to the thread: [`run`](EventLoop::run) and [`block_on`](EventLoop::block_on) set
    /// it when they begin and put back what was before when they end.
    /// [`turn`](EventLoop::turn) leaves it alone, since there somebody else's loop sleeps.
    ///
    /// System calls: three `prctl` in each `run`. Default: none, and what the thread has, which is
    /// mostly 50 µs.
    pub fn timer_slack(mut self, slack: Duration) -> Builder {
        self.timer_slack = Some(slack);
        self
    }

    /// What the loop tells of itself while it runs. Default [`Trace::Off`].
    pub fn trace(mut self, trace: Trace) -> Builder {
        self.trace = trace;
        self
    }

    /// What the loop is called: in reports, in its `Debug`, and in what it answers to `SIGUSR1`.
    /// Default nothing.
    pub fn name(mut self, name: impl Into<String>) -> Builder {
        self.watching.name = Some(name.into().into());
        self
    }

    /// Reports every task that runs longer than this in one resume, and so keeps all others
    /// waiting; `None`: no task. The future that `block_on` runs is watched, too. What a task
    /// drops when it ends counts by itself; what one drops that another task aborts, as part of
    /// that other one's resume.
    ///
    /// The report is a line on standard error, written when the task gives way at last:
    /// [`on_blocked`](Builder::on_blocked) puts something else in its place. Of a task that never
    /// does, [`answer_sigusr1`](Builder::answer_sigusr1) tells.
    ///
    /// Default 100 ms in debug builds, `None` in release builds. While it is on, the clock is
    /// read twice a resume, and twice at a task's end (real time, whatever clock the timers are
    /// on); off, it costs nothing.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let builder = eagain::EventLoop::builder().report_blocking(Duration::from_millis(10));
    /// # builder.build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn report_blocking(mut self, threshold: impl Into<Option<Duration>>) -> Builder {
        self.watching.threshold = threshold.into();
        self
    }

    /// Calls this, on the loop's thread, with what is to be reported by
    /// [`report_blocking`](Builder::report_blocking), instead of writing it to standard error. It
    /// may spawn tasks. If it panics, the panic hook tells, and the loop goes on.
    ///
    /// It is `Send` and `Sync` because a builder may make loops on many threads.
    ///
    /// ```
    /// let builder = eagain::EventLoop::builder().on_blocked(|blocked| {
    ///     println!("{} took {:?}", blocked.id, blocked.duration);
    /// });
    /// # builder.build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_blocked(mut self, hook: impl Fn(&Blocked) + Send + Sync + 'static) -> Builder {
        self.watching.hook = Some(Hook(Arc::new(hook)));
        self
    }

    /// Lets a loop that hangs be asked what it does: `kill -USR1` makes the process write a line
    /// for each loop that has opted in, with its thread and its name, the task that runs, for how
    /// long and where it was spawned, or that the loop sleeps in the kernel:
    ///
    /// ```text
    /// eagain: thread 4711 "web" runs task 3 for 12.044 s, spawned at src/main.rs:40:16
    /// ```
    ///
    /// Whatever the thread does, it answers: the line is written by the signal's handler, which
    /// takes no lock and no memory. Default off. On, the clock is read once a resume and once a
    /// turn.
    ///
    /// Beside this, only [`signal`](crate::signal) touches a signal's disposition, and both only if
    /// a program asks for it: the first such loop of a process installs the handler (with `SA_RESTART`), for the
    /// rest of the process's life, also when the loop is gone. A handler that was there before is
    /// called after ours; without one, `SIGUSR1` no longer ends the process. Who installs another
    /// one later puts ours out of work.
    ///
    /// System calls: one `gettid` for each loop, two `rt_sigaction` for the first.
    pub fn answer_sigusr1(mut self, on: bool) -> Builder {
        self.watching.answers = on;
        self
    }

    /// How many threads [`offload`](crate::offload) may start for this loop; what comes when all
    /// are busy waits its turn. Default 4, at least 1.
    pub fn offload_threads(mut self, threads: usize) -> Builder {
        self.offload_threads = threads.max(1);
        self
    }

    /// How long such a thread stays without work before it ends. Default 10 seconds.
    pub fn offload_idle(mut self, time: Duration) -> Builder {
        self.offload_idle = time;
        self
    }

    /// Sets what the environment asks for. The library reads the environment here and nowhere
    /// else.
    ///
    /// * `EAGAIN_POLLER`: [`poller`](Builder::poller); `epoll`, `kqueue`, `poll` or `select`.
    /// * `EAGAIN_TRACE`: [`trace`](Builder::trace); `turns`, `strace` or `off`.
    /// * `EAGAIN_BLOCKED_MS`: [`report_blocking`](Builder::report_blocking); a number of
    ///   milliseconds, 0 is off.
    ///
    /// # Errors
    /// A value that is not one of these.
    pub fn from_env(mut self) -> io::Result<Builder> {
        if let Some(value) = env::var_os("EAGAIN_POLLER") {
            self.backend = match value.to_str().map(str::parse) {
                Some(Ok(backend)) => backend,
                _ if value.is_empty() => Backend::default(),
                _ => return Err(not_so("EAGAIN_POLLER", &value, "epoll, kqueue, poll or select")),
            };
        }
        if let Some(value) = env::var_os("EAGAIN_TRACE") {
            self.trace = match value.to_str() {
                Some("turns") => Trace::Turns,
                Some("strace") => Trace::Strace,
                Some("off" | "") => Trace::Off,
                _ => return Err(not_so("EAGAIN_TRACE", &value, "turns, strace or off")),
            };
        }
        if let Some(value) = env::var_os("EAGAIN_BLOCKED_MS") {
            let millis = match value.to_str().map(str::parse) {
                Some(Ok(millis)) => millis,
                _ if value.is_empty() => 0,
                _ => {
                    let allowed = "a number of milliseconds, 0 for off";
                    return Err(not_so("EAGAIN_BLOCKED_MS", &value, allowed));
                }
            };
            self.watching.threshold = (millis > 0).then(|| Duration::from_millis(millis));
        }
        Ok(self)
    }

    /// Makes the loop.
    ///
    /// System calls: as [`EventLoop`] says, and those of
    /// [`answer_sigusr1`](Builder::answer_sigusr1) if it is on.
    ///
    /// # Errors
    /// As [`EventLoop::new`]. [`LoopError::NoSuchPoller`]. [`LoopError::TooManyAnswer`](crate::LoopError::TooManyAnswer): 64
    /// loops of the process answer `SIGUSR1` already.
    pub fn build(self) -> io::Result<EventLoop> {
        let watch = Watch::new(self.watching)?;
        let pool = Pool::new(self.offload_threads, self.offload_idle);
        if !self.backend.is_available() {
            return Err(LoopError::NoSuchPoller { poller: self.backend }.into());
        }
        let core = Core::new(self.backend, self.budget, self.trace, self.clock, watch, pool)?;
        if self.whole_milliseconds {
            core.reactor.poller().use_milliseconds();
        }
        let events = core.reactor.poller().events(self.event_capacity);
        Ok(EventLoop::from_parts(core, events, self.timer_slack))
    }
}

/// A variable of the environment has a value that it cannot have.
fn not_so(variable: &str, value: &OsStr, allowed: &str) -> io::Error {
    let message = format!("{variable} is {value:?}; it can be {allowed}");
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
