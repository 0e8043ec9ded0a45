//! The table of tasks, by their keys.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::event_loop::slab::Key;
use crate::event_loop::task::{Phase, ROOMY, Task};
use crate::task::generator::Place;

/// All tasks of a loop. A slot keeps its `Task` when that has finished, for the next one: only
/// its key changes, so that whoever has the old key finds nothing.
#[derive(Default)]
pub(crate) struct Table {
    slots: RefCell<Vec<Rc<Task>>>,
    /// Those that nobody uses.
    spare: RefCell<Vec<Rc<Task>>>,
    /// How many of these have kept room for another of their kind.
    rooms: Cell<usize>,
}

/// So many spare slots keep their room: a crowd's memory is given back.
const ROOMS: usize = 1024;

impl Table {
    /// Puts a new task on the table: READY, and joinable. Its body is for the caller to put in.
    #[inline(always)]
    pub(crate) fn insert(&self, spawned_at: Place, turn: u32) -> Rc<Task> {
        let spare = self.spare.borrow_mut().pop();
        let task = spare.unwrap_or_else(|| self.new_slot(spawned_at));
        if task.begin_life(spawned_at, turn) {
            self.rooms.set(self.rooms.get() - 1);
        }
        task
    }

    #[cold]
    fn new_slot(&self, spawned_at: Place) -> Rc<Task> {
        let mut slots = self.slots.borrow_mut();
        let task = Rc::new(Task::blank(Key::new(slots.len() as u32, 0), spawned_at));
        slots.push(task.clone());
        task
    }

    #[inline(always)]
    pub(crate) fn get(&self, key: Key) -> Option<Rc<Task>> {
        let slots = self.slots.borrow();
        let task = slots.get(key.index() as usize)?;
        (task.key() == key && task.phase.get() != Phase::Gone).then(|| task.clone())
    }

    /// Takes a finished task off the table. Its memory is used again if the table and the
    /// caller are the last to hold it; what holds it longer must not meet a stranger there.
    #[inline]
    pub(crate) fn remove(&self, task: &Rc<Task>) {
        if task.phase.replace(Phase::Gone) == Phase::Gone {
            return;
        }
        let key = task.key();
        let next = Key::new(key.index(), key.generation().wrapping_add(1));
        let spare = if Rc::strong_count(task) <= 2 {
            task.set_key(next);
            self.keep_room(task);
            task.clone()
        } else {
            self.replace_slot(next, task.spawned_at())
        };
        self.spare.borrow_mut().push(spare);
    }

    #[inline]
    fn keep_room(&self, task: &Task) {
        let rooms = self.rooms.get();
        task.mark(ROOMY, rooms < ROOMS);
        if rooms < ROOMS {
            self.rooms.set(rooms + 1);
        } else {
            task.body.take();
            task.take_unwanted();
        }
    }

    #[cold]
    fn replace_slot(&self, key: Key, spawned_at: Place) -> Rc<Task> {
        let fresh = Rc::new(Task::blank(key, spawned_at));
        self.slots.borrow_mut()[key.index() as usize] = fresh.clone();
        fresh
    }

    pub(crate) fn all(&self) -> Vec<Rc<Task>> {
        self.slots.borrow().iter().filter(|task| task.phase.get() != Phase::Gone).cloned().collect()
    }
}
