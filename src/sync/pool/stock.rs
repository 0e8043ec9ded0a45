//! What a pool holds: slots for those in use, and the idle ones.
//!
//! A slot is a permit. Whoever holds one may take an idle resource, or make one if none is idle:
//! so there are never more than slots, and who gives up (or fails, or panics) on the way gives
//! the slot to the next by dropping it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::event_loop::clock::now;
use crate::sync::permits::{Gate, Permits, Refusal};

/// How long what is pooled is good for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max_size: usize,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) max_idle: usize,
    pub(crate) idle_timeout: Option<Duration>,
}

pub(crate) struct Stock<T> {
    slots: Permits,
    /// The one that was given back last is at the end, and is taken first.
    idle: RefCell<VecDeque<Idle<T>>>,
    limits: Limits,
}

/// A resource, and since when there is one.
pub(crate) struct Item<T> {
    pub(crate) value: T,
    made: Option<Instant>,
}

struct Idle<T> {
    item: Item<T>,
    since: Option<Instant>,
}

impl<T> Stock<T> {
    pub(crate) fn new(limits: Limits) -> Stock<T> {
        let idle = RefCell::new(VecDeque::new());
        Stock { slots: Permits::new(limits.max_size), idle, limits }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn slots(&self) -> &Permits {
        &self.slots
    }

    pub(crate) fn idle(&self) -> usize {
        self.idle.borrow().len()
    }

    pub(crate) fn try_slot(self: &Rc<Self>) -> Result<Slot<T>, Refusal> {
        self.slots.try_take(1)?;
        Ok(Slot { stock: self.clone() })
    }

    /// The slot of one whose turn has come.
    pub(crate) fn granted_slot(self: &Rc<Self>) -> Slot<T> {
        Slot { stock: self.clone() }
    }

    pub(crate) fn new_item(&self, value: T) -> Item<T> {
        // The clock is read only for a limit.
        Item { value, made: self.limits.max_lifetime.map(|_| now()) }
    }

    /// Takes an idle one that has not expired.
    pub(crate) fn take(&self) -> Option<Item<T>> {
        self.drop_stale();
        loop {
            let idle = self.idle.borrow_mut().pop_back()?; // what is dropped here is not borrowed
            if !self.is_too_old(&idle.item) {
                return Some(idle.item);
            }
        }
    }

    /// Takes back what was used, unless it is superfluous.
    pub(crate) fn give_back(&self, item: Item<T>) {
        self.drop_stale();
        let unwanted = self.limits.max_idle == 0 || self.slots.is_closed();
        if unwanted || self.is_too_old(&item) {
            return; // and drops it
        }
        let since = self.limits.idle_timeout.map(|_| now());
        let mut idle = self.idle.borrow_mut();
        let surplus = if idle.len() < self.limits.max_idle { None } else { idle.pop_front() };
        idle.push_back(Idle { item, since });
        drop(idle);
        drop(surplus); // nothing is borrowed
    }

    fn is_too_old(&self, item: &Item<T>) -> bool {
        match (item.made, self.limits.max_lifetime) {
            (Some(made), Some(limit)) => now().saturating_duration_since(made) >= limit,
            _ => false,
        }
    }

    /// Drops those that have been idle for too long: they are in front.
    pub(crate) fn drop_stale(&self) {
        let Some(limit) = self.limits.idle_timeout else { return };
        let now = now();
        loop {
            let mut idle = self.idle.borrow_mut();
            let since = idle.front().and_then(|first| first.since);
            if since.is_none_or(|since| now.saturating_duration_since(since) < limit) {
                return;
            }
            let stale = idle.pop_front();
            drop(idle);
            drop(stale); // nothing is borrowed
        }
    }

    /// Drops all idle ones that have expired in either way.
    pub(crate) fn drop_expired(&self) {
        self.drop_stale();
        let mut idle = self.idle.borrow_mut();
        let (old, good) = std::mem::take(&mut *idle)
            .into_iter()
            .partition::<VecDeque<_>, _>(|idle| self.is_too_old(&idle.item));
        *idle = good;
        drop(idle);
        drop(old); // nothing is borrowed
    }

    pub(crate) fn close(&self) {
        self.slots.close();
        let idle = std::mem::take(&mut *self.idle.borrow_mut());
        drop(idle); // nothing is borrowed
    }
}

/// The right to hold one resource.
pub(crate) struct Slot<T> {
    stock: Rc<Stock<T>>,
}

impl<T> Slot<T> {
    pub(crate) fn stock(&self) -> &Stock<T> {
        &self.stock
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        self.stock.slots.release(1);
    }
}

impl<T> Gate for &Stock<T> {
    fn permits(&self) -> &Permits {
        &self.slots
    }
}
