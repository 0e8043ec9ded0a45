//! The one door between `eagain` and the kernel.
//!
//! Every function here makes one system call, bears its name, and says on its page what the
//! C signature is, what `strace` prints for it, and which errors to expect. Every `unsafe`
//! block of the project is in this crate. Nothing here knows what a task is.
//!
//! | file | what |
//! |---|---|
//! | [`poller`] | the contract that each kernel's way of waiting fulfils |
//! | [`epoll`], `kqueue`, [`mod@poll`], [`mod@select`] | the ways of waiting, one file each |
//! | [`fifo`], [`packet_pipe`], [`terminal`], [`mod@reopen`] | pipes with a name and pipes of packets, terminals |
//! | [`socket`], [`socket_parts`], [`sockopt`], [`udp`], [`unix`] | sockets |
//! | [`pipe`], [`eventfd`], [`descriptor`] | what else is waited for |
//! | `signalfd`, `timerfd` | what could be waited for on Linux, and is not |
//! | [`mod@splice`], [`mod@sendfile`] | bytes that the program never sees |
//! | [`clock`], [`limits`], [`usage`], [`prctl`], [`affinity`] | what surrounds it |
//! | [`process`], [`exit`], [`fork`] | other processes; the end of a child; what a forked one must not use |
//! | [`file_events`], `inotify` | what happens to files and folders |
//! | [`signal`], [`board`] | who hears of a signal; what threads are doing, told on `SIGUSR1` |
//! | [`dontwait`] | sockets that others share |
//! | [`mark`] | words of our own in the output of `strace` |
//! | [`Error`] | which call failed, on which descriptor, and how |

pub mod board;
pub mod clock;
mod control;
pub mod descriptor;
pub mod dontwait;
#[cfg(target_os = "linux")]
pub mod epoll;
mod error;
#[cfg(target_os = "linux")]
pub mod eventfd;
pub mod fifo;
pub mod file_events;
pub mod fork;
#[cfg(target_os = "linux")]
pub mod inotify;
#[cfg(kqueue)]
pub mod kqueue;
pub mod limits;
pub mod mark;
mod option;
pub mod pipe;
pub mod poll;
pub mod poller;
pub mod process;
pub mod select;
pub mod signal;
#[cfg(target_os = "linux")]
pub mod signalfd;
pub mod socket;
pub mod socket_parts;
pub mod sockopt;
pub mod terminal;
#[cfg(target_os = "linux")]
pub mod timerfd;
pub mod udp;
pub mod unix;
pub mod usage;

// Kernels are told apart here and in the folders' own lists, never within a file. `build.rs` says
// who is a BSD.
#[cfg(bsd)]
#[path = "bsd/mod.rs"]
mod kernel;
#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod kernel;
#[cfg(not(any(target_os = "linux", bsd)))]
compile_error!("eagain knows the kernels of Linux, of the BSDs and of Apple, and not this one");

#[cfg(flags_afterwards)]
#[path = "born/flags_afterwards.rs"]
mod born;
#[cfg(not(flags_afterwards))]
#[path = "born/with_flags.rs"]
mod born;

#[cfg(eagain_by_env)]
#[path = "choice/by_env.rs"]
mod choice;
#[cfg(not(eagain_by_env))]
#[path = "choice/fixed.rs"]
mod choice;

#[cfg(not(apple))]
#[path = "sigpipe/by_call.rs"]
mod sigpipe;
#[cfg(apple)]
#[path = "sigpipe/by_socket.rs"]
mod sigpipe;

pub use kernel::{affinity, exit, packet_pipe, prctl, reopen, sendfile, splice, tcp};

/// The kernel's own way of waiting.
#[cfg(not(kqueue))]
pub use epoll as native;
pub use error::{Error, Result, errno, is_fd_exhaustion};
/// The kernel's own way of waiting.
#[cfg(kqueue)]
pub use kqueue as native;
