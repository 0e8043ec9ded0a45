//! A table whose keys recognise that their entry is gone.
//!
//! A key is a slot's number and the slot's generation, which changes whenever an entry leaves.
//! A key that outlived its entry finds nothing, also when the slot is taken again: that is how
//! an event for a closed descriptor, or a waker of a finished task, is told from a valid one.
//! A slot would have to be reused 2^32 times before a stale key could find a stranger.

/// Where an entry is: the slot's number in the lower half, its generation in the upper one. One
/// word, so that it can be what the kernel hands back with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(u64);

impl Key {
    /// The key that finds nothing.
    pub(crate) const NONE: Key = Key(u64::MAX);

    pub(crate) fn new(index: u32, generation: u32) -> Key {
        Key(u64::from(generation) << 32 | u64::from(index))
    }

    pub(crate) fn index(self) -> u32 {
        self.0 as u32
    }

    pub(crate) fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline]
    pub(crate) fn is_none(self) -> bool {
        self == Key::NONE
    }

    pub(crate) fn to_token(self) -> u64 {
        self.0
    }

    pub(crate) fn from_token(token: u64) -> Key {
        Key(token)
    }
}

/// Two bits of a slot's number stay free for those who pack something beside a key.
const MOST: usize = 1 << 30;

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
    ///
    /// # Panics
    /// If the table is full.
    pub(crate) fn next_key(&self) -> Key {
        match self.free.last() {
            Some(&index) => Key::new(index, self.slots[index as usize].generation),
            None => {
                assert!(self.slots.len() < MOST, "a table of more than 2^30 entries");
                Key::new(self.slots.len() as u32, 0)
            }
        }
    }

    pub(crate) fn insert(&mut self, entry: T) -> Key {
        let key = self.next_key();
        if self.free.pop().is_some() {
            self.slots[key.index() as usize].entry = Some(entry);
        } else {
            self.slots.push(Slot { generation: 0, entry: Some(entry) });
        }
        key
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(|slot| slot.entry.as_ref())
    }

    #[inline]
    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        let slot = self.slots.get(key.index() as usize)?;
        if slot.generation == key.generation() { slot.entry.as_ref() } else { None }
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let slot = self.slots.get_mut(key.index() as usize)?;
        if slot.generation != key.generation() {
            return None;
        }
        let entry = slot.entry.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(key.index());
        Some(entry)
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
        assert_eq!(new.index(), old.index());
        assert_eq!(slab.get(old), None);
        assert_eq!(slab.remove(old), None);
        assert_eq!(slab.get(Key::from_token(new.to_token())), Some(&"new"));
        assert_eq!((slab.len(), slab.get(Key::NONE)), (1, None));
    }
}
