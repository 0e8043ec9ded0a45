//! Deadlines: a wheel for setting and cancelling in constant time, and an exact answer to
//! "when is the next one?".
//!
//! Time is counted in nanoseconds, see [`Moment`]. A deadline shares its leading digits
//! (of six bits each) with the present; the first digit that differs names the level, its value
//! the slot, so that a slot of level 0 is 65 µs wide and one of each next level 64 times as
//! wide. As the present moves into a slot, its deadlines move down to finer slots.
//!
//! A wheel alone knows a deadline only to the width of its slot, and a loop that slept until
//! the slot begins would wake for nothing. So a slot can put itself in order: the first time
//! its earliest deadline is asked for, it becomes a heap, and stays one. Slots in the far future
//! are never asked, and there setting and cancelling stay at one push and one swap.

use std::collections::HashMap;
use std::rc::Rc;
use std::task::Waker;

use crate::event_loop::moment::Moment;
use crate::event_loop::slab::Key;
use crate::event_loop::task::Task;
use crate::event_loop::waiter::Waiter;

const DIGIT: u32 = 6;
const SLOTS: usize = 1 << DIGIT;
/// The width of a slot of level 0: 2^16 ns = 65.5 µs.
const FINEST: u32 = 16;
/// A slot that is empty keeps room for so many.
const KEPT: usize = 512;
const LEVELS: usize = (u64::BITS - 2 - FINEST).div_ceil(DIGIT) as usize;
const _: () = assert!(LEVELS == 8 && Timers::ALL == LEVELS * SLOTS);

pub(crate) struct Timers {
    /// No slot before this one is occupied; never ahead of the clock.
    present: u64,
    /// Tells deadlines that are equal apart: first set, first fired.
    next_order: u32,
    timers: Vec<Timer>,
    /// The first entry that is free, which names the next one.
    free: u32,
    set: usize,
    /// The wakers that are no task's of this loop, by the number of their timer.
    foreign: HashMap<u32, Waker>,
    /// The generation of a new entry: a key that strays to another loop finds nothing there.
    first: u32,
    /// A bit for each slot of a level that is not empty.
    occupied: [u64; LEVELS],
    /// Of level after level. A power of two: the compiler need not check a masked number.
    slots: Box<[Slot; Timers::ALL]>,
}

/// 32 bytes, since a server has one for each connection.
struct Timer {
    at: u64,
    /// Whom it tells, unless that is foreign.
    task: Option<Rc<Task>>,
    /// Changes when it fires or is taken back.
    generation: u32,
    order: u32,
    /// Where it stands in its slot; of a free entry, the next one.
    position: u32,
    slot: u16,
}

/// The slot of an entry that is free, and the end of those.
const FREE: u16 = u16::MAX;
const NO_MORE: u32 = u32::MAX;

/// The timers that fall due in one stretch of time, by number.
#[derive(Default)]
struct Slot {
    timers: Vec<u32>,
    /// It is a heap, the earliest first.
    ordered: bool,
}

impl Timer {
    fn is_before(&self, other: &Timer) -> bool {
        // The distance of two orders, not the orders: they wrap around.
        self.at < other.at
            || self.at == other.at && (self.order.wrapping_sub(other.order) as i32) < 0
    }
}

impl Timers {
    const ALL: usize = 512;

    /// `number` is the loop's.
    pub(crate) fn new(present: Moment, number: u64) -> Timers {
        Timers {
            present: present.nanos(),
            next_order: 0,
            timers: Vec::new(),
            free: NO_MORE,
            set: 0,
            foreign: HashMap::new(),
            // Fibonacci hashing: consecutive numbers land far apart.
            first: (number as u32).wrapping_mul(0x9E37_79B9),
            occupied: [0; LEVELS],
            slots: Box::new(std::array::from_fn(|_| Slot::default())),
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.set
    }

    /// Sets a timer.
    #[inline]
    pub(crate) fn insert(&mut self, deadline: Moment, waiter: Waiter) -> Key {
        let order = self.next_order;
        self.next_order = order.wrapping_add(1);
        self.set += 1;
        let number = self.take_entry();
        let timer = &mut self.timers[number as usize];
        timer.at = deadline.nanos();
        timer.order = order;
        let key = Key::new(number, timer.generation);
        match waiter {
            Waiter::Task(task) => timer.task = Some(task),
            Waiter::Waker(waker) => drop(self.foreign.insert(number, waker)),
        }
        self.place(number);
        key
    }

    #[inline]
    fn take_entry(&mut self) -> u32 {
        let number = self.free;
        if let Some(entry) = self.timers.get(number as usize) {
            self.free = entry.position;
            return number;
        }
        // Two bits of a key stay free for those who pack something beside it.
        assert!(self.timers.len() < 1 << 30, "more than 2^30 timers");
        let (at, generation) = (0, self.first);
        self.timers.push(Timer { at, task: None, generation, order: 0, position: 0, slot: FREE });
        self.timers.len() as u32 - 1
    }

    /// Lets a key find nothing any more, and gives back what it found. It must be off its slot.
    #[inline]
    fn give_entry(&mut self, number: u32) -> Option<Waiter> {
        let timer = &mut self.timers[number as usize];
        timer.generation = timer.generation.wrapping_add(1);
        timer.slot = FREE;
        timer.position = self.free;
        self.free = number;
        self.set -= 1;
        match timer.task.take() {
            Some(task) => Some(Waiter::Task(task)),
            None => self.foreign.remove(&number).map(Waiter::Waker),
        }
    }

    fn find(&self, key: Key) -> Option<&Timer> {
        let timer = self.timers.get(key.index() as usize)?;
        (timer.generation == key.generation() && timer.slot != FREE).then_some(timer)
    }

    /// Takes a timer back; `None` if it has fired.
    #[inline]
    pub(crate) fn remove(&mut self, key: Key) -> Option<Waiter> {
        let timer = self.find(key)?;
        self.unplace(timer.slot, timer.position);
        self.give_entry(key.index())
    }

    /// Lets a timer tell somebody else; `None` if it has fired.
    pub(crate) fn replace_waiter(&mut self, key: Key, waiter: Waiter) -> Option<Waiter> {
        self.find(key)?;
        let timer = &mut self.timers[key.index() as usize];
        let before = match timer.task.take() {
            Some(task) => Some(Waiter::Task(task)),
            None => self.foreign.remove(&key.index()).map(Waiter::Waker),
        };
        match waiter {
            Waiter::Task(task) => timer.task = Some(task),
            Waiter::Waker(waker) => drop(self.foreign.insert(key.index(), waker)),
        }
        before
    }

    /// Calls `f` with each task that a timer tells.
    pub(crate) fn each_told(&self, mut f: impl FnMut(Key)) {
        self.timers.iter().filter_map(|timer| timer.task.as_ref()).for_each(|task| f(task.key()));
    }

    /// Whether it is this task that a timer tells.
    #[inline]
    pub(crate) fn tells(&self, key: Key, task: &Rc<Task>) -> bool {
        let told = self.find(key).and_then(|timer| timer.task.as_ref());
        told.is_some_and(|told| Rc::ptr_eq(told, task))
    }

    /// When a timer is due; `None` if it has fired.
    pub(crate) fn deadline(&self, key: Key) -> Option<Moment> {
        self.find(key).map(|timer| Moment::from_nanos(timer.at))
    }

    /// Whether the key is or was one of these timers.
    pub(crate) fn knew(&self, key: Key) -> bool {
        let age = |generation: u32| generation.wrapping_sub(self.first);
        let timer = self.timers.get(key.index() as usize);
        timer.is_some_and(|timer| age(key.generation()) <= age(timer.generation))
    }

    /// The earliest deadline, to the nanosecond.
    pub(crate) fn next_deadline(&mut self) -> Option<Moment> {
        let (level, slot) = self.first_slot()?;
        let first = self.earliest_of(level, slot);
        Some(Moment::from_nanos(self.timers[first as usize].at))
    }

    /// Takes the earliest timer whose deadline is not after `now`.
    pub(crate) fn pop_due(&mut self, now: Moment) -> Option<Waiter> {
        let now = now.nanos();
        loop {
            let Some((level, slot)) = self.first_slot() else {
                self.present = now;
                return None;
            };
            let begin = self.begin_of(level, slot);
            if begin > now {
                self.present = now;
                return None;
            }
            if level > 0 {
                self.present = begin;
                self.move_down(level, slot);
                continue;
            }
            let first = self.earliest_of(level, slot);
            if self.timers[first as usize].at > now {
                return None;
            }
            self.unplace(slot as u16, 0);
            return self.give_entry(first);
        }
    }

    /// Puts a timer into the slot where it belongs as seen from the present.
    #[inline]
    fn place(&mut self, number: u32) {
        let Timers { occupied, slots, timers, present, .. } = self;
        let timer = &mut timers[number as usize];
        // What is past belongs where the present is.
        let at = timer.at.max(*present);
        let differing = (at ^ *present) >> FINEST;
        let level = if differing == 0 { 0 } else { (differing.ilog2() / DIGIT) as usize };
        let index = (at >> (FINEST + level as u32 * DIGIT)) as usize % SLOTS;
        occupied[level % LEVELS] |= 1 << index;
        let slot = &mut slots[(level * SLOTS + index) % Timers::ALL];
        let last = slot.timers.len();
        slot.timers.push(number);
        timer.slot = (level * SLOTS + index) as u16;
        timer.position = last as u32;
        if slot.ordered {
            slot.sift_up(last, timers);
        }
    }

    #[inline]
    fn unplace(&mut self, number: u16, position: u32) {
        let (level, index) = (number as usize / SLOTS, number as usize % SLOTS);
        let position = position as usize;
        let Timers { occupied, slots, timers, .. } = self;
        let slot = &mut slots[number as usize % Timers::ALL];
        slot.timers.swap_remove(position);
        if let Some(&moved) = slot.timers.get(position) {
            timers[moved as usize].position = position as u32;
            if slot.ordered {
                slot.sift_down(position, timers);
                slot.sift_up(position, timers);
            }
        } else if slot.timers.is_empty() {
            slot.ordered = false;
            occupied[level % LEVELS] &= !(1 << index);
        }
    }

    /// The first slot that is occupied: that of the lowest level, since a level begins where the
    /// one below it ends.
    fn first_slot(&self) -> Option<(usize, usize)> {
        let level = self.occupied.iter().position(|slots| *slots != 0)?;
        Some((level, self.occupied[level].trailing_zeros() as usize))
    }

    /// The nanosecond at which a slot begins.
    fn begin_of(&self, level: usize, slot: usize) -> u64 {
        let low = FINEST + level as u32 * DIGIT;
        let above = self.present.checked_shr(low + DIGIT).unwrap_or(0);
        above.checked_shl(low + DIGIT).unwrap_or(0) | (slot as u64) << low
    }

    fn earliest_of(&mut self, level: usize, slot: usize) -> u32 {
        let Timers { slots, timers, .. } = self;
        let slot = &mut slots[level * SLOTS + slot];
        slot.put_in_order(timers);
        slot.timers[0]
    }

    /// Hands the timers of a slot that the present has reached on to finer slots.
    fn move_down(&mut self, level: usize, slot: usize) {
        self.occupied[level] &= !(1 << slot);
        let number = level * SLOTS + slot;
        let mut reached = std::mem::take(&mut self.slots[number]).timers;
        for timer in reached.drain(..) {
            self.place(timer);
        }
        // Those who come here next find room, unless it was a crowd's.
        if reached.capacity() <= KEPT {
            self.slots[number].timers = reached;
        }
    }
}

impl Slot {
    /// Makes a heap of it, from the last parent up to the root.
    fn put_in_order(&mut self, timers: &mut [Timer]) {
        if self.ordered {
            return;
        }
        for parent in (0..self.timers.len() / 2).rev() {
            self.sift_down(parent, timers);
        }
        self.ordered = true;
    }

    /// Whether the timer in one place is due before the one in another.
    fn is_before(&self, a: usize, b: usize, timers: &[Timer]) -> bool {
        timers[self.timers[a] as usize].is_before(&timers[self.timers[b] as usize])
    }

    fn sift_up(&mut self, mut at: usize, timers: &mut [Timer]) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if !self.is_before(at, parent, timers) {
                break;
            }
            self.swap(at, parent, timers);
            at = parent;
        }
    }

    fn sift_down(&mut self, mut at: usize, timers: &mut [Timer]) {
        loop {
            let mut first = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.timers.len() && self.is_before(child, first, timers) {
                    first = child;
                }
            }
            if first == at {
                break;
            }
            self.swap(at, first, timers);
            at = first;
        }
    }

    fn swap(&mut self, a: usize, b: usize, timers: &mut [Timer]) {
        self.timers.swap(a, b);
        for at in [a, b] {
            timers[self.timers[at] as usize].position = at as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_is_half_a_cache_line() {
        assert_eq!(size_of::<Timer>(), 32);
    }
}
