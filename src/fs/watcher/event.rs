//! What is told of files and folders.

use std::path::PathBuf;

/// Tells the watches of a [`Watcher`](crate::fs::Watcher) apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId(pub(super) i32);

/// One thing that happened to what is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// To whom: the path that was watched, as it was given, with the name of the entry behind it.
    /// Empty if it is about all ([`EventKind::Overflow`]).
    pub path: PathBuf,
    /// Which watch tells of it.
    pub watch: Option<WatchId>,
    /// It is a folder, so far as the kernel tells; of what is watched itself that is known.
    pub is_folder: bool,
    /// It is about what is watched itself, and not about an entry of a folder.
    pub is_itself: bool,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// An entry was made. It may be without its contents yet: [`Written`](EventKind::Written) comes
    /// when those are there.
    Created,
    /// It was removed. Of [what is watched itself](Event::is_itself) it is the last that is told;
    /// Linux tells it when nobody has the file open any more either.
    Removed,
    /// Its contents were changed. Many changes may be told as one.
    Modified,
    /// Somebody who had it open for writing has closed it. On Linux.
    Written,
    /// Its mode, owner, times or number of names were changed.
    Attributes,
    /// An entry has another name, [`Event::path`]; both are watched.
    Renamed {
        /// The name that it had.
        from: PathBuf,
    },
    /// An entry has gone to where nobody watches.
    MovedAway {
        /// The same as that of the other half, should that come yet.
        cookie: u32,
    },
    /// An entry has come from where nobody watches.
    MovedHere {
        /// The same as that of the other half, if that was told before.
        cookie: u32,
    },
    /// What is watched itself has another name, and nobody tells which. It is still watched, and
    /// told of by the path of before.
    Moved,
    /// Entries of the folder have come, gone or changed their names: list it to know which. On the
    /// BSDs and macOS, where it stands for all that Linux tells of entries, but not for what is
    /// done to their contents.
    Entries,
    /// The file system is gone, and with it the watch.
    Unmounted,
    /// More happened than the kernel keeps, and something is lost: look at everything anew.
    Overflow,
}
