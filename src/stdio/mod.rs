//! Standard input, output and error, really waited for, and left as they were.
//!
//! `O_NONBLOCK` belongs to the open file description, which this process shares with the shell that
//! started it and with its brothers in a pipeline. Switched on, it would fail them; and whoever
//! crashes cannot switch it off. So it is never switched on. What there is instead depends on what
//! is there:
//!
//! | | how it is read and written |
//! |---|---|
//! | a pipe, on Linux; a terminal | opened once more (`/proc/self/fd/N`, elsewhere the terminal's name): that description is ours alone, and non-blocking |
//! | a socket | each call says `MSG_DONTWAIT` for itself |
//! | a file, a disk | as it is. It counts as always ready, as the kernel has it; a slow disk is waited for with the loop standing still (`offload` is for large files) |
//! | the rest: a device, a terminal that must not be opened, a pipe elsewhere | asked by `poll` each time; then one blocking call for what is there, of no more than 512 bytes to write. Should another process have taken what was there in between, that call waits |
//!
//! What the poller refuses (`/dev/null`, a file) is always ready, so `program < file` works.
//!
//! Nothing is buffered here: a read is a system call, a write another. std's `stdin()` and `print!`
//! have buffers of their own, which this does not know: what std has read ahead is not found here,
//! and what it holds back should be flushed first.
//!
//! No thread is started, so nothing hangs when the program ends while somebody waits for input:
//!
//! ```
//! use eagain::stdio::{stdin, stdout};
//! use std::time::Duration;
//!
//! eagain::run(async {
//!     let (input, output) = (stdin()?, stdout()?);
//!     let mut buf = [0; 4096];
//!     eagain::select! {
//!         n = input.read(&mut buf) => output.write_all(&buf[..n?]).await,
//!         () = eagain::time::sleep(Duration::from_millis(5)) => output.write_all(b"too late\n").await,
//!     }
//! })??;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! On macOS kqueue refuses `/dev/tty` under that name; standard descriptors are opened by the name
//! that ttyname(3) has for them, which it accepts. What it refuses all the same gives
//! [`LoopError::CannotBePolled`](crate::LoopError::CannotBePolled) when it has to be waited for.

use crate::io::streams;

mod input;
mod output;
mod way;

pub use input::{Stdin, stdin};
pub use output::{Stderr, Stdout, stderr, stdout};

streams::reads!(Stdin);
streams::writes!(Stdout; Stderr);
