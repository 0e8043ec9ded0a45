//! Where the BSDs, macOS among them, go their own way. `linux` has the same files, with the same
//! functions.

pub mod affinity;
pub(crate) mod batch;
pub(crate) mod packet_info;
pub mod packet_pipe;
pub mod prctl;
pub mod reopen;
// One question, five names for it.
#[cfg_attr(apple, path = "thread/apple.rs")]
#[cfg_attr(target_os = "dragonfly", path = "thread/dragonfly.rs")]
#[cfg_attr(target_os = "freebsd", path = "thread/freebsd.rs")]
#[cfg_attr(target_os = "netbsd", path = "thread/netbsd.rs")]
#[cfg_attr(target_os = "openbsd", path = "thread/openbsd.rs")]
pub(crate) mod thread;
