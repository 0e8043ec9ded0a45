//! How a pool is to be.

use std::fmt;
use std::time::Duration;

use crate::sync::pool::Pool;
use crate::sync::pool::hooks::{self, Check, Connect};
use crate::sync::pool::stock::Limits;

/// Chooses how a [`Pool`] is to be. Made by [`Pool::builder`].
///
/// ```
/// # use eagain::sync::Pool;
/// use std::time::Duration;
///
/// # async fn connect() -> std::io::Result<Vec<u8>> { Ok(Vec::new()) }
/// let pool = Pool::builder(connect)
///     .max_size(4)
///     .max_lifetime(Duration::from_secs(3600))
///     .check(|connection| connection.is_empty())
///     .build();
/// assert_eq!(pool.status().max_size, 4);
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct Builder<T, E> {
    connect: Connect<T, E>,
    check: Check<T>,
    limits: Limits,
}

impl<T: 'static, E: 'static> Builder<T, E> {
    pub(crate) fn new<F: AsyncFn() -> Result<T, E> + 'static>(connect: F) -> Builder<T, E> {
        Builder {
            connect: hooks::connect(connect),
            check: Check::None,
            limits: Limits {
                max_size: 10,
                max_lifetime: None,
                max_idle: usize::MAX,
                idle_timeout: None,
            },
        }
    }

    /// How many resources there are at most, idle ones and those in use. 10 unless set.
    ///
    /// # Panics
    /// If it is 0.
    pub fn max_size(mut self, most: usize) -> Builder<T, E> {
        assert!(most > 0, "a pool needs room for one resource at least");
        self.limits.max_size = most;
        self
    }

    /// Looks at an idle resource before it is handed out: one that is not good is dropped, and
    /// the next one tried, or a new one made. A new one is not looked at.
    pub fn check(mut self, check: impl Fn(&mut T) -> bool + 'static) -> Builder<T, E> {
        self.check = Check::AtOnce(Box::new(check));
        self
    }

    /// The same for a check that has to wait for an answer, such as a ping. If the task that
    /// wants the resource is cancelled meanwhile, the resource is dropped: nobody knows how much
    /// of the answer is still to come.
    pub fn health_check<F>(mut self, check: F) -> Builder<T, E>
    where
        F: AsyncFn(&mut T) -> bool + 'static,
    {
        self.check = Check::awaited(check);
        self
    }

    /// How old a resource may become. One that is older is dropped when it comes back or would be
    /// handed out. No limit unless set.
    pub fn max_lifetime(mut self, limit: Duration) -> Builder<T, E> {
        self.limits.max_lifetime = Some(limit);
        self
    }

    /// How many may be idle at once: when one more comes back, the one that has been idle longest
    /// is dropped. As many as there are unless set.
    pub fn max_idle(mut self, most: usize) -> Builder<T, E> {
        self.limits.max_idle = most;
        self
    }

    /// How long a resource may be idle. The pool has no timer: those that have been idle for
    /// longer are dropped whenever it is used, and by
    /// [`drop_expired`](Pool::drop_expired). No limit unless set.
    pub fn idle_timeout(mut self, limit: Duration) -> Builder<T, E> {
        self.limits.idle_timeout = Some(limit);
        self
    }

    /// Makes the pool, which is empty at first.
    pub fn build(self) -> Pool<T, E> {
        Pool::from_parts(self.connect, self.check, self.limits)
    }
}

impl<T, E> fmt::Debug for Builder<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("limits", &self.limits).finish_non_exhaustive()
    }
}
