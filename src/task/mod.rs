//! What a task is: a generator written by hand or a future written by the compiler, and what
//! others see of it.

mod abort_handle;
pub(crate) mod body;
pub(crate) mod context;
pub(crate) mod generator;
mod group;
pub(crate) mod join;
pub(crate) mod listing;
pub(crate) mod panic;
mod yielding;

pub use abort_handle::AbortHandle;
pub use body::{ByCompiler, ByHand, Spawn, State};
pub use context::Context;
pub use generator::{Cause, Generator, Ready, Step, Wait};
pub use group::{GroupHandle, TaskGroup};
pub use join::{JoinError, JoinHandle, spawn};
pub use listing::TaskInfo;
pub use panic::Panic;
pub use yielding::{YieldNow, yield_now};
