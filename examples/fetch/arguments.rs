//! What the user asks for.

use std::io::{self, Write};
use std::process;
use std::time::Duration;

use crate::pages::{Url, command_line};

const HELP: &str = "\
usage: fetch [URL...] [--count N] [--timeout SECONDS]

Fetches all URLs (http://HOST[:PORT][/PATH]) at once, on one thread, and prints a row for each as it
ends. Without a URL, a child process serves five pages that take 120 to 280 ms. A page counts as
fetched whatever its status is; redirections are not followed.

  --count N            each URL N times, all at once
  --timeout SECONDS    how long a fetch may take (10)

Exit code: 0 if all were fetched, 1 if any failed, 2 if the arguments make no sense.";

pub(crate) struct Options {
    pub(crate) urls: Vec<Url>,
    pub(crate) count: usize,
    pub(crate) timeout: Duration,
}

/// Reads the arguments. Ends the program on `--help`, and on what makes no sense.
pub(crate) fn parse() -> Options {
    let mut options = Options { urls: Vec::new(), count: 1, timeout: Duration::from_secs(10) };
    let mut arguments = std::env::args_os().skip(1).map(|argument| {
        let not_utf8 = |bytes| command_line::refuse(&format!("{bytes:?} is not UTF-8"));
        argument.into_string().unwrap_or_else(not_utf8)
    });
    while let Some(argument) = arguments.next() {
        if !argument.starts_with('-') {
            let url = Url::parse(&argument).unwrap_or_else(|e| command_line::refuse(&e));
            options.urls.push(url);
            continue;
        }
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        let mut value = || {
            let next = value.clone().or_else(|| arguments.next());
            next.unwrap_or_else(|| command_line::refuse(&format!("{name} needs a number")))
        };
        match name.as_str() {
            "--help" | "-h" => help(),
            "--count" => options.count = count(&value()),
            "--timeout" => options.timeout = timeout(&value()),
            _ => command_line::refuse(&format!("there is no option {name:?} (see --help)")),
        }
    }
    options
}

fn help() -> ! {
    let written = writeln!(io::stdout(), "{HELP}");
    process::exit(i32::from(written.is_err()))
}

fn count(text: &str) -> usize {
    let count = text.parse().ok().filter(|n| (1..=1_000_000).contains(n));
    count.unwrap_or_else(|| {
        command_line::refuse(&format!("--count: a number from 1 to 1000000 expected, not {text:?}"))
    })
}

fn timeout(text: &str) -> Duration {
    let seconds = text.parse().ok().filter(|s| 0.0 < *s && *s <= 86400.0);
    seconds.map(Duration::from_secs_f64).unwrap_or_else(|| {
        command_line::refuse(&format!(
            "--timeout: seconds above 0, up to 86400, expected, not {text:?}"
        ))
    })
}
