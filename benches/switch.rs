//! What a task costs: to spawn one and let it finish, and to go from one to the next.
//!
//! `cargo bench` prints nanoseconds for hand-written generators and for futures. With
//! arguments it runs one benchmark and prints a line of JSON, as benchmark drivers want it:
//! `switch spawn N`, `switch yield N TASKS`, with `--futures` for futures.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use eagain::{Context, EventLoop, Generator, Step, Wait};

/// How many tasks are spawned before the loop runs them.
const BATCH: usize = 1000;

/// Spawns batch after batch from inside the loop, as a server does.
struct Spawner {
    left: usize,
    finished: Rc<Cell<usize>>,
    futures: bool,
}

/// Finishes at once.
struct Mayfly(Rc<Cell<usize>>);

impl Generator for Mayfly {
    type Return = ();

    fn resume(&mut self, _: &mut Context<'_>) -> Step<()> {
        self.0.set(self.0.get() + 1);
        Step::Return(())
    }
}

impl Generator for Spawner {
    type Return = ();

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<()> {
        if self.left == 0 {
            return Step::Return(());
        }
        let batch = self.left.min(BATCH);
        self.left -= batch;
        for _ in 0..batch {
            let finished = self.finished.clone();
            if self.futures {
                cx.spawn(async move { finished.set(finished.get() + 1) }).detach();
            } else {
                cx.spawn(Mayfly(finished)).detach();
            }
        }
        Step::Yield(Wait::next_turn())
    }
}

/// Gives way so many times.
struct Giver(usize);

impl Generator for Giver {
    type Return = ();

    fn resume(&mut self, _: &mut Context<'_>) -> Step<()> {
        if self.0 == 0 {
            return Step::Return(());
        }
        self.0 -= 1;
        Step::Yield(Wait::next_turn())
    }
}

async fn give(times: usize) {
    for _ in 0..times {
        eagain::yield_now().await;
    }
}

/// Nanoseconds for each of `n` tasks spawned and finished.
fn spawn(n: usize, futures: bool) -> f64 {
    let mut event_loop = EventLoop::new().expect("an event loop");
    let finished = Rc::new(Cell::new(0));
    event_loop.spawn(Spawner { left: n, finished: finished.clone(), futures }).detach();
    let begin = Instant::now();
    event_loop.run().expect("a run");
    let time = begin.elapsed();
    assert_eq!(finished.get(), n, "tasks were lost");
    each(time, n)
}

/// Nanoseconds for each of `n` switches between `tasks` tasks.
fn switch(n: usize, tasks: usize, futures: bool) -> f64 {
    let mut event_loop = EventLoop::new().expect("an event loop");
    let times = (n / tasks).max(1);
    for _ in 0..tasks {
        if futures {
            event_loop.spawn(give(times)).detach();
        } else {
            event_loop.spawn(Giver(times)).detach();
        }
    }
    let begin = Instant::now();
    event_loop.run().expect("a run");
    let time = begin.elapsed();
    assert_eq!(
        event_loop.counts().resumes,
        (tasks * (times + 1)) as u64,
        "not every yield was a switch"
    );
    each(time, tasks * (times + 1))
}

fn each(time: Duration, n: usize) -> f64 {
    time.as_nanos() as f64 / n as f64
}

/// The median of nine runs.
fn median(run: impl Fn() -> f64) -> f64 {
    let mut runs: Vec<f64> = (0..9).map(|_| run()).collect();
    runs.sort_by(f64::total_cmp);
    runs[runs.len() / 2]
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let futures = args.iter().any(|arg| arg == "--futures");
    let args: Vec<&str> =
        args.iter().map(String::as_str).filter(|arg| *arg != "--futures").collect();
    let number = |text: &str| text.parse::<usize>().expect("a number");
    match args[..] {
        ["spawn", n] => println!("{{\"ok\":true,\"ns\":{:.3}}}", spawn(number(n), futures)),
        ["yield", n, tasks] => {
            println!("{{\"ok\":true,\"ns\":{:.3}}}", switch(number(n), number(tasks), futures));
        }
        [] => {
            for (who, futures) in [("generators", false), ("futures", true)] {
                println!("{who}: spawn and finish {:.1} ns", median(|| spawn(300_000, futures)));
                for tasks in [1, 1000, 100_000] {
                    let ns = median(|| switch(1_000_000, tasks, futures));
                    println!("{who}: switch between {tasks} tasks {ns:.1} ns");
                }
            }
        }
        _ => println!("{{\"na\":\"no such benchmark\"}}"),
    }
}
