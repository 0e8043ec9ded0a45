//! strace as a tested interface: what the programs of this project say to the kernel is recorded,
//! brought into a form that does not depend on the day, and compared with what a person approved.
//!
//! | file | what |
//! |---|---|
//! | `program` | the release build of an example |
//! | `tracer` | whether strace works here, and with which flags it runs |
//! | `guard` | no traced program outlives its time |
//! | `recording` | one run of a program, from start to end |
//! | `server` | a traced server that a test drives: parked, stopped, continued, interrupted |
//! | `unread` | what has arrived at that server, as the kernel lists it |
//! | `line` | one line of strace's output, taken apart |
//! | `sockaddr`, `events` | addresses and readiness flags as strace prints them |
//! | `marks` | where the loop says it is, in the strace itself |
//! | `descriptors` | who is behind a number: by birth, since numbers are reused |
//! | `phrase` | a system call without what differs from run to run |
//! | `waits` | the calls that wait for many descriptors at once |
//! | `folding` | what repeats as often as the network likes, said once |
//! | `story` | each call handed to its descriptor and to the task that made it |
//! | `transcript` | the sections of a story, as text |
//! | `golden`, `diff` | the transcript that a person approved, and what differs from it |
//! | `quoted` | the strace in an example's header, held to what the example does |
//! | `tally` | how often each call was made |

// Each test binary that mounts this module uses its part of it.
#![allow(dead_code)]

pub(crate) mod descriptors;
pub(crate) mod diff;
pub(crate) mod events;
pub(crate) mod folding;
pub(crate) mod golden;
pub(crate) mod guard;
pub(crate) mod line;
pub(crate) mod marks;
pub(crate) mod phrase;
pub(crate) mod program;
pub(crate) mod quoted;
pub(crate) mod recording;
pub(crate) mod server;
pub(crate) mod sockaddr;
pub(crate) mod story;
pub(crate) mod tally;
pub(crate) mod tracer;
pub(crate) mod transcript;
pub(crate) mod unread;
pub(crate) mod waits;
