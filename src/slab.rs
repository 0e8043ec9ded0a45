//! A table whose keys recognise that their entry is gone.
//!
//! A key is a slot's number and the slot's generation, which changes whenever an entry leaves.
//! A key that outlived its entry finds nothing, also when the slot is taken again: that is how
//! an event for a closed descriptor, or a waker of a finished task, is told from a valid one.
//! A slot would have to be reused 2^32 times before a stale key could find a stranger.

/// Where an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

impl Key {
    /// The key that finds nothing.
    pub(crate) const NONE: Key = Key { index: u32::MAX, generation: u32::MAX };

    pub(crate) fn is_none(self) -> bool {
        self.index == u32::MAX
    }

    pub(crate) fn to_token(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }

    pub(crate) fn from_token(token: u64) -> Key {
        Key { index: token as u32, generation: (token >> 32) as u32 }
    }
}

struct Slot<T> {
    generation: u32,
    entry: Option<T>,
}

pub(crate) struct Slab<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Slab<T> {
        Slab { slots: Vec::new(), free: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// The key that the next [`insert`](Slab::insert) will give.
    pub(crate) fn next_key(&self) -> Key {
        match self.free.last() {
            Some(&index) => Key { index, generation: self.slots[index as usize].generation },
            None => Key { index: self.slots.len() as u32, generation: 0 },
        }
    }

    pub(crate) fn insert(&mut self, entry: T) -> Key {
        let key = self.next_key();
        if self.free.pop().is_some() {
            self.slots[key.index as usize].entry = Some(entry);
        } else {
            self.slots.push(Slot { generation: 0, entry: Some(entry) });
        }
        key
    }

    #[inline]
    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        let slot = self.slots.get(key.index as usize)?;
        if slot.generation == key.generation { slot.entry.as_ref() } else { None }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation == key.generation { slot.entry.as_mut() } else { None }
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation != key.generation {
            return None;
        }
        let entry = slot.entry.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(key.index);
        Some(entry)
    }

    /// The entry in a slot that is known to be taken.
    ///
    /// # Panics
    /// If it is not.
    pub(crate) fn at_mut(&mut self, index: u32) -> &mut T {
        self.slots[index as usize].entry.as_mut().expect("a slot that is taken")
    }

    /// Removes what a slot holds, whatever its generation.
    pub(crate) fn remove_index(&mut self, index: u32) -> Option<T> {
        let generation = self.slots.get(index as usize)?.generation;
        self.remove(Key { index, generation })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Key, &T)> {
        self.slots.iter().enumerate().filter_map(|(index, slot)| {
            let key = Key { index: index as u32, generation: slot.generation };
            slot.entry.as_ref().map(|entry| (key, entry))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitfall_15_a_key_does_not_find_its_successor() {
        let mut slab = Slab::new();
        let old = slab.insert("old");
        assert_eq!(slab.remove(old), Some("old"));
        let new = slab.insert("new");
        assert_eq!(new.index, old.index);
        assert_eq!(slab.get(old), None);
        assert_eq!(slab.remove(old), None);
        assert_eq!(slab.get(Key::from_token(new.to_token())), Some(&"new"));
        assert_eq!((slab.len(), slab.get(Key::NONE)), (1, None));
    }
}
