//! What connections of bytes have in common, over TCP and within a machine.
//!
//! Each method is written once, in a macro that is run for both kinds of stream, so that either
//! page of the documentation has them all.

mod halves;
mod lent;
mod reading;
mod writing;

pub use halves::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
