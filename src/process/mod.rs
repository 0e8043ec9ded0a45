//! Child processes.
//!
//! ```
//! use std::process::Stdio;
//! use eagain::process::Command;
//!
//! # eagain::run(async {
//! let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
//! let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
//! stdin.write_all(b"hello").await?;
//! drop(stdin); // that was all
//! let mut said = Vec::new();
//! stdout.read_to_end(&mut said).await?;
//! assert_eq!(said, b"hello");
//! assert!(child.wait().await?.success());
//! # std::io::Result::Ok(())
//! # })??;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A [`Command`] is std's, and starts processes as std's does: the child has an empty signal mask
//! and no descriptors but those that it was given. To start one takes a millisecond or so, in which
//! the loop stands still.
//!
//! * How a child has ended is learnt by waiting for *it*, and no other: whoever else has children
//!   in this process keeps them.
//! * What says *that* it has ended is a descriptor of its own: a pidfd on Linux, a kqueue with
//!   `EVFILT_PROC` on the BSDs. Where there is none, it is `SIGCHLD`, see
//!   [`Command::watch_by_sigchld`].
//! * A [`Child`] that is dropped lives on, unless [`Command::kill_on_drop`] says otherwise. Dropped
//!   in a task, it leaves no zombie: the loop waits for it, and does not stay for it. What is
//!   dropped where no loop runs, or left by a loop that is gone, is waited for when the process
//!   next starts or drops a child.

mod child;
mod command;
mod ended;
mod orphans;

pub use child::{Child, ChildStderr, ChildStdin, ChildStdout};
pub use command::Command;
