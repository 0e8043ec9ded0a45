//! Deadlines: a wheel for setting and cancelling in constant time, and an exact answer to
//! "when is the next one?".
//!
//! Time is counted in nanoseconds from the loop's start. A deadline shares its leading digits
//! (of six bits each) with the present; the first digit that differs names the level, its value
//! the slot, so that a slot of level 0 is 65 µs wide and one of each next level 64 times as
//! wide. As the present moves into a slot, its deadlines move down to finer slots.
//!
//! A wheel alone knows a deadline only to the width of its slot, and a loop that slept until
//! the slot begins would wake for nothing. So a slot can put itself in order: the first time
//! its earliest deadline is asked for, it becomes a heap, and stays one. Slots in the far future
//! are never asked, and there setting and cancelling stay at one push and one swap.

use std::time::{Duration, Instant};

use crate::event_loop::slab::{Key, Slab};
use crate::event_loop::waiter::Waiter;

const DIGIT: u32 = 6;
const SLOTS: usize = 1 << DIGIT;
/// The width of a slot of level 0: 2^16 ns = 65.5 µs.
const FINEST: u32 = 16;
const LEVELS: usize = (u64::BITS - FINEST).div_ceil(DIGIT) as usize;

pub(crate) struct Timers {
    /// Nanosecond 0.
    start: Instant,
    /// No slot before this one is occupied; never ahead of the clock.
    present: u64,
    /// Tells deadlines that are equal apart: first set, first fired.
    next_order: u32,
    timers: Slab<Timer>,
    levels: Box<[Level; LEVELS]>,
}

struct Timer {
    waiter: Waiter,
    /// Where its deadline stands.
    slot: u16,
    position: u32,
}

struct Level {
    /// A bit for each slot that is not empty.
    occupied: u64,
    slots: [Slot; SLOTS],
}

impl Level {
    fn new() -> Level {
        Level { occupied: 0, slots: std::array::from_fn(|_| Slot::default()) }
    }
}

#[derive(Default)]
struct Slot {
    deadlines: Vec<Deadline>,
    /// It is a heap, the earliest first.
    ordered: bool,
}

#[derive(Clone, Copy)]
struct Deadline {
    at: u64,
    order: u32,
    timer: u32,
}

impl Deadline {
    fn is_before(&self, other: &Deadline) -> bool {
        // The distance of two orders, not the orders: they wrap around.
        self.at < other.at
            || self.at == other.at && (self.order.wrapping_sub(other.order) as i32) < 0
    }
}

impl Timers {
    /// `number` is the loop's.
    pub(crate) fn new(start: Instant, number: u64) -> Timers {
        let levels = Box::new(std::array::from_fn(|_| Level::new()));
        Timers { start, present: 0, next_order: 0, timers: Slab::numbered(number), levels }
    }

    pub(crate) fn len(&self) -> usize {
        self.timers.len()
    }

    /// The loop's count of nanoseconds at `instant`. What lies further ahead than 584 years is
    /// never.
    pub(crate) fn nanos(&self, instant: Instant) -> u64 {
        u64::try_from(instant.saturating_duration_since(self.start).as_nanos()).unwrap_or(u64::MAX)
    }

    /// The instant of a nanosecond; `None` for never.
    pub(crate) fn instant(&self, nanos: u64) -> Option<Instant> {
        self.start.checked_add(Duration::from_nanos(nanos))
    }

    /// Sets a timer.
    pub(crate) fn insert(&mut self, deadline: Instant, waiter: Waiter) -> Key {
        let at = self.nanos(deadline);
        let key = self.timers.insert(Timer { waiter, slot: 0, position: 0 });
        let order = self.next_order;
        self.next_order = order.wrapping_add(1);
        self.place(Deadline { at, order, timer: key.index() });
        key
    }

    /// Takes a timer back; `None` if it has fired.
    pub(crate) fn remove(&mut self, key: Key) -> Option<Waiter> {
        let timer = self.timers.remove(key)?;
        self.unplace(timer.slot, timer.position);
        Some(timer.waiter)
    }

    /// Lets a timer tell somebody else; `None` if it has fired.
    pub(crate) fn replace_waiter(&mut self, key: Key, waiter: Waiter) -> Option<Waiter> {
        self.timers.get_mut(key).map(|timer| std::mem::replace(&mut timer.waiter, waiter))
    }

    /// Whether the key is or was one of these timers.
    pub(crate) fn knew(&self, key: Key) -> bool {
        self.timers.knew(key)
    }

    /// The earliest deadline, to the nanosecond.
    pub(crate) fn next_deadline(&mut self) -> Option<u64> {
        let (level, slot) = self.first_slot()?;
        Some(self.earliest_of(level, slot).at)
    }

    /// Takes the earliest timer whose deadline is not after `now`.
    pub(crate) fn pop_due(&mut self, now: u64) -> Option<Waiter> {
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
            if first.at > now {
                return None;
            }
            self.unplace(slot as u16, 0);
            return self.timers.remove_index(first.timer).map(|t| t.waiter);
        }
    }

    /// Puts a deadline into the slot where it belongs as seen from the present.
    fn place(&mut self, deadline: Deadline) {
        // What is past belongs where the present is.
        let at = deadline.at.max(self.present);
        let differing = (at ^ self.present) >> FINEST;
        let level = if differing == 0 { 0 } else { (differing.ilog2() / DIGIT) as usize };
        let slot = (at >> (FINEST + level as u32 * DIGIT)) as usize % SLOTS;
        let number = (level * SLOTS + slot) as u16;
        self.levels[level].occupied |= 1 << slot;
        let Timers { levels, timers, .. } = self;
        let slot = &mut levels[level].slots[slot];
        slot.deadlines.push(deadline);
        let last = slot.deadlines.len() - 1;
        timers.at_mut(deadline.timer).slot = number;
        timers.at_mut(deadline.timer).position = last as u32;
        if slot.ordered {
            slot.sift_up(last, timers);
        }
    }

    fn unplace(&mut self, number: u16, position: u32) {
        let (level, index) = (number as usize / SLOTS, number as usize % SLOTS);
        let position = position as usize;
        let Timers { levels, timers, .. } = self;
        let slot = &mut levels[level].slots[index];
        slot.deadlines.swap_remove(position);
        if let Some(moved) = slot.deadlines.get(position) {
            timers.at_mut(moved.timer).position = position as u32;
            if slot.ordered {
                slot.sift_down(position, timers);
                slot.sift_up(position, timers);
            }
        } else if slot.deadlines.is_empty() {
            slot.ordered = false;
            levels[level].occupied &= !(1 << index);
        }
    }

    /// The first slot that is occupied: that of the lowest level, since a level begins where the
    /// one below it ends.
    fn first_slot(&self) -> Option<(usize, usize)> {
        let level = self.levels.iter().position(|l| l.occupied != 0)?;
        Some((level, self.levels[level].occupied.trailing_zeros() as usize))
    }

    /// The nanosecond at which a slot begins.
    fn begin_of(&self, level: usize, slot: usize) -> u64 {
        let low = FINEST + level as u32 * DIGIT;
        let above = self.present.checked_shr(low + DIGIT).unwrap_or(0);
        above.checked_shl(low + DIGIT).unwrap_or(0) | (slot as u64) << low
    }

    fn earliest_of(&mut self, level: usize, slot: usize) -> Deadline {
        let Timers { levels, timers, .. } = self;
        let slot = &mut levels[level].slots[slot];
        slot.put_in_order(timers);
        slot.deadlines[0]
    }

    /// Hands the deadlines of a slot that the present has reached on to finer slots.
    fn move_down(&mut self, level: usize, slot: usize) {
        self.levels[level].occupied &= !(1 << slot);
        let reached = std::mem::take(&mut self.levels[level].slots[slot]);
        for deadline in reached.deadlines {
            self.place(deadline);
        }
    }
}

impl Slot {
    /// Makes a heap of it, from the last parent up to the root.
    fn put_in_order(&mut self, timers: &mut Slab<Timer>) {
        if self.ordered {
            return;
        }
        for parent in (0..self.deadlines.len() / 2).rev() {
            self.sift_down(parent, timers);
        }
        self.ordered = true;
    }

    fn sift_up(&mut self, mut at: usize, timers: &mut Slab<Timer>) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if !self.deadlines[at].is_before(&self.deadlines[parent]) {
                break;
            }
            self.swap(at, parent, timers);
            at = parent;
        }
    }

    fn sift_down(&mut self, mut at: usize, timers: &mut Slab<Timer>) {
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let mut first = at;
            for child in [left, right] {
                if self.deadlines.get(child).is_some_and(|c| c.is_before(&self.deadlines[first])) {
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

    fn swap(&mut self, a: usize, b: usize, timers: &mut Slab<Timer>) {
        self.deadlines.swap(a, b);
        for at in [a, b] {
            timers.at_mut(self.deadlines[at].timer).position = at as u32;
        }
    }
}
