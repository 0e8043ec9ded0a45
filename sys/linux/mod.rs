//! Where Linux goes its own way. `bsd` has the same files, with the same functions.

pub mod affinity;
pub mod prctl;
pub(crate) mod thread;
