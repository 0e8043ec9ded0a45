//! A pool of resources that are expensive to make, such as connections.
//!
//! ```
//! # let mut event_loop = eagain::EventLoop::new()?;
//! use eagain::sync::Pool;
//!
//! struct Connection;
//!
//! async fn connect() -> std::io::Result<Connection> {
//!     Ok(Connection)
//! }
//!
//! let pool = Pool::builder(connect).max_size(4).build();
//! let handle = pool.clone();
//! event_loop.spawn(async move {
//!     let connection = handle.acquire().await?;
//!     // ... use it; it goes back when it is dropped
//! #   drop(connection);
//!     Ok::<(), Box<dyn std::error::Error>>(())
//! });
//! event_loop.run()?;
//! assert_eq!(pool.status().idle, 1);
//! # Ok::<(), std::io::Error>(())
//! ```

mod builder;
mod hooks;
mod pooled;
mod stock;

use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;

use thiserror::Error;

use crate::sync::permits::{Refusal, Turn};

pub use builder::Builder;
pub use pooled::Pooled;

use hooks::{Check, Connect};
use stock::{Limits, Slot, Stock};

/// A pool of resources. They are made when they are needed, up to a limit; who wants one
/// beyond it waits its turn. A clone is another handle of the same pool.
pub struct Pool<T, E> {
    stock: Rc<Stock<T>>,
    hooks: Rc<Hooks<T, E>>,
}

struct Hooks<T, E> {
    connect: Connect<T, E>,
    check: Check<T>,
}

/// Why there is no resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AcquireError<E> {
    /// The pool was closed.
    #[error("the pool is closed")]
    Closed,
    /// None was idle, and making one has failed.
    #[error(transparent)]
    Connect(E),
}

/// Why there is no resource now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TryAcquireError {
    /// The pool was closed.
    #[error("the pool is closed")]
    Closed,
    /// None is idle, or somebody waits for it.
    #[error("no resource is idle")]
    NoneIdle,
}

/// What a pool holds at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// How many resources there may be.
    pub max_size: usize,
    /// How many are in use, or being made or checked.
    pub in_use: usize,
    /// How many are idle.
    pub idle: usize,
    /// How many wait for one.
    pub waiting: usize,
}

impl<T: 'static, E: 'static> Pool<T, E> {
    /// Chooses how the pool is to be. `connect` makes a resource.
    pub fn builder<F: AsyncFn() -> Result<T, E> + 'static>(connect: F) -> Builder<T, E> {
        Builder::new(connect)
    }

    fn from_parts(connect: Connect<T, E>, check: Check<T>, limits: Limits) -> Pool<T, E> {
        let hooks = Rc::new(Hooks { connect, check });
        Pool { stock: Rc::new(Stock::new(limits)), hooks }
    }

    /// Takes a resource: the idle one that was used last, or else a new one. If as many as
    /// there may be are in use, waits its turn.
    ///
    /// Cancel-safe: dropped before it is done, it leaves its place, or the slot it was granted,
    /// to the next. A resource that was being made or checked is dropped.
    ///
    /// # Errors
    /// [`AcquireError`]: the pool is closed, or what `connect` says. The slot goes to the next
    /// that waits.
    pub async fn acquire(&self) -> Result<Pooled<T>, AcquireError<E>> {
        let slot = self.slot().await?;
        while let Some(mut item) = self.stock.take() {
            if self.hooks.check.is_good(&mut item.value).await {
                return self.hand_out(item, slot);
            }
        }
        let value = (self.hooks.connect)().await.map_err(AcquireError::Connect)?;
        self.hand_out(self.stock.new_item(value), slot)
    }

    /// Waits for a slot.
    async fn slot(&self) -> Result<Slot<T>, AcquireError<E>> {
        let mut turn = Turn::new(&*self.stock, 1);
        let granted = poll_fn(|cx| turn.poll(cx)).await;
        granted.map(|()| self.stock.granted_slot()).map_err(|_| AcquireError::Closed)
    }

    /// The pool may have been closed while the resource was made or checked.
    fn hand_out(&self, item: stock::Item<T>, slot: Slot<T>) -> Result<Pooled<T>, AcquireError<E>> {
        if self.is_closed() { Err(AcquireError::Closed) } else { Ok(Pooled::new(item, slot)) }
    }

    /// Takes a resource that is idle now, if nobody waits for it. A
    /// [`health_check`](Builder::health_check), which has to wait, is not made.
    ///
    /// # Errors
    /// [`TryAcquireError`]: none is idle, or the pool is closed.
    pub fn try_acquire(&self) -> Result<Pooled<T>, TryAcquireError> {
        let slot = self.stock.try_slot().map_err(|refusal| match refusal {
            Refusal::Closed => TryAcquireError::Closed,
            Refusal::Taken => TryAcquireError::NoneIdle,
        })?;
        while let Some(mut item) = self.stock.take() {
            if self.hooks.check.may_be_good(&mut item.value) {
                return Ok(Pooled::new(item, slot));
            }
        }
        Err(TryAcquireError::NoneIdle)
    }

    /// Hands out nothing any more. Those who wait get an error, what is idle is dropped now, and
    /// what is in use when it comes back.
    pub fn close(&self) {
        self.stock.close();
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.stock.slots().is_closed()
    }

    /// Drops what has been idle for too long or has become too old: to be called now and then by
    /// a program whose pool may not be used for a long time.
    pub fn drop_expired(&self) {
        self.stock.drop_expired();
    }

    /// What the pool holds now.
    pub fn status(&self) -> Status {
        let slots = self.stock.slots();
        let max_size = self.stock.limits().max_size;
        Status {
            max_size,
            in_use: max_size - slots.available(),
            idle: self.stock.idle(),
            waiting: slots.waiting(),
        }
    }
}

impl<T, E> Clone for Pool<T, E> {
    fn clone(&self) -> Pool<T, E> {
        Pool { stock: self.stock.clone(), hooks: self.hooks.clone() }
    }
}

impl<T: 'static, E: 'static> fmt::Debug for Pool<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("status", &self.status()).finish_non_exhaustive()
    }
}
