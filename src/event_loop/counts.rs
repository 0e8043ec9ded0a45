//! What a loop has done.

use crate::event_loop::core::Core;
use crate::event_loop::reactor::ReactorCounts;

/// What a loop has done, and what it holds now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Turns (modulo 2^32). Each waits once (`epoll_wait` or its like), but for the one that ends
    /// the last task.
    pub turns: u64,
    /// How often a task was resumed.
    pub resumes: u64,
    /// How often the loop found its bell rung by another thread. To ring it is one `write`; most
    /// of what other threads send comes while it is rung.
    pub bells: u64,
    /// Tasks that have not finished.
    pub tasks: usize,
    /// Sources registered with the kernel.
    pub sources: usize,
    /// Timers set.
    pub timers: usize,
    /// Work handed to other threads ([`offload`](crate::offload)) of which nothing was heard yet.
    pub offloads: usize,
    /// What went through the reactor.
    pub reactor: ReactorCounts,
}

impl Counts {
    pub(super) fn of(core: &Core) -> Counts {
        let Core { scheduler, reactor, timers, .. } = core;
        Counts {
            turns: core.turn.get().into(),
            resumes: scheduler.resumed.get(),
            bells: core.bells.get(),
            tasks: scheduler.live(),
            sources: reactor.sources(),
            timers: timers.borrow().len(),
            offloads: core.pool.pending(),
            reactor: reactor.counts(),
        }
    }
}
