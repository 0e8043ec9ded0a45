//! All figures, for a person: medians of several runs, and the least and the most of them.

use std::io::{self, Write};
use std::process::{Command, ExitCode};

/// How often each benchmark runs.
const RUNS: usize = 5;

/// What is measured, and by which arguments.
const ROWS: &[(&str, &str)] = &[
    ("spawn and finish", "spawn 1000000"),
    ("spawn and finish, by hand", "spawn 1000000 --generators"),
    ("spawn and join", "join 1000000"),
    ("switch, 1 task", "yield 2000000 1"),
    ("switch, 1,000 tasks", "yield 2000000 1000"),
    ("switch, 100,000 tasks", "yield 2000000 100000"),
    ("switch, 1 task, by hand", "yield 2000000 1 --generators"),
    ("switch, 1,000 tasks, by hand", "yield 2000000 1000 --generators"),
    ("switch, 100,000 tasks, by hand", "yield 2000000 100000 --generators"),
    ("wake oneself, 1,000 tasks", "wakeyield 2000000 1000"),
    ("wake the next of 1,000 tasks", "ring 1000000 1000"),
    ("wake across threads and back", "wake 20000"),
    ("the same, the other one spins", "wake_spin 50000"),
    ("channels, there and back", "chan 500000"),
    ("oneshot, there and back", "oneshot 500000"),
    ("set and cancel a timer", "timer_cancel 1000000"),
    ("100,000 timers in 1 s", "timer_fire 100000"),
    ("the same, slack 1 ns", "timer_fire 100000 --slack 1"),
    ("the same, slack 1 ms", "timer_fire 100000 --slack 1000000"),
    ("a parked task", "parked 100000"),
    ("a task parked on a timer", "parked_sleep 100000"),
];

/// Figures by name, in the order in which they were printed.
type Figures = Vec<(String, f64)>;

pub(crate) fn print() -> ExitCode {
    match fill() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("tasks: {e}");
            ExitCode::FAILURE
        }
    }
}

/// Answers whether none has failed.
fn fill() -> io::Result<bool> {
    let mut out = io::stdout();
    let program = std::env::current_exe()?;
    writeln!(out, "medians of {RUNS} runs (least to most), each of them a process:")?;
    writeln!(out, "{} BENCH ...\n", program.display())?;
    let mut all_well = true;
    for (what, args) in ROWS {
        let runs: Result<Vec<Figures>, String> = (0..RUNS)
            .map(|_| {
                let run = Command::new(&program).args(args.split(' ')).output();
                let run = run.map_err(|e| e.to_string())?;
                if !run.status.success() {
                    return Err(String::from_utf8_lossy(&run.stderr).trim().to_owned());
                }
                figures(&String::from_utf8_lossy(&run.stdout))
            })
            .collect();
        let said = runs.as_deref().map_or_else(|why| format!("no figure: {why}"), in_words);
        writeln!(out, "{what:<32} {said:<40}  {args}")?;
        all_well &= runs.is_ok();
    }
    Ok(all_well)
}

/// The numbers of a line of JSON such as `{"ok":true,"ns":12.300}`.
fn figures(line: &str) -> Result<Figures, String> {
    let fields = line.trim().trim_matches(['{', '}']).split(',').filter_map(|field| {
        let (name, value) = field.split_once(':')?;
        Some((name.trim_matches('"').to_owned(), value.parse().ok()?))
    });
    let figures: Figures = fields.collect();
    if figures.is_empty() { Err(line.trim().to_owned()) } else { Ok(figures) }
}

fn in_words(runs: &[Figures]) -> String {
    let figure = |i: usize| {
        let mut values: Vec<f64> = runs.iter().map(|run| run[i].1).collect();
        values.sort_by(f64::total_cmp);
        let (least, median, most) = (values[0], values[values.len() / 2], values[values.len() - 1]);
        let (name, unit) = match runs[0][i].0.as_str() {
            "ns" => ("", "ns"),
            "bytes" => ("", "bytes"),
            "cpu_ns" => ("CPU ", "ns each"),
            late => (late.trim_end_matches("us").trim_end_matches('_'), "µs late"),
        };
        let gap = if name.is_empty() || name.ends_with(' ') { "" } else { " " };
        format!("{name}{gap}{median:.1} {unit} ({least:.1} to {most:.1})")
    };
    (0..runs[0].len()).map(figure).collect::<Vec<_>>().join(", ")
}
