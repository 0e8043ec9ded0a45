//! Who blocks the loop: how long each resume takes, and on the board, what runs right now.
//!
//! A loop that nobody watches reads no clock and writes nothing: see `OBSERVED` in `core`.

use std::fmt;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use eagain_sys::board::{self, Activity, Entry};
use eagain_sys::{clock, signal};

use crate::error::LoopError;
use crate::event_loop::blocked::Blocked;
use crate::event_loop::scheduler::Scheduler;
use crate::event_loop::task::{Task, TaskId};
use crate::stderr;
use crate::task::body::quietly;
use crate::task::generator::Place;

/// What a task may take in one resume before it is reported, unless the builder says otherwise.
const DEFAULT: Option<Duration> =
    if cfg!(debug_assertions) { Some(Duration::from_millis(100)) } else { None };

static RUNS: Activity = Activity("runs task");
static TURNS: Activity = Activity("runs no task");
static SLEEPS: Activity = Activity("sleeps in the kernel");

/// How a loop is to be watched. Crosses threads with its builder.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// What the loop is called.
    pub(crate) name: Option<Arc<str>>,
    pub(crate) threshold: Option<Duration>,
    pub(crate) hook: Option<Hook>,
    pub(crate) answers: bool,
}

impl Rules {
    pub(crate) fn new() -> Rules {
        Rules { name: None, threshold: DEFAULT, hook: None, answers: false }
    }
}

/// Who wants to know instead of standard error.
#[derive(Clone)]
pub(crate) struct Hook(pub(crate) Arc<dyn Fn(&Blocked) + Send + Sync>);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

pub(crate) struct Watch {
    name: Option<Rc<str>>,
    threshold: Option<Duration>,
    hook: Option<Hook>,
    /// The loop answers SIGUSR1.
    entry: Option<Entry>,
}

/// A resume that is watched.
pub(crate) struct Begun {
    at: Duration,
    awaited_at: Option<Place>,
}

impl Watch {
    pub(crate) fn new(rules: Rules) -> io::Result<Watch> {
        let Rules { name, threshold, hook, answers } = rules;
        let name: Option<Rc<str>> = name.map(|name| Rc::from(&*name));
        let entry = if answers { Some(entry(name.as_deref().unwrap_or(""))?) } else { None };
        let watch = Watch { name, threshold, hook, entry };
        watch.rest();
        Ok(watch)
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(crate) fn is_on(&self) -> bool {
        self.threshold.is_some() || self.entry.is_some()
    }

    /// A task is about to be resumed. `None` if that is not watched: the loop is traced only.
    pub(crate) fn begin(&self, task: &Task) -> Option<Begun> {
        if !self.is_on() {
            return None;
        }
        // How long a task takes is a matter of real time, whatever clock the timers are on.
        let at = clock::monotonic();
        if let Some(entry) = &self.entry {
            let whom = (task.key().index().into(), task.spawned_at());
            entry.set(&RUNS, Some(whom), Some(at));
        }
        Some(Begun { at, awaited_at: task.awaits_at() })
    }

    /// It has yielded, returned or panicked, and was not parked or ended yet.
    pub(crate) fn end(&self, begun: Option<Begun>, task: &Task, scheduler: &Scheduler) {
        let Some(begun) = begun else { return };
        self.rest();
        let Some(threshold) = self.threshold else { return };
        let duration = clock::monotonic().saturating_sub(begun.at);
        if duration > threshold {
            self.report(begun, duration, task, scheduler);
        }
    }

    #[cold]
    fn report(&self, begun: Begun, duration: Duration, task: &Task, scheduler: &Scheduler) {
        // What others wrote is called: it must not take the loop along.
        quietly(|| {
            let blocked = Blocked {
                id: TaskId(task.key()),
                name: scheduler.name(task),
                event_loop: self.name.clone(),
                duration,
                awaited_at: begun.awaited_at,
                awaits_at: task.awaits_at(),
                stands_at: task.state_name(),
                spawned_at: task.spawned_at(),
            };
            match &self.hook {
                Some(Hook(hook)) => hook(&blocked),
                None => stderr::tell(blocked),
            }
        });
    }

    /// No task runs.
    pub(crate) fn rest(&self) {
        if let Some(entry) = &self.entry {
            entry.set(&TURNS, None, None);
        }
    }

    /// The loop is about to wait.
    pub(crate) fn sleep(&self) {
        if let Some(entry) = &self.entry {
            entry.set(&SLEEPS, None, Some(clock::monotonic()));
        }
    }
}

/// Lets the loop of this thread be asked by SIGUSR1.
fn entry(name: &str) -> io::Result<Entry> {
    let entry = Entry::claim(name).ok_or(LoopError::TooManyAnswer { most: board::ENTRIES })?;
    signal::answer_sigusr1()?; // once somebody is on the board
    Ok(entry)
}
