//! A number of permits that tasks take and give back.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use thiserror::Error;

use crate::sync::permits::{Closed, Gate, Permits, Refusal, Turn};

/// A number of permits. Who wants one when there is none waits; they are served strictly in the
/// order in which they came: a newcomer overtakes nobody, not even one who waits for more than
/// it wants itself.
///
/// ```
/// # let mut event_loop = eagain::EventLoop::new()?;
/// use std::rc::Rc;
/// use eagain::sync::Semaphore;
///
/// let at_most_two = Rc::new(Semaphore::new(2));
/// for _ in 0..10 {
///     let at_most_two = at_most_two.clone();
///     event_loop.spawn(async move {
///         let _permit = at_most_two.acquire().await.expect("nobody closes it");
///         // ... what no more than two shall do at once
///     });
/// }
/// event_loop.run()?;
/// assert_eq!(at_most_two.available_permits(), 2);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Semaphore {
    permits: Permits,
}

/// The semaphore was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the semaphore is closed")]
pub struct AcquireError;

/// Why there is no permit now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TryAcquireError {
    /// The semaphore was closed.
    #[error("the semaphore is closed")]
    Closed,
    /// There are too few, or somebody waits for them.
    #[error("no permits are available")]
    NoPermits,
}

impl From<Refusal> for TryAcquireError {
    fn from(refusal: Refusal) -> TryAcquireError {
        match refusal {
            Refusal::Closed => TryAcquireError::Closed,
            Refusal::Taken => TryAcquireError::NoPermits,
        }
    }
}

impl Semaphore {
    /// A semaphore with so many permits.
    pub const fn new(permits: usize) -> Semaphore {
        Semaphore { permits: Permits::new(permits) }
    }

    /// How many permits are there. While somebody waits for more than these, they are not to be
    /// had.
    pub fn available_permits(&self) -> usize {
        self.permits.available()
    }

    /// Adds permits.
    ///
    /// # Panics
    /// If there are more than a `usize` counts.
    pub fn add_permits(&self, permits: usize) {
        self.permits.release(permits);
    }

    /// Takes permits away, as many as are there; how many that were is the answer.
    pub fn forget_permits(&self, permits: usize) -> usize {
        self.permits.reduce(permits)
    }

    /// Takes a permit, as soon as there is one.
    ///
    /// Cancel-safe: dropped before it is done, it leaves its place, and a permit it may have been
    /// granted, to the next.
    ///
    /// # Errors
    /// [`AcquireError`]: the semaphore was closed.
    pub fn acquire(&self) -> Acquire<'_> {
        self.acquire_many(1)
    }

    /// Takes several permits, as soon as there are so many: all of them at once. If there never
    /// are, it waits for ever, and all who come later with it.
    ///
    /// Cancel-safe, as [`acquire`](Semaphore::acquire).
    ///
    /// # Errors
    /// [`AcquireError`]: the semaphore was closed.
    pub fn acquire_many(&self, permits: usize) -> Acquire<'_> {
        Acquire { turn: Turn::new(self, permits) }
    }

    /// Takes a permit if there is one now and nobody waits for it.
    ///
    /// # Errors
    /// [`TryAcquireError`]: there is none, or the semaphore was closed.
    pub fn try_acquire(&self) -> Result<Permit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes several permits if there are so many now and nobody waits for them.
    ///
    /// # Errors
    /// [`TryAcquireError`]: there are fewer, or the semaphore was closed.
    pub fn try_acquire_many(&self, permits: usize) -> Result<Permit<'_>, TryAcquireError> {
        self.permits.try_take(permits)?;
        Ok(Permit { semaphore: self, permits })
    }

    /// [`acquire`](Semaphore::acquire), for a permit that owns its semaphore: to be moved into a
    /// task.
    ///
    /// Cancel-safe, as [`acquire`](Semaphore::acquire).
    ///
    /// # Errors
    /// [`AcquireError`]: the semaphore was closed.
    ///
    /// ```
    /// use std::rc::Rc;
    /// use eagain::sync::Semaphore;
    ///
    /// # eagain::run(async {
    /// let at_most_two = Rc::new(Semaphore::new(2));
    /// for n in 0..10 {
    ///     // Waits before the task is made, so that no more than two are there.
    ///     let permit = at_most_two.clone().acquire_owned().await.expect("nobody closes it");
    ///     eagain::spawn(async move { drop((n, permit)) }).detach();
    /// }
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn acquire_owned(self: Rc<Self>) -> AcquireOwned {
        self.acquire_many_owned(1)
    }

    /// [`acquire_many`](Semaphore::acquire_many), for permits that own their semaphore.
    ///
    /// Cancel-safe, as [`acquire`](Semaphore::acquire).
    ///
    /// # Errors
    /// [`AcquireError`]: the semaphore was closed.
    pub fn acquire_many_owned(self: Rc<Self>, permits: usize) -> AcquireOwned {
        AcquireOwned { turn: Turn::new(self, permits) }
    }

    /// [`try_acquire`](Semaphore::try_acquire), for a permit that owns its semaphore.
    ///
    /// # Errors
    /// [`TryAcquireError`]: there is none, or the semaphore was closed.
    pub fn try_acquire_owned(self: Rc<Self>) -> Result<OwnedPermit, TryAcquireError> {
        self.permits.try_take(1)?;
        Ok(OwnedPermit { semaphore: self, permits: 1 })
    }

    /// Gives out no permits any more: those who wait get an error, as do all who come later.
    pub fn close(&self) {
        self.permits.close();
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.permits.is_closed()
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("available_permits", &self.available_permits())
            .field("waiting", &self.permits.waiting())
            .finish()
    }
}

impl Gate for &Semaphore {
    fn permits(&self) -> &Permits {
        &self.permits
    }
}

impl Gate for Rc<Semaphore> {
    fn permits(&self) -> &Permits {
        &self.permits
    }
}

/// What [`Semaphore::acquire`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Acquire<'a> {
    turn: Turn<&'a Semaphore>,
}

impl<'a> Future for Acquire<'a> {
    type Output = Result<Permit<'a>, AcquireError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let turn = self.turn.poll(cx);
        turn.map(|turn| match turn {
            Ok(()) => Ok(Permit { semaphore: self.turn.gate(), permits: self.turn.permits() }),
            Err(Closed) => Err(AcquireError),
        })
    }
}

impl fmt::Debug for Acquire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquire").finish_non_exhaustive()
    }
}

/// What [`Semaphore::acquire_owned`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct AcquireOwned {
    turn: Turn<Rc<Semaphore>>,
}

impl Future for AcquireOwned {
    type Output = Result<OwnedPermit, AcquireError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let turn = self.turn.poll(cx);
        turn.map(|turn| match turn {
            Ok(()) => {
                let semaphore = self.turn.gate().clone();
                Ok(OwnedPermit { semaphore, permits: self.turn.permits() })
            }
            Err(Closed) => Err(AcquireError),
        })
    }
}

impl fmt::Debug for AcquireOwned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcquireOwned").finish_non_exhaustive()
    }
}

/// Permits of a [`Semaphore`], given back when it is dropped.
#[derive(Debug)]
#[must_use = "dropping it gives the permit back at once"]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
}

impl Permit<'_> {
    /// Never gives them back: the semaphore has fewer from now on.
    pub fn forget(mut self) {
        self.permits = 0;
    }

    /// How many permits these are.
    pub fn num_permits(&self) -> usize {
        self.permits
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.semaphore.permits.release(self.permits);
    }
}

/// Permits of a [`Semaphore`] that they own a share of, given back when it is dropped.
#[derive(Debug)]
#[must_use = "dropping it gives the permit back at once"]
pub struct OwnedPermit {
    semaphore: Rc<Semaphore>,
    permits: usize,
}

impl OwnedPermit {
    /// Never gives them back: the semaphore has fewer from now on.
    pub fn forget(mut self) {
        self.permits = 0;
    }

    /// How many permits these are.
    pub fn num_permits(&self) -> usize {
        self.permits
    }
}

impl Drop for OwnedPermit {
    fn drop(&mut self) {
        self.semaphore.permits.release(self.permits);
    }
}
