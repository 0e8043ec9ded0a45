//! How an example is spoken to, and how it ends: `--help` is answered, bad arguments get one
//! line and exit code 2, a job that failed gets one line and exit code 1.

// Each example uses its part of this file.
#![allow(dead_code)]

use std::error::Error;
use std::io::{self, Write};
use std::process::{self, ExitCode};

const NAME: &str = env!("CARGO_BIN_NAME");

/// The arguments. Ends the program on `--help` and on any other option. `takes` is what follows
/// the name in the usage line, `about` what the program does.
pub(crate) fn arguments(takes: &str, about: &str) -> Vec<String> {
    arguments_and("", takes, about).0
}

/// The same with an option that is allowed, and the value that follows it.
pub(crate) fn arguments_and(
    option: &str,
    takes: &str,
    about: &str,
) -> (Vec<String>, Option<String>) {
    let (mut arguments, mut value) = (Vec::new(), None);
    let mut given = std::env::args_os().skip(1);
    while let Some(argument) = given.next() {
        match argument.into_string() {
            Ok(text) if text == "--help" || text == "-h" => help(takes, about),
            Ok(text) if text == option && !option.is_empty() => {
                let follows = given.next().and_then(|v| v.into_string().ok());
                value = Some(follows.unwrap_or_else(|| refuse(&format!("{option} takes a value"))));
            }
            Ok(text) if text.starts_with('-') => {
                refuse(&format!("there is no option {text:?} (see --help)"))
            }
            Ok(text) => arguments.push(text),
            Err(bytes) => refuse(&format!("{bytes:?} is not UTF-8")),
        }
    }
    (arguments, value)
}

fn help(takes: &str, about: &str) -> ! {
    let usage = format!("usage: {NAME} {takes}");
    let written = writeln!(io::stdout(), "{}\n\n{about}", usage.trim_end());
    process::exit(i32::from(written.is_err()))
}

/// Ends the program: it was asked for something it cannot do.
pub(crate) fn refuse(why: &str) -> ! {
    eprintln!("{NAME}: {why}");
    process::exit(2)
}

/// The last thing in `main`: says in one line what failed, if anything did.
pub(crate) fn finish(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{NAME}: {e}");
            ExitCode::FAILURE
        }
    }
}
