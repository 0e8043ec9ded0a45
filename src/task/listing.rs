//! The tasks of a loop, as a person wants to see them.

use std::collections::HashMap;
use std::fmt;
use std::panic::Location;
use std::rc::Rc;

use crate::event_loop::core::Core;
use crate::event_loop::reactor::Reactor;
use crate::event_loop::slab::Key;
use crate::event_loop::task::{Task, TaskId};
use crate::task::body::State;
use crate::task::generator::On;

/// What a task does, waits for, and where it came from.
///
/// Prints as one line: `task 3 WAITING read fd 7 since turn 12 in "head" (src/main.rs:40:16)`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskInfo {
    /// Which task.
    pub id: TaskId,
    /// What it does.
    pub state: State,
    /// What it waits for, in words; empty unless it is WAITING.
    pub waits_for: String,
    /// The turn in which it was last resumed or spawned.
    pub since_turn: u32,
    /// Where it stands: what its generator calls the state it is in.
    pub stands_at: &'static str,
    /// Where its future awaits; known in debug builds, for what this library has.
    pub awaits_at: Option<&'static Location<'static>>,
    /// What its spawner called it.
    pub name: Option<Rc<str>>,
    /// Where it was spawned.
    pub spawned_at: &'static Location<'static>,
}

impl TaskInfo {
    pub(crate) fn of_all(core: &Core) -> Vec<TaskInfo> {
        let leaves = Leaves::of(core, |_| true);
        let tasks = core.scheduler.tasks();
        tasks.iter().map(|task| TaskInfo::of(task, core, &leaves)).collect()
    }

    fn of(task: &Task, core: &Core, leaves: &Leaves) -> TaskInfo {
        let waiting = task.state() == State::Waiting;
        let waits_for = || match leaves.of_task(task.key()) {
            Some(leaves) if task.on.get() == On::WOKEN => leaves,
            _ => in_words(task.on.get(), task.has_timer(), &core.reactor),
        };
        let waits_for = if waiting { waits_for() } else { String::new() };
        let stands_at = task.state_name();
        TaskInfo {
            id: TaskId(task.key()),
            state: task.state(),
            waits_for,
            since_turn: task.since(),
            stands_at,
            awaits_at: task.awaits_at().filter(|_| waiting),
            name: core.scheduler.name(task),
            spawned_at: task.spawned_at(),
        }
    }
}

/// What futures wait for: the loop knows them as tasks that somebody wakes, but whoever is to wake
/// them knows more.
struct Leaves(HashMap<Key, Vec<String>>);

impl Leaves {
    /// Those of the tasks that are `wanted`. Looks at every source and timer: for people.
    fn of(core: &Core, wanted: impl Fn(Key) -> bool) -> Leaves {
        let mut leaves: HashMap<Key, Vec<String>> = HashMap::new();
        let mut add = |task: Key, what: String| {
            if wanted(task) {
                leaves.entry(task).or_default().push(what);
            }
        };
        core.reactor.each_waiting(|task, interest, fd| add(task, format!("{interest:?} fd {fd}")));
        core.timers.borrow().each_told(|task| add(task, "timer".to_owned()));
        Leaves(leaves)
    }

    /// "read fd 7 or timer"; of many, how many.
    fn of_task(&self, task: Key) -> Option<String> {
        let leaves = self.0.get(&task)?;
        let all = || leaves.join(" or ");
        Some(if leaves.len() <= 2 { all() } else { format!("one of {}", leaves.len()) })
    }
}

/// What a task yields that waits for `on`, perhaps with a deadline.
pub(crate) fn yielded(task: Key, on: On, timer: bool, core: &Core) -> String {
    let leaves = if on == On::WOKEN { Leaves::of(core, |t| t == task).of_task(task) } else { None };
    leaves.unwrap_or_else(|| in_words(on, timer, &core.reactor))
}

/// "read fd 7", "timer", "read fd 7 or timer", "woken".
fn in_words(on: On, timer: bool, reactor: &Reactor) -> String {
    let on = match on.as_source() {
        Some((key, interest)) => match reactor.source(key) {
            Some(io) => format!("{interest:?} fd {}", io.number),
            None => "a closed source".to_owned(),
        },
        None if on == On::NEXT_TURN || on.as_ready().is_some() => "next turn".to_owned(),
        None if on == On::DESCRIPTOR => "a close".to_owned(),
        None if timer || on == On::TIMER => return "timer".to_owned(),
        None => "woken".to_owned(),
    };
    if timer { on + " or timer" } else { on }
}

impl fmt::Display for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        if let Some(name) = &self.name {
            write!(f, " {name:?}")?;
        }
        write!(f, " {}", self.state)?;
        if !self.waits_for.is_empty() {
            write!(f, " {}", self.waits_for)?;
        }
        write!(f, " since turn {}", self.since_turn)?;
        if !self.stands_at.is_empty() {
            write!(f, " in {:?}", self.stands_at)?;
        }
        if let Some(at) = self.awaits_at {
            write!(f, " at {at}")?;
        }
        write!(f, " ({})", self.spawned_at)
    }
}
