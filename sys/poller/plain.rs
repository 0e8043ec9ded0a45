//! Room for the events of a poller that finds them itself.

use super::Event;

/// What the last wait brought.
#[derive(Debug)]
pub struct Events {
    list: Vec<Event>,
    capacity: usize,
}

impl Events {
    /// Room for `capacity` events; at least one.
    pub fn with_capacity(capacity: usize) -> Events {
        let capacity = capacity.clamp(1, 1 << 20);
        Events { list: Vec::new(), capacity }
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
    }

    pub(crate) fn push(&mut self, event: Option<Event>) {
        self.list.extend(event);
    }

    /// How many there is room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many events the last wait brought.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether the last wait brought none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether the last wait may have left some behind.
    pub fn is_full(&self) -> bool {
        self.list.len() == self.capacity
    }

    /// The events of the last wait.
    pub fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.list.iter().copied()
    }
}
