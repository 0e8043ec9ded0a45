//! Where Linux goes its own way. `bsd` has the same files, with the same functions.

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
pub mod sendfile;
pub mod splice;
pub mod tcp;
pub(crate) mod thread;
