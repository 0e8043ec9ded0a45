//! Values one after the other, with waiting in between.
//!
//! [`from_generator`] makes a stream of an `async` closure, `async |mut out| ...`, that gives values
//! *out* and may wait *inside*; whoever holds the stream takes them one by one with
//! [`next().await`](Generated::next). Nothing is buffered: the producer stands still until its
//! value is taken.
//!
//! With the cargo feature `futures-core` it is a `futures_core::Stream`, as the
//! [receiver of a channel](crate::sync::mpsc::Receiver) is, for the adapters of the `futures`
//! crate (`StreamExt`, `TryStreamExt`).

mod emitter;
mod generated;
#[cfg(feature = "futures-core")]
mod interop;

pub use emitter::{Emit, Emitter};
pub use generated::{Generated, from_generator, try_from_generator};
