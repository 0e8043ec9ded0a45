//! The program, and what it said.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use crate::examples::example;

/// A bound on failures, not on speed.
const PATIENCE: Duration = Duration::from_secs(120);

/// A run of the program.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) rows: Vec<Row>,
    /// The last line.
    pub(crate) total: String,
}

impl Run {
    pub(crate) fn row(&self, url: &str) -> &Row {
        let mut rows = self.rows.iter().filter(|row| row.url == url);
        rows.next().unwrap_or_else(|| panic!("no row for {url}: {self:?}"))
    }

    /// How long all would have taken one after another, in seconds.
    pub(crate) fn sum(&self) -> f64 {
        let text = self.total.split("(one after another: ").nth(1);
        let seconds = text.and_then(|text| text.strip_suffix(" s)")?.parse().ok());
        seconds.unwrap_or_else(|| panic!("no sum: {self:?}"))
    }
}

/// What the program says of one fetch.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) url: String,
    pub(crate) status: String,
    pub(crate) bytes: u64,
    pub(crate) ms: f64,
    pub(crate) cause: String,
}

impl Row {
    fn parse(line: &str) -> Option<Row> {
        let mut words = line.split_whitespace();
        let (url, status) = (words.next()?.to_owned(), words.next()?.to_owned());
        let bytes = words.next()?.parse().ok()?;
        let ms = words.by_ref().skip_while(|&word| word != "bytes").nth(1)?.parse().ok()?;
        let cause = words.skip(1).collect::<Vec<_>>().join(" ");
        Some(Row { url, status, bytes, ms, cause })
    }

    /// From the last slash but one on.
    pub(crate) fn page(&self) -> &str {
        let slash = self.url.rmatch_indices('/').nth(1);
        slash.map_or("", |(at, _)| &self.url[at..])
    }
}

/// Runs the program with these arguments.
pub(crate) fn fetch(args: &[&str]) -> Run {
    run(&path(), args)
}

/// Runs another program, a shell for instance that runs this one.
pub(crate) fn run(program: &str, args: &[&str]) -> Run {
    finish(start(program, args, Stdio::piped()))
}

pub(crate) fn start(program: &str, args: &[&str], stdout: impl Into<Stdio>) -> Child {
    let mut command = Command::new(program);
    command.args(args).env_remove("EAGAIN_TRACE");
    command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

/// Waits until it ends, and takes down what it said.
pub(crate) fn finish(mut child: Child) -> Run {
    let stdout = child.stdout.take().map(collect);
    let stderr = child.stderr.take().map(collect);
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            break status;
        }
        if began.elapsed() > PATIENCE {
            child.kill().expect("a child can be killed");
            panic!("it does not end");
        }
        thread::sleep(Duration::from_millis(2));
    };
    let text = |reader: Option<thread::JoinHandle<String>>| {
        reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
    };
    let (stdout, stderr) = (text(stdout), text(stderr));
    let rows = stdout.lines().filter_map(Row::parse).collect();
    let total = stdout.lines().last().unwrap_or_default().to_owned();
    Run { code: status.code(), stdout, stderr, rows, total }
}

fn collect(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Where the program is.
pub(crate) fn path() -> String {
    static PATH: OnceLock<String> = OnceLock::new();
    let found = || example("fetch").to_str().expect("a path in UTF-8").to_owned();
    PATH.get_or_init(found).clone()
}
