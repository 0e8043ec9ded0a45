//! What the tasks of one loop use between each other.
//!
//! * [`mpsc`]: channels from many to one, with a limit or without. [`oneshot`]: for one value.
//! * [`Semaphore`]: no more than so many at once. [`Pool`]: resources that are made once and used
//!   by many, one at a time.
//! * [`Notify`]: something has happened. [`CancellationToken`]: stop.
//!
//! Nothing here makes a system call, allocates for a wait once its line has been as long before,
//! or uses an atomic. Nothing needs this crate's loop either: the futures know no more than the
//! waker they are polled with, and work in any executor that runs them on one thread. For the
//! same reason nothing here can be shared between threads.
//!
//! What all of them hold to:
//!
//! * Who waits is served in the order in which it came; a newcomer overtakes nobody.
//! * A future that is dropped leaves nothing behind, at whatever point. What it was granted and
//!   had not taken goes to the next in line. Only `std::mem::forget` keeps a place for ever.
//! * Between two receives, a channel's receiver keeps its task's waker, so that waiting in a
//!   loop does not clone it each time.
//! * What is there at once costs one of the task's [budget](crate::Builder::budget): a task that
//!   sends to itself gives way to the others now and then. Exempt is what ends by itself: a
//!   [`oneshot`], a [`CancellationToken`]. Where no loop of ours runs there is no budget.
//! * A waker that panics does not keep the others from being woken; the panic hook tells of it.
//! * Wakers are woken and dropped, and values dropped, while nothing is borrowed: they may use
//!   what they came from.
//!
//! # Locks, broadcast, watch, barriers
//!
//! They are not here. On one thread, nothing runs between two awaits of a task: what would be
//! a lock elsewhere is an `Rc<RefCell<_>>`, or a `Cell`, whose borrow ends before the next
//! `.await`. For what must be held across one, there are well-kept crates that need no particular
//! runtime, and work on this loop:
//!
//! * [`async-lock`](https://docs.rs/async-lock): `Mutex`, `RwLock`, `Barrier`, `OnceCell`.
//! * [`async-broadcast`](https://docs.rs/async-broadcast): every receiver gets every message.
//! * [`event-listener`](https://docs.rs/event-listener): what the two are made of, for the rest.
//!
//! To *watch* one value, a [`Notify`] beside a `Cell` does: `notify_waiters` after each change.
//!
//! ```
//! use std::rc::Rc;
//!
//! let mut event_loop = eagain::EventLoop::new()?;
//! let lines = Rc::new(async_lock::Mutex::new(Vec::new()));
//! for name in ["a", "b"] {
//!     let lines = lines.clone();
//!     event_loop.spawn(async move {
//!         let mut lines = lines.lock().await;
//!         lines.push(name);
//!         eagain::yield_now().await; // the other one waits meanwhile
//!         lines.push(name);
//!     });
//! }
//! event_loop.run()?;
//! assert_eq!(*lines.try_lock().unwrap(), ["a", "a", "b", "b"]);
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod cancellation;
mod line;
pub mod mpsc;
pub mod notify;
pub mod oneshot;
mod permits;
pub mod pool;
pub mod semaphore;
mod waiters;
mod waker_slot;

pub use cancellation::CancellationToken;
pub use notify::Notify;
pub use pool::{Pool, Pooled};
pub use semaphore::Semaphore;
