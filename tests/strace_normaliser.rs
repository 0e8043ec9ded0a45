//! The reading and normalising of strace's output, on literal lines.

mod strace;
