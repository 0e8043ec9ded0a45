//! What happens to files and folders, in words that fit each kernel.
//!
//! The calls are in `inotify` on Linux and in `kqueue` elsewhere; what the kernels tell is not the
//! same. Here it is brought into one order: a [`Queue`] that somebody waits for, [`Changes`] that
//! are read from it.

use std::ffi::OsStr;

pub use crate::kernel::file_events::{Changes, Queue};

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// Which watch tells of it, as [`Queue::watch`] has numbered it; -1 if it is about all.
    pub watch: i32,
    /// What.
    pub what: What,
    /// Which entry of a folder; empty if it is what is watched itself.
    pub name: &'a OsStr,
    /// It is known to be a folder.
    pub is_folder: bool,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An entry was made.
    Created,
    /// It was removed.
    Removed,
    /// Its contents were changed.
    Modified,
    /// Somebody who had it open for writing has closed it. Linux tells that.
    Written,
    /// Its mode, owner, times or number of links were changed.
    Attributes,
    /// An entry has left this name. Linux tells that, and which change is the other half.
    MovedFrom(u32),
    /// An entry has come to this name.
    MovedTo(u32),
    /// What is watched itself has another name.
    Moved,
    /// Entries of a folder have come, gone, or changed their names. kqueue does not tell which.
    Entries,
    /// The file system is gone.
    Unmounted,
    /// The watch has ended, with what was watched.
    Ended,
    /// Something was lost, since nobody read for too long.
    Overflow,
}
