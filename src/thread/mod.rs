//! What crosses threads.

mod handle;
mod offload;
mod outcome;
mod per_core;
mod primitives;
mod remote;

pub use handle::Handle;
pub use offload::{Offload, offload};
pub use per_core::{LoopEnd, Loops, PerCore, Seat, per_core};
pub use remote::RemoteJoinHandle;
