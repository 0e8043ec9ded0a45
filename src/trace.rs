//! The loop tells what it does: in words on standard error, or in the output of strace.

use std::fmt;

use eagain_sys::mark::mark;

use crate::event_loop::core::Core;
use crate::event_loop::slab::Key;
use crate::task::body::{End, State};
use crate::task::generator::{Cause, Wait};
use crate::task::listing::{TaskInfo, yielded};

/// What a loop tells of itself while it runs. Off, it costs a comparison a resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Trace {
    /// Nothing.
    #[default]
    Off,
    /// A box for each turn on standard error: which tasks are ready, which wait for what.
    Turns,
    /// Marks between the system calls that strace shows: writes to a descriptor that cannot
    /// exist, at most 32 characters each. They name the task that is resumed, why, and what
    /// it yields.
    Strace,
}

impl Trace {
    #[inline]
    pub(crate) fn is_on(self) -> bool {
        self != Trace::Off
    }

    fn mark(self, text: impl FnOnce() -> String) {
        if self == Trace::Strace {
            mark(&text());
        }
    }

    pub(crate) fn spawned(self, task: Key) {
        self.mark(|| format!("spawn {}", task.index()));
    }

    #[cold]
    pub(crate) fn resumed(self, task: Key, cause: Cause) {
        self.mark(|| format!("resume {} {}", task.index(), brief(cause)));
        if self == Trace::Turns {
            eprintln!("│ Running  task {} ({cause})", task.index());
        }
    }

    #[cold]
    pub(crate) fn yielded(self, task: Key, wait: &Wait, core: &Core) {
        let what = || yielded(task, wait.on, wait.deadline.is_some(), core);
        self.mark(|| format!("yield {} {}", task.index(), what().replace("fd ", "")));
        if self == Trace::Turns {
            eprintln!("│          yields: {}", what());
        }
    }

    pub(crate) fn returned(self, task: Key, end: End) {
        let how = match end {
            End::Returned => "return",
            End::Panicked => "panic",
            End::Cancelled => "cancel",
        };
        self.mark(|| format!("{how} {}", task.index()));
        if self == Trace::Turns {
            eprintln!("│          {how}s");
        }
    }

    /// A turn begins.
    #[cold]
    pub(crate) fn turn(self, core: &Core) {
        let turn = core.turn.get();
        self.mark(|| format!("turn {turn}"));
        if self == Trace::Turns {
            eprint!("{}", Turn { turn, tasks: TaskInfo::of_all(core) });
        }
    }
}

/// A cause in few letters.
fn brief(cause: Cause) -> String {
    match cause {
        Cause::TimedOut => "timeout".to_owned(),
        Cause::Ready(ready) if ready.is_readable() && ready.is_writable() => {
            "readable|writable".to_owned()
        }
        Cause::Ready(ready) if ready.is_readable() => "readable".to_owned(),
        Cause::Ready(_) => "writable".to_owned(),
        other => other.to_string(),
    }
}

/// The state of affairs at the beginning of a turn.
struct Turn {
    turn: u32,
    tasks: Vec<TaskInfo>,
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "├─ turn {} ─────────────────────────────────────────", self.turn)?;
        let of = |state| self.tasks.iter().filter(move |task| task.state == state);
        let ready: Vec<String> = of(State::Ready).map(|task| task.id.to_string()).collect();
        let ready = if ready.is_empty() { "nobody".to_owned() } else { ready.join(", ") };
        writeln!(f, "│ Ready    {ready}")?;
        for (i, task) in of(State::Waiting).enumerate() {
            let title = if i == 0 { "Waiting" } else { "" };
            writeln!(f, "│ {title:<8} {}: {} {}", task.id, task.waits_for, task.stands_at)?;
        }
        Ok(())
    }
}
