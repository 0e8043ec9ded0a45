//! A line of entries: joined at the end, left from anywhere, all of it in constant time.
//!
//! The entries lie in one vector and are chained by their numbers, so that standing in line
//! allocates nothing once the vector has grown, and who gives up does not search for itself.

/// Stands for no entry.
const NOBODY: u32 = u32::MAX;

/// A line that had more places than this gives its memory back when the last one is left.
const KEPT: usize = 64;

/// A place in a line, held by one owner until it is left.
#[derive(Debug)]
pub(crate) struct Place(u32);

pub(crate) struct Line<T> {
    slots: Vec<Slot<T>>,
    /// The free slots are chained, too.
    free: u32,
    first: u32,
    last: u32,
    taken: usize,
}

struct Slot<T> {
    entry: Option<T>,
    before: u32,
    after: u32,
    in_line: bool,
}

impl<T> Line<T> {
    pub(crate) const fn new() -> Line<T> {
        Line { slots: Vec::new(), free: NOBODY, first: NOBODY, last: NOBODY, taken: 0 }
    }

    /// Joins at the end.
    pub(crate) fn join(&mut self, entry: T) -> Place {
        let slot = Slot { entry: Some(entry), before: self.last, after: NOBODY, in_line: true };
        let at = self.free;
        let at = if at == NOBODY {
            assert!(self.slots.len() < NOBODY as usize, "a line of 2^32 entries");
            self.slots.push(slot);
            (self.slots.len() - 1) as u32
        } else {
            self.free = self.slots[at as usize].after;
            self.slots[at as usize] = slot;
            at
        };
        match self.last {
            NOBODY => self.first = at,
            last => self.slots[last as usize].after = at,
        }
        self.last = at;
        self.taken += 1;
        Place(at)
    }

    /// Who is first.
    pub(crate) fn first(&self) -> Option<&T> {
        self.slots.get(self.first as usize)?.entry.as_ref()
    }

    /// Lets the first one step out. Its place is kept until it is left.
    pub(crate) fn call_first(&mut self) -> Option<&mut T> {
        let at = self.first;
        if at == NOBODY {
            return None;
        }
        self.step_out(at);
        self.slots[at as usize].entry.as_mut()
    }

    /// Whether the entry still stands in line, and has not been called.
    pub(crate) fn is_in_line(&self, place: &Place) -> bool {
        self.slots[place.0 as usize].in_line
    }

    pub(crate) fn entry_mut(&mut self, place: &Place) -> &mut T {
        self.slots[place.0 as usize].entry.as_mut().expect("a place that is taken")
    }

    /// Leaves for good, from wherever it stands.
    pub(crate) fn leave(&mut self, place: Place) -> T {
        let at = place.0;
        if self.slots[at as usize].in_line {
            self.step_out(at);
        }
        let slot = &mut self.slots[at as usize];
        let entry = slot.entry.take().expect("a place that is taken");
        slot.after = self.free;
        self.free = at;
        self.taken -= 1;
        if self.taken == 0 && self.slots.len() > KEPT {
            *self = Line::new();
        }
        entry
    }

    /// All entries that have a place, whether in line or called; the line is empty then.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = T> + use<T> {
        std::mem::replace(self, Line::new()).slots.into_iter().filter_map(|slot| slot.entry)
    }

    fn step_out(&mut self, at: u32) {
        let Slot { before, after, .. } = self.slots[at as usize];
        self.slots[at as usize].in_line = false;
        match before {
            NOBODY => self.first = after,
            before => self.slots[before as usize].after = after,
        }
        match after {
            NOBODY => self.last = before,
            after => self.slots[after as usize].before = before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_from_the_middle_is_missed_by_nobody() {
        let mut line = Line::new();
        let _a = line.join("a");
        let b = line.join("b");
        let _c = line.join("c");
        assert_eq!(line.leave(b), "b");
        let called: Vec<_> = std::iter::from_fn(|| line.call_first().copied()).collect();
        assert_eq!(called, ["a", "c"]);
    }

    #[test]
    fn pitfall_53_a_line_that_was_long_gives_its_memory_back() {
        let mut line = Line::new();
        let places: Vec<Place> = (0..100_000).map(|n| line.join(n)).collect();
        for place in places {
            line.leave(place);
        }
        assert_eq!((line.slots.capacity(), line.first()), (0, None));
    }
}
