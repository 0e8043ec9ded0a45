//! What was measured, in words: beside what is said of threads and tasks, and scene by scene.

use std::io::{self, Write};
use std::time::Duration;

use crate::ROUNDS;
use crate::run::Run;

/// One of the two ways.
pub(crate) struct Row {
    pub(crate) fetch: Run,
    pub(crate) echo: (Run, Duration),
    pub(crate) idle: Run,
    pub(crate) switch: Duration,
}

pub(crate) fn print(threads: &Row, tasks: &Row) -> io::Result<()> {
    let mut out = io::stdout();
    table(threads, tasks)?;
    for (name, row) in [("threads", threads), ("tasks", tasks)] {
        let (fetch, (echo, waited)) = (&row.fetch, &row.echo);
        let (m, w) = (fetch.there.memory, fetch.whole);
        writeln!(out, "\n{} fetches by {name}:", fetch.made)?;
        writeln!(
            out,
            "  {} reserved, {} resident while all wait",
            bytes(m.reserved),
            bytes(m.resident)
        )?;
        writeln!(
            out,
            "  all asked after {}, done after {}; CPU {}; switches: {} voluntary, {} involuntary",
            time(fetch.there.wall),
            time(w.wall),
            time(w.cpu),
            w.voluntary,
            w.involuntary
        )?;
        let (requests, w) = (echo.made * (ROUNDS + 1), echo.whole);
        writeln!(out, "{} echoes on {} connections by {name}:", requests, echo.made)?;
        writeln!(
            out,
            "  {} a request; CPU {} a request; switches: {} voluntary, {} involuntary",
            time(*waited / (echo.made * ROUNDS).max(1) as u32),
            time(w.cpu / requests.max(1) as u32),
            w.voluntary,
            w.involuntary
        )?;
        let refusals = [&fetch.refused, &echo.refused, &row.idle.refused];
        for refusal in refusals.into_iter().flatten() {
            writeln!(out, "  {refusal}")?;
        }
    }
    Ok(())
}

/// What is said of both in general, and what they took here while they only were there.
fn table(threads: &Row, tasks: &Row) -> io::Result<()> {
    let (a, b) = (&threads.idle, &tasks.idle);
    let (am, bm) = (a.there.memory, b.there.memory);
    let each = |of_a, of_b| (bytes(a.each(of_a)), bytes(b.each(of_b)));
    let of_10_000 = |run: &Run| bytes(run.each(run.there.memory.reserved) * 10_000);

    line("", "a thread", ("here".into(), "here".into()), "a task")?;
    line("memory reserved", "1-8 MB", each(am.reserved, bm.reserved), "~1 KB")?;
    line("memory resident", "", each(am.resident, bm.resident), "")?;
    line("page tables", "", each(am.page_tables, bm.page_tables), "")?;
    line("stack in the kernel", "", each(am.kernel_stacks, bm.kernel_stacks), "")?;
    line("creation", "~50 us", (time(a.creation()), time(b.creation())), "~1 us")?;
    line("switch", "1-5 us", (time(threads.switch), time(tasks.switch)), "~0.1 us")?;
    line("10,000: reserved", "~20 GB", (of_10_000(a), of_10_000(b)), "~10 MB")?;
    writeln!(io::stdout(), "measured with {} threads and {} tasks that wait", a.made, b.made)
}

fn line(what: &str, thread: &str, here: (String, String), task: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{what:20} {thread:>9} {:>11}   {task:>9} {:>11}", here.0, here.1)
}

fn bytes(n: u64) -> String {
    match n {
        0..10_000 => format!("{n} B"),
        10_000..10_000_000 => format!("{:.1} KB", n as f64 / 1e3),
        10_000_000..10_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

fn time(time: Duration) -> String {
    let us = time.as_nanos() as f64 / 1000.0;
    match us {
        0.0..10.0 => format!("{us:.2} us"),
        10.0..10_000.0 => format!("{us:.0} us"),
        _ => format!("{:.0} ms", us / 1000.0),
    }
}
