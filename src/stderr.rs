//! A line for whoever reads standard error.

use std::fmt;
use std::io::{self, Write};

/// Writes a line, in one call. That nobody reads it (a closed pipe) is no reason to panic.
#[cold]
pub(crate) fn tell(words: impl fmt::Display) {
    let line = format!("eagain: {words}\n");
    let _ = io::stderr().write_all(line.as_bytes());
}
