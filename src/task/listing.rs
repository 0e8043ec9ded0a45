//! The tasks of a loop, as a person wants to see them.

use std::fmt;
use std::panic::Location;

use crate::event_loop::core::Core;
use crate::event_loop::reactor::Reactor;
use crate::event_loop::table::{Task, TaskId};
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
    /// Where it was spawned.
    pub spawned_at: &'static Location<'static>,
}

impl TaskInfo {
    pub(crate) fn of_all(core: &Core) -> Vec<TaskInfo> {
        let tasks = core.scheduler.tasks();
        tasks.iter().map(|task| TaskInfo::of(task, &core.reactor)).collect()
    }

    fn of(task: &Task, reactor: &Reactor) -> TaskInfo {
        let waits_for = match task.state() {
            State::Waiting => in_words(task.on.get(), !task.timer.get().is_none(), reactor),
            _ => String::new(),
        };
        let stands_at = task.look_at_body(|body| body.state_name()).unwrap_or_default();
        TaskInfo {
            id: TaskId(task.key()),
            state: task.state(),
            waits_for,
            since_turn: task.since(),
            stands_at,
            spawned_at: task.spawned_at(),
        }
    }
}

/// "read fd 7", "timer", "read fd 7 or timer", "woken".
pub(crate) fn in_words(on: On, timer: bool, reactor: &Reactor) -> String {
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
        write!(f, "{} {}", self.id, self.state)?;
        if !self.waits_for.is_empty() {
            write!(f, " {}", self.waits_for)?;
        }
        write!(f, " since turn {}", self.since_turn)?;
        if !self.stands_at.is_empty() {
            write!(f, " in {:?}", self.stands_at)?;
        }
        write!(f, " ({})", self.spawned_at)
    }
}
