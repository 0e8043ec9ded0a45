//! Putting futures together inside one task.
//!
//! | | all of them | the first one |
//! |---|---|---|
//! | written out | [`join!`](crate::join), [`try_join!`](crate::try_join) | [`select!`](crate::select), [`race`] |
//! | any number | [`join_all`], [`try_join_all`] | [`race_all`] |
//!
//! They need no loop and know none: any executor may poll them, and what they hold may borrow. None
//! is a task of its own: they live in the future that awaits them, are dropped with it, and share
//! its budget. Work that is to go on by itself is [spawned](crate::spawn); work that must not
//! outlive its parent belongs in a [task group](crate::TaskGroup).
//!
//! # Who is polled
//!
//! A few futures are polled all, whoever was woken. [`join_all`] and its like give each of more
//! than 16 a waker of its own, so that one wake-up polls one future.
//!
//! Which is polled *first* rotates: one that always finds something to do cannot keep the others
//! from it. `select!` with `biased;` asks for the order in which it is written.

#[doc(hidden)]
pub mod branch;
pub(crate) mod children;
mod fair;
mod join;
mod join_all;
mod members;
mod race;
mod select;

pub use join_all::{JoinAll, TryJoinAll, join_all, try_join_all};
pub use race::{RaceAll, race, race_all};
