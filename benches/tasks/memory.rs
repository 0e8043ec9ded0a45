//! What a task weighs that waits.

use std::future::pending;
use std::time::Duration;

use eagain::EventLoop;
use eagain::time::sleep;

use crate::Outcome;

const FAR: Duration = Duration::from_secs(3600);

/// Bytes for each of `n` tasks that wait for nothing, or for a timer.
pub(crate) fn parked(n: usize, timer: bool) -> Outcome {
    let mut event_loop = EventLoop::new().expect("an event loop");
    park(&mut event_loop, 100, timer); // what the loop itself needs is there
    let before = resident()?;
    park(&mut event_loop, n, timer);
    let after = resident()?;
    let counts = event_loop.counts();
    assert_eq!(counts.tasks, n + 100, "tasks were lost");
    assert_eq!(counts.timers, if timer { n + 100 } else { 0 }, "timers were lost");
    Ok(vec![("bytes", (after - before) / n as f64)])
}

fn park(event_loop: &mut EventLoop, n: usize, timer: bool) {
    for _ in 0..n {
        if timer {
            event_loop.spawn(sleep(FAR)).detach();
        } else {
            event_loop.spawn(pending::<()>()).detach();
        }
    }
    for _ in 0..2 {
        event_loop.turn(Some(Duration::ZERO)).expect("a turn");
    }
}

/// The bytes of memory that are the process's own, or its share of them.
fn resident() -> Result<f64, &'static str> {
    const NOT_HERE: &str = "the kernel does not tell how much memory is in use";
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").map_err(|_| NOT_HERE)?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.map(|kib| kib * 1024.0).ok_or(NOT_HERE)
}
