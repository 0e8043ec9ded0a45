//! How a loop is to be.

use std::time::Duration;
use std::{env, io};

use eagain_sys::poller::Events;

use crate::event_loop::EventLoop;
use crate::event_loop::budget;
use crate::event_loop::clock::Clock;
use crate::event_loop::core::Core;
use crate::trace::Trace;

/// Builds an [`EventLoop`].
///
/// ```
/// let event_loop = eagain::EventLoop::builder().budget(32).event_capacity(64).build()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    budget: u32,
    event_capacity: usize,
    whole_milliseconds: bool,
    clock: Clock,
    timer_slack: Option<Duration>,
    trace: Trace,
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
            budget: budget::DEFAULT,
            event_capacity: 1024,
            whole_milliseconds: false,
            clock: Clock::Real,
            timer_slack: None,
            trace: Trace::Off,
        }
    }

    /// How many calls on sources may succeed for a task in one turn before the others run.
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

    /// Sets what the environment asks for: `EAGAIN_TRACE` is `turns`, `strace` or `off`. The
    /// library reads the environment here and nowhere else.
    ///
    /// # Errors
    /// A value that is not one of these.
    pub fn from_env(mut self) -> io::Result<Builder> {
        if let Some(value) = env::var_os("EAGAIN_TRACE") {
            self.trace = match value.to_str() {
                Some("turns") => Trace::Turns,
                Some("strace") => Trace::Strace,
                Some("off" | "") => Trace::Off,
                _ => {
                    let message =
                        format!("EAGAIN_TRACE is {value:?}; it can be turns, strace or off");
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
                }
            };
        }
        Ok(self)
    }

    /// Makes the loop.
    ///
    /// # Errors
    /// As [`EventLoop::new`].
    pub fn build(self) -> io::Result<EventLoop> {
        let core = Core::new(self.budget, self.trace, self.clock)?;
        if self.whole_milliseconds {
            core.reactor.poller().use_milliseconds();
        }
        let events = Events::with_capacity(self.event_capacity);
        Ok(EventLoop::from_parts(core, events, self.timer_slack))
    }
}
