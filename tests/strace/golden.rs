//! The transcript that a person approved.

use std::path::PathBuf;
use std::{env, fs};

use super::diff::diff;
use super::transcript::certain;

const LEGEND: &str = "\
under strace: a section for each descriptor, in order of birth, and for each task.
|  happened once or more, as the network cut the bytes; such lines stand in the order in which
   they were first seen, or in that of a turn of the loop where two sides race; bytes are summed
~  may be missing: a race decides
";

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/transcripts/{name}.strace"))
}

/// Whether transcripts are recorded anew in this run.
pub(crate) fn is_blessing() -> bool {
    env::var_os("EAGAIN_BLESS").is_some_and(|v| v == "1")
}

/// Compares a transcript with the approved one; with `EAGAIN_BLESS=1` it becomes that instead.
///
/// # Errors
///
/// What differs, or that there is no approved one, for a person to read.
pub(crate) fn compare(name: &str, transcript: &str) -> Result<(), String> {
    let file = file(name);
    let recorded = format!("{name} {LEGEND}{transcript}");
    let approved = fs::read_to_string(&file).ok();
    if is_blessing() {
        // A race that went the other way is no news.
        if approved.is_some_and(|approved| certain(&approved) == certain(&recorded)) {
            return Ok(());
        }
        return fs::write(&file, recorded).map_err(|e| format!("cannot write the transcript: {e}"));
    }
    judge(name, approved.as_deref(), &recorded)
}

/// Compares without touching any file.
///
/// # Errors
///
/// As [`compare`].
pub(crate) fn judge(name: &str, approved: Option<&str>, recorded: &str) -> Result<(), String> {
    let Some(approved) = approved else {
        return Err(format!(
            "tests/transcripts/{name}.strace does not exist: `make strace-bless` records it, and \
             a person reads it. This run would be\n{recorded}"
        ));
    };
    let (approved, recorded) = (certain(approved), certain(recorded));
    if approved == recorded {
        return Ok(());
    }
    Err(format!(
        "{name} does not talk to the kernel as approved (- approved, + now). If the change is \
         meant, `make strace-bless` records it.\n{}",
        diff(&approved, &recorded)
    ))
}
