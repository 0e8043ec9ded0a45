//! What tasks cost: to spawn them, to switch between them, to wake and to park them, their timers
//! and their channels.
//!
//! `cargo bench` measures all of it, each figure several times in a process of its own, and prints
//! the medians with the command behind each. With arguments, one benchmark runs once and prints a
//! line of JSON, as benchmark drivers want it:
//!
//! ```text
//! tasks BENCH N [TASKS] [--generators] [--slack NANOSECONDS]
//! ```
//!
//! `--generators` takes hand-written generators instead of futures (for `spawn` and `yield`),
//! `--slack` is how late the kernel may end a sleep (for `timer_fire`).
//!
//! | file | BENCH |
//! |---|---|
//! | `spawning` | `spawn`, `join` |
//! | `switching` | `yield`, `wakeyield` |
//! | `waking` | `ring`, `wake`, `wake_spin` |
//! | `timers` | `timer_cancel`, `timer_fire` |
//! | `channels` | `chan`, `oneshot` |
//! | `memory` | `parked`, `parked_sleep` |
//! | `table` | all of them, for a person |

mod channels;
mod memory;
mod spawning;
mod switching;
mod table;
mod timers;
mod waking;

use std::process::ExitCode;
use std::time::Duration;

use eagain_sys::affinity;

/// What came of a benchmark: figures by name, or why there are none here.
pub(crate) type Outcome = Result<Vec<(&'static str, f64)>, &'static str>;

/// How tasks are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tasks {
    Futures,
    Generators,
}

/// Nanoseconds for each of `n`.
pub(crate) fn each(time: Duration, n: usize) -> Outcome {
    Ok(vec![("ns", time.as_nanos() as f64 / n as f64)])
}

/// Keeps this thread on a processor, since a figure in nanoseconds does not survive a move.
pub(crate) fn stay_on(processor: usize) {
    // Where that cannot be had, the figures are less steady, and as true.
    affinity::pin(processor).ok();
}

/// What is to be measured.
struct Asked {
    bench: String,
    n: usize,
    tasks: usize,
    written: Tasks,
    slack: Option<Duration>,
}

fn measure(asked: &Asked, other_processor: Option<usize>) -> Outcome {
    let Asked { n, tasks, written, slack, .. } = *asked;
    match asked.bench.as_str() {
        "spawn" => spawning::spawn_and_finish(n, written),
        "join" => spawning::spawn_and_join(n),
        "yield" => switching::give_way(n, tasks, written),
        "wakeyield" => switching::wake_oneself(n, tasks),
        "ring" => waking::ring(n, tasks),
        "wake" => waking::there_and_back(n, false, other_processor),
        "wake_spin" => waking::there_and_back(n, true, other_processor),
        "timer_cancel" => timers::set_and_cancel(n),
        "timer_fire" => timers::fire(n, slack),
        "chan" => channels::channel(n),
        "oneshot" => channels::oneshot(n),
        "parked" => memory::parked(n, false),
        "parked_sleep" => memory::parked(n, true),
        _ => Err("no such benchmark"),
    }
}

fn parse(args: impl Iterator<Item = String>) -> Result<Option<Asked>, String> {
    let number = |text: &str| text.parse::<usize>().map_err(|_| format!("{text:?}: no number"));
    let (mut plain, mut written, mut slack) = (Vec::new(), Tasks::Futures, None);
    let mut args = args.filter(|arg| arg != "--bench"); // cargo's
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--generators" => written = Tasks::Generators,
            "--slack" => {
                let nanos = number(&args.next().unwrap_or_default())?;
                slack = Some(Duration::from_nanos(nanos as u64));
            }
            option if option.starts_with('-') => return Err(format!("no option {option:?}")),
            _ => plain.push(arg),
        }
    }
    let (n, tasks) = match &plain[..] {
        [] => return Ok(None),
        [_, n] => (number(n)?, 1),
        [_, n, tasks] => (number(n)?, number(tasks)?),
        _ => return Err("BENCH N [TASKS] expected".into()),
    };
    if n == 0 || tasks == 0 {
        return Err("nothing to measure".into());
    }
    Ok(Some(Asked { bench: plain.swap_remove(0), n, tasks, written, slack }))
}

fn main() -> ExitCode {
    let asked = match parse(std::env::args().skip(1)) {
        Ok(Some(asked)) => asked,
        Ok(None) => return table::print(),
        Err(why) => {
            eprintln!("tasks: {why}");
            return ExitCode::from(2);
        }
    };
    let processors = affinity::allowed().unwrap_or_default();
    if let Some(first) = processors.first() {
        stay_on(*first);
    }
    match measure(&asked, processors.get(1).copied()) {
        Ok(figures) => {
            let shown: String =
                figures.iter().map(|(name, value)| format!(",\"{name}\":{value:.3}")).collect();
            println!("{{\"ok\":true,\"bench\":\"{}\"{shown}}}", asked.bench);
        }
        Err(why) => println!("{{\"na\":\"{why}\"}}"),
    }
    ExitCode::SUCCESS
}
