//! An event loop that hides nothing.
//!
//! `eagain` asks the kernel through `epoll` on Linux, called through `libc`, and resumes tasks
//! once the descriptor that answered `EAGAIN` is ready again. A task is a state machine: written
//! by hand ([`Generator`]) or by the compiler (a future). One thread, no `Send` bounds, and three
//! dependencies.
//!
//! * [`EventLoop`]: spawn, run, turn; `event_loop.rs` has the turn of the loop on one screen.
//! * [`Generator`], [`Step`], [`Wait`], [`Cause`], [`Context`]: the contract between a task and
//!   the loop.
//! * [`Source`], [`net`]: what tasks wait for.
//! * [`LoopError`]: what only the loop can get wrong. Everything else is `std::io::Error`.
//!
//! The system calls themselves are in `eagain-sys`, one function each. Nothing is hidden there
//! either: this crate contains no `unsafe`, and starts no thread.

#![forbid(unsafe_code)]

mod budget;
mod builder;
mod context;
mod core;
mod error;
mod event_loop;
mod generator;
mod inbox;
mod join;
mod listing;
pub mod net;
mod reactor;
mod scheduler;
mod slab;
mod source;
mod table;
mod task;
pub mod time;
mod timers;
mod trace;
mod waiter;
mod yielding;

pub use builder::Builder;
pub use context::Context;
pub use eagain_sys::poller::Interest;
pub use eagain_sys::{errno, is_fd_exhaustion};
pub use error::LoopError;
pub use event_loop::{Counts, EventLoop};
pub use generator::{Cause, Generator, Ready, Step, Wait};
pub use join::{JoinError, JoinHandle, spawn};
pub use listing::TaskInfo;
pub use reactor::ReactorCounts;
pub use source::Source;
pub use table::TaskId;
pub use task::{ByCompiler, ByHand, Spawn, State};
pub use trace::Trace;
pub use yielding::{YieldNow, yield_now};
