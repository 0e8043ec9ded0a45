//! Waiting for a time to come, as futures, and the clock that tells it.
//!
//! [`sleep`] and [`sleep_until`] wait once, an [`interval`] again and again. A hand-written
//! generator yields [`Wait::after`](crate::Wait::after) and [`Wait::until`](crate::Wait::until) for
//! the same. Nothing here is ever early: deadlines are compared to the nanosecond. How late
//! it may be, [`Builder::timer_slack`](crate::Builder::timer_slack) says.
//!
//! The clock is the system's monotonic one. On Linux it stands still while the machine is
//! suspended: a sleep of an hour is an hour of a machine that is awake.
//!
//! # A virtual clock
//!
//! A test of what takes an hour should not take an hour. A loop built with [`Clock::Virtual`] has
//! a time of its own, and all of the library goes by it: sleeps, intervals, timeouts, the deadlines
//! of generators, [`now`]. It begins at the real time of its making, and *stands still* for as long
//! as there is something to do. When there is not, it jumps to the next deadline at once.
//!
//! ```
//! use eagain::EventLoop;
//! use eagain::time::{self, Clock};
//! use std::time::Duration;
//!
//! let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build()?;
//! let hour = Duration::from_secs(3600);
//! let slept = event_loop.block_on(async {
//!     let begin = time::now();
//!     time::sleep(hour).await;
//!     time::now() - begin
//! })?;
//! assert_eq!(slept, hour); // to the nanosecond, and at once
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! There is something to do while a task is READY, while work is offloaded, and while the kernel
//! has an event for the loop: it is asked, without waiting, before each jump. So two tasks may
//! talk to each other through a socket, and no timeout strikes in between.
//!
//! **What the loop cannot know of** is what others are about to do: a thread that will answer, a
//! process that will write, the network. While these work, the loop sees nothing to do, and jumps
//! to the next deadline: often the very timeout that watches over them. Such a test holds time
//! still with [`hold`] for as long as it waits for them:
//!
//! ```
//! # use eagain::{EventLoop, net::{TcpListener, TcpStream}};
//! # use eagain::time::{self, Clock};
//! # use std::time::Duration;
//! # let mut event_loop = EventLoop::builder().clock(Clock::Virtual).build()?;
//! # event_loop.block_on(async {
//! let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! let address = listener.local_addr()?;
//! let peer = std::thread::spawn(move || listener.accept().map(drop)); // not a task of the loop
//! let still = time::hold();
//! TcpStream::connect(address).await?; // as long as it takes in the world, and no time here
//! drop(still);
//! # peer.join().unwrap()?;
//! # std::io::Result::Ok(())
//! # })??;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Where a loop has no deadline left and nothing to do, it waits for the kernel for real, whatever
//! its clock. A task that keeps asking for the next turn until some time has come asks for ever: it
//! has something to do.
//!
//! What is made outside of the loop knows nothing of its clock: `block_on(sleep(hour))` counts the
//! hour from the real time, `block_on(async { sleep(hour).await })` from the loop's.
//!
//! [`advance`] moves the clock by hand, and lets happen on the way what is due on the way;
//! [`jump`] moves it in one go, as if the loop had been blocked.

mod advance;
mod clock;
mod interval;
mod sleep;
mod timeout;

pub use self::advance::{Advance, advance};
pub use self::clock::{Hold, hold, jump, now};
pub use self::interval::{Interval, MissedTickBehavior, interval, interval_at};
pub use self::sleep::{Sleep, sleep, sleep_until};
pub use self::timeout::{Elapsed, timeout, timeout_at};
pub use crate::event_loop::clock::Clock;
