//! What is told of a task that blocked the loop.

use std::fmt;
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

use crate::event_loop::task::TaskId;

/// A task that did not give way for longer than the loop's threshold: all others, timers and
/// sources waited meanwhile. [`Builder::on_blocked`](crate::Builder::on_blocked) gets it.
///
/// Prints as one line: `task 3 "hash" blocked the loop "web" for 203.1ms between src/a.rs:10:5 and
/// src/a.rs:14:9, spawned at src/main.rs:40:16`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Blocked {
    /// Which task.
    pub id: TaskId,
    /// What its spawner called it.
    pub name: Option<Rc<str>>,
    /// What the loop's builder called the loop.
    pub event_loop: Option<Rc<str>>,
    /// How long it ran without giving way.
    pub duration: Duration,
    /// Where its future had awaited before; known in debug builds, for what this library has.
    pub awaited_at: Option<&'static Location<'static>>,
    /// Where it awaits now, if it did not end; known in debug builds, for what this library has.
    pub awaits_at: Option<&'static Location<'static>>,
    /// What its generator calls the state it has come to.
    pub stands_at: &'static str,
    /// Where it was spawned.
    pub spawned_at: &'static Location<'static>,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        if let Some(name) = &self.name {
            write!(f, " {name:?}")?;
        }
        write!(f, " blocked the loop")?;
        if let Some(name) = &self.event_loop {
            write!(f, " {name:?}")?;
        }
        write!(f, " for {:.1?}", self.duration)?;
        match (self.awaited_at, self.awaits_at) {
            (Some(from), Some(to)) => write!(f, " between {from} and {to}")?,
            (Some(from), None) => write!(f, " after {from}")?,
            (None, Some(to)) => write!(f, " before {to}")?,
            (None, None) => {}
        }
        if !self.stands_at.is_empty() {
            write!(f, ", is now in {:?}", self.stands_at)?;
        }
        write!(f, ", spawned at {}", self.spawned_at)
    }
}
