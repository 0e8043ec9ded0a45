//! Reading the loop's clock, and holding or moving it where it is virtual.

use std::fmt;
use std::time::{Duration, Instant};

use crate::error::LoopError;
use crate::event_loop::clock::{self, Held};
use crate::event_loop::core::Core;

/// What time it is for the loop that runs on this thread: what its sleeps and timeouts go by. Where
/// no loop runs, it is [`Instant::now`].
///
/// System calls: none; the vDSO answers.
///
/// ```
/// let begin = eagain::time::now();
/// assert!(begin <= std::time::Instant::now());
/// ```
pub fn now() -> Instant {
    clock::now()
}

/// Holds a [virtual clock](super#a-virtual-clock) still for as long as the answer lives: while
/// the loop waits for somebody that it does not know to be at work. Where the clock is real, it
/// does nothing.
///
/// What is due already still fires, and [`advance`](super::advance) still moves the clock. A loop
/// whose time is held and whose tasks all sleep waits for ever. The [module](super#a-virtual-clock)
/// has an example.
///
/// # Panics
/// If no event loop runs on this thread.
#[track_caller]
pub fn hold() -> Hold {
    match Core::with_current(|core| core.hold_time()) {
        Some(held) => Hold { _held: held },
        None => panic!("{}", LoopError::NoLoop),
    }
}

/// What [`hold`] returns.
#[must_use = "time is held only for as long as this lives"]
pub struct Hold {
    _held: Held,
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hold")
    }
}

/// Moves a [virtual clock](super#a-virtual-clock) in one go, as if the caller had blocked the loop
/// for so long or the machine had been suspended: nobody runs on the way. All that fell due
/// meanwhile fires in the next turn, in the order of its deadlines.
///
/// # Panics
/// If no event loop runs on this thread, or its clock is real.
///
/// ```
/// # use eagain::time::{self, Clock};
/// # use std::time::Duration;
/// # let mut event_loop = eagain::EventLoop::builder().clock(Clock::Virtual).build()?;
/// # event_loop.block_on(async {
/// let begin = time::now();
/// time::jump(Duration::from_secs(60));
/// assert_eq!(time::now() - begin, Duration::from_secs(60));
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn jump(time: Duration) {
    let jumped = Core::with_current(|core| core.jump(time).ok_or(LoopError::RealClock));
    if let Err(e) = jumped.unwrap_or(Err(LoopError::NoLoop)) {
        panic!("{e}");
    }
}
