//! A resource on loan from its pool.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::sync::pool::stock::{Item, Slot};

/// A resource of a [`Pool`](crate::sync::Pool), which goes back when it is dropped.
#[must_use = "dropping it gives the resource back at once"]
pub struct Pooled<T> {
    /// Taken only when the guard ends. Dropped before the slot is free.
    item: Option<Item<T>>,
    slot: Slot<T>,
}

const HELD: &str = "a guard that has not ended";

impl<T> Pooled<T> {
    pub(crate) fn new(item: Item<T>, slot: Slot<T>) -> Pooled<T> {
        Pooled { item: Some(item), slot }
    }

    /// Takes the resource out of the pool for good; another one may be made in its place.
    pub fn detach(mut self) -> T {
        self.item.take().expect(HELD).value
    }

    /// Drops the resource instead of giving it back, since it is broken.
    pub fn discard(mut self) {
        drop(self.item.take());
    }
}

impl<T> Deref for Pooled<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.item.as_ref().expect(HELD).value
    }
}

impl<T> DerefMut for Pooled<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.item.as_mut().expect(HELD).value
    }
}

impl<T> Drop for Pooled<T> {
    fn drop(&mut self) {
        if let Some(item) = self.item.take() {
            self.slot.stock().give_back(item);
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Pooled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pooled").field(&**self).finish()
    }
}
