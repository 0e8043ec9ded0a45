//! The reading and normalising of strace's output, on literal lines of it.

mod strace;

#[path = "strace_normaliser/reading.rs"]
mod reading;
#[path = "strace_normaliser/telling.rs"]
mod telling;
