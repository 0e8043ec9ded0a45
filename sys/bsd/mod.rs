//! Where the BSDs, macOS among them, go their own way. `linux` has the same files, with the same
//! functions.

pub(crate) mod abstract_name;
pub mod affinity;
pub(crate) mod batch;
pub(crate) mod credentials;
pub mod exit;
pub(crate) mod file_events;
pub(crate) mod packet_info;
pub mod packet_pipe;
pub mod prctl;
pub mod reopen;
#[cfg_attr(not(any(target_os = "netbsd", target_os = "openbsd")), path = "sendfile/counted.rs")]
#[cfg_attr(any(target_os = "netbsd", target_os = "openbsd"), path = "sendfile/missing.rs")]
pub mod sendfile;
pub mod splice;
pub mod tcp;
// What the times of a keepalive are called, and what they are counted in.
#[cfg_attr(apple, path = "keepalive/apple.rs")]
#[cfg_attr(target_os = "dragonfly", path = "keepalive/dragonfly.rs")]
#[cfg_attr(any(target_os = "freebsd", target_os = "netbsd"), path = "keepalive/freebsd.rs")]
#[cfg_attr(target_os = "openbsd", path = "keepalive/openbsd.rs")]
mod keepalive;
// One question, five names for it.
#[cfg_attr(apple, path = "thread/apple.rs")]
#[cfg_attr(target_os = "dragonfly", path = "thread/dragonfly.rs")]
#[cfg_attr(target_os = "freebsd", path = "thread/freebsd.rs")]
#[cfg_attr(target_os = "netbsd", path = "thread/netbsd.rs")]
#[cfg_attr(target_os = "openbsd", path = "thread/openbsd.rs")]
pub(crate) mod thread;
