//! Step 6: functions that can be paused, and a scheduler that knows nothing but time.
//!
//! A sleeper does not sleep. It says until when it has nothing to do (`Step::Yield`) and
//! returns to its caller; where it has to go on is in its fields. The scheduler keeps all of them
//! by the time they named, sleeps until the first, and *resumes* whoever is due. One thread, one
//! call that waits, and two sleeps take as long as one.
//!
//! ```text
//! cargo run --release --example 06_sleepers
//! cargo run --release --example 06_sleepers 1
//! ```
//!
//! In strace, two sleepers of a second are one call, a `poll` of nothing:
//!
//! ```text
//! poll([], 0, 1000) = 0 (Timeout)
//! ```

#[path = "pages/command_line.rs"]
mod command_line;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use eagain_sys::clock;
use eagain_sys::poll::poll;

const ABOUT: &str = "\
Two generators sleep at the same time, then SLEEPERS of them: SECONDS each (0.4 s and 20000 of them
if nothing is said).";

/// What a generator says when it gives control back.
enum Step<R> {
    /// Resume me at this time.
    Yield(Instant),
    /// This is my value, and I am done.
    Return(R),
}

/// A function that can be paused.
trait Generator {
    type Return;

    /// Runs it from where it stopped to the next pause or to its end.
    fn resume(&mut self) -> Step<Self::Return>;
}

/// Sleeps a number of times in a row, and returns how long it took in all.
struct Sleeper {
    nap: Duration,
    naps_left: u32,
    began: Option<Instant>,
}

impl Sleeper {
    fn new(naps: u32, nap: Duration) -> Sleeper {
        Sleeper { nap, naps_left: naps, began: None }
    }
}

impl Generator for Sleeper {
    type Return = Duration;

    fn resume(&mut self) -> Step<Duration> {
        let now = clock::now();
        let began = *self.began.get_or_insert(now);
        if self.naps_left == 0 {
            return Step::Return(now - began);
        }
        self.naps_left -= 1;
        Step::Yield(now + self.nap)
    }
}

/// Runs all `generators`, and answers their values in the order in which they ended, and how
/// often it had to wait.
fn run<G: Generator>(generators: &mut [G]) -> eagain_sys::Result<(Vec<G::Return>, u64)> {
    let mut ready: VecDeque<usize> = (0..generators.len()).collect();
    let mut sleeping = BinaryHeap::new();
    let (mut values, mut waits) = (Vec::new(), 0);
    loop {
        // 1. Whoever is ready runs until it yields or returns.
        while let Some(n) = ready.pop_front() {
            match generators[n].resume() {
                Step::Yield(until) => sleeping.push(Reverse((until, n))),
                Step::Return(value) => values.push(value),
            }
        }
        // 2. Then there is nothing to do until the first of the others is due.
        let Some(Reverse((first, _))) = sleeping.peek() else { return Ok((values, waits)) };
        let idle = first.saturating_duration_since(clock::now());
        if !idle.is_zero() {
            waits += 1;
            match poll(&mut [], Some(idle)) {
                Err(e) if !e.is_interrupted() => return Err(e),
                _ => {}
            }
        }
        // 3. Whoever is due by now is ready: nobody too early, and all of the late ones at once.
        let now = clock::now();
        while sleeping.peek().is_some_and(|Reverse((until, _))| *until <= now) {
            ready.extend(sleeping.pop().map(|Reverse((_, n))| n));
        }
    }
}

fn main() -> ExitCode {
    let (length, sleepers) = arguments();
    command_line::finish(show(length, sleepers))
}

fn show(length: Duration, sleepers: usize) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();

    let mut two = [Sleeper::new(1, length), Sleeper::new(1, length)];
    let began = clock::now();
    let (slept, waits) = run(&mut two)?;
    let (wall, sum) = (began.elapsed(), slept.iter().sum::<Duration>());
    writeln!(out, "2 sleepers, {length:?} each:")?;
    writeln!(out, "  {sum:.3?} of sleep in {wall:.3?}, by {waits} waits of the thread")?;

    let mut many: Vec<_> = (0..sleepers).map(|_| Sleeper::new(4, length / 4)).collect();
    let (began, cpu_before) = (clock::now(), clock::thread_cpu_time());
    let (slept, waits) = run(&mut many)?;
    let (wall, cpu) = (began.elapsed(), clock::thread_cpu_time() - cpu_before);
    let sum = slept.iter().sum::<Duration>();
    writeln!(out, "{sleepers} sleepers, 4 times {:?} each:", length / 4)?;
    writeln!(out, "  {sum:.0?} of sleep in {wall:.3?}, by {waits} waits of the thread")?;
    writeln!(out, "  CPU {cpu:.1?}, {} bytes a sleeper", size_of::<Sleeper>())?;
    Ok(())
}

fn arguments() -> (Duration, usize) {
    let given = command_line::arguments("[SECONDS [SLEEPERS]]", ABOUT);
    if given.len() > 2 {
        command_line::refuse("at most two numbers expected (see --help)");
    }
    let seconds = given.first().map_or(Some(Duration::from_millis(400)), |text| {
        let length = Duration::try_from_secs_f64(text.parse().ok()?).ok()?;
        (length <= Duration::from_secs(86400)).then_some(length)
    });
    let sleepers = given
        .get(1)
        .map_or(Some(20_000), |text| text.parse().ok().filter(|n| (1..=10_000_000).contains(n)));
    (
        seconds.unwrap_or_else(|| command_line::refuse("SECONDS: a number from 0 to 86400")),
        sleepers.unwrap_or_else(|| command_line::refuse("SLEEPERS: a number from 1 to 10000000")),
    )
}
