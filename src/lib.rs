//! An event loop that hides nothing.
//!
//! `eagain` asks the kernel through `epoll`, or `kevent` on macOS and the BSDs, called directly in
//! `eagain-sys`, and resumes tasks once the descriptor that answered `EAGAIN` is ready again. A task is a state machine: written
//! by hand ([`Generator`]) or by the compiler (a future). One thread, no `Send` bounds, and three
//! dependencies.
//!
//! * [`EventLoop`]: spawn, run, turn; `event_loop/mod.rs` has the turn of the loop on one screen.
//! * [`Generator`], [`Step`], [`Wait`], [`Cause`], [`Context`]: the contract between a task and
//!   the loop.
//! * [`Source`], [`net`], [`pipe`], [`time`]: what tasks wait for; [`io`]: reading and writing any
//!   of it.
//! * [`spawn`], [`JoinHandle`], [`TaskGroup`]: tasks; [`join!`], [`select!`], [`future`]: futures
//!   together inside one.
//! * [`sync`]: what tasks use between each other; [`stream`]: values one after the other.
//! * [`Handle`], [`offload`], [`PerCore`]: what crosses threads.
//! * [`fs`]: files, and what happens to them ([`fs::Watcher`]).
//! * [`process`]: child processes; [`signal`]: what other processes have to say.
//! * [`LoopError`]: what only the loop can get wrong. Everything else is `std::io::Error`.
//!
//! ```
//! use std::time::Duration;
//!
//! let answer = eagain::run(async {
//!     let task = eagain::spawn(async {
//!         eagain::time::sleep(Duration::from_millis(1)).await;
//!         6 * 7
//!     });
//!     task.await
//! })?;
//! assert_eq!(answer?, 42);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every awaiting method says in a line whether it is *cancel-safe*: dropped before it is done,
//! nothing is lost that another call would not bring.
//!
//! What belongs to the whole process is left alone, with two exceptions, for programs that ask for
//! them: [`Builder::answer_sigusr1`] installs a handler for `SIGUSR1`, and [`signal`] for what it
//! listens to.
//!
//! The system calls themselves are in `eagain-sys`, one function each. Nothing is hidden there
//! either: this crate contains no `unsafe`, and starts no thread but those that [`offload`] and
//! [`PerCore`] are asked for.

#![forbid(unsafe_code)]

mod buffers;
mod error;
mod event_loop;
pub mod fs;
pub mod future;
#[cfg(feature = "hyper")]
pub mod hyper;
pub mod io;
pub mod net;
pub mod pipe;
pub mod process;
pub mod signal;
mod source;
mod stderr;
pub mod stdio;
pub mod stream;
pub mod sync;
mod task;
mod thread;
pub mod time;
mod trace;
mod until;
mod whole;

pub use buffers::PooledBuf;
pub use eagain_sys::poller::{Backend, Interest};
pub use eagain_sys::{errno, is_fd_exhaustion};
pub use error::LoopError;
pub use event_loop::{Blocked, Builder, Counts, EventLoop, ReactorCounts, TaskId, run};
pub use source::Source;
pub use task::{
    AbortHandle, ByCompiler, ByHand, Cause, Context, Generator, GroupHandle, JoinError, JoinHandle,
    Panic, Ready, Spawn, State, Step, TaskGroup, TaskInfo, Wait, YieldNow, spawn, yield_now,
};
pub use thread::{
    Handle, LoopEnd, Loops, Offload, PerCore, RemoteJoinHandle, Seat, offload, per_core,
};
pub use trace::Trace;
pub use until::{DescriptorClosed, descriptor_closed};

/// Compiles and runs the examples in the README and in `docs/`.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/COMING_FROM.md")]
    struct ComingFrom;
    #[doc = include_str!("../docs/KERNEL_EVENTS.md")]
    struct KernelEvents;
    #[doc = include_str!("../docs/LIMITS.md")]
    struct Limits;
    #[doc = include_str!("../docs/SHUTDOWN.md")]
    struct Shutdown;
}
