//! How a loop is to be.

use std::time::Duration;
use std::{env, io};

use eagain_sys::poller::Events;

use crate::event_loop::EventLoop;
use crate::event_loop::budget;
use crate::event_loop::core::Core;
use crate::event_loop::pool::Pool;
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
    trace: Trace,
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
            budget: budget::DEFAULT,
            event_capacity: 1024,
            whole_milliseconds: false,
            trace: Trace::Off,
            offload_threads: 4,
            offload_idle: Duration::from_secs(10),
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

    /// What the loop tells of itself while it runs. Default [`Trace::Off`].
    pub fn trace(mut self, trace: Trace) -> Builder {
        self.trace = trace;
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
        let pool = Pool::new(self.offload_threads, self.offload_idle);
        let core = Core::new(self.budget, self.trace, pool)?;
        if self.whole_milliseconds {
            core.reactor.poller().use_milliseconds();
        }
        Ok(EventLoop::from_parts(core, Events::with_capacity(self.event_capacity)))
    }
}
