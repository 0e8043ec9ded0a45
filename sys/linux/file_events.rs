//! What happens to files and folders: inotify.

use std::ffi::OsString;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;

use crate::file_events::{Change, What};
use crate::inotify::{
    IN_ATTRIB, IN_CLOSE_WRITE, IN_CREATE, IN_DELETE, IN_DELETE_SELF, IN_EXCL_UNLINK, IN_IGNORED,
    IN_ISDIR, IN_MODIFY, IN_MOVE_SELF, IN_MOVED_FROM, IN_MOVED_TO, IN_ONLYDIR, IN_Q_OVERFLOW,
    IN_UNMOUNT, Record, inotify_add_watch, inotify_init1, inotify_rm_watch, read,
};
use crate::{Result, errno};

/// Whatever is a change. That somebody looks is none.
const ALL: u32 = IN_CREATE
    | IN_DELETE
    | IN_MODIFY
    | IN_CLOSE_WRITE
    | IN_ATTRIB
    | IN_MOVED_FROM
    | IN_MOVED_TO
    | IN_DELETE_SELF
    | IN_MOVE_SELF
    | IN_EXCL_UNLINK;

/// Who tells of changes: a descriptor that is readable when there are some, which the caller keeps,
/// and what else it takes. On Linux nothing.
#[derive(Debug, Default)]
pub struct Queue(());

impl Queue {
    /// Makes one, and its descriptor: [`inotify_init1`].
    pub fn new() -> Result<(OwnedFd, Queue)> {
        Ok((inotify_init1()?, Queue(())))
    }

    /// Watches what `path` leads to, and tells whether that is a folder: [`inotify_add_watch`], twice
    /// for what is none. What is watched already keeps its number.
    pub fn watch(&self, fd: BorrowedFd<'_>, path: &Path) -> Result<(i32, bool)> {
        match inotify_add_watch(fd, path, ALL | IN_ONLYDIR) {
            Err(e) if e.errno() == errno::ENOTDIR => {
                inotify_add_watch(fd, path, ALL).map(|number| (number, false))
            }
            answer => answer.map(|number| (number, true)),
        }
    }

    /// Watches it no longer: [`inotify_rm_watch`]. What has ended by itself is fine.
    pub fn forget(&self, fd: BorrowedFd<'_>, watch: i32) -> Result<()> {
        match inotify_rm_watch(fd, watch) {
            Err(e) if e.errno() == errno::EINVAL => Ok(()),
            answer => answer,
        }
    }

    /// Fetches what happened, if all that was fetched before is taken: one `read`. `EAGAIN` if
    /// nothing did.
    pub fn read(&self, fd: BorrowedFd<'_>, changes: &mut Changes) -> Result<()> {
        changes.records.clear();
        changes.at = 0;
        changes.records.reserve(ROOM);
        read(fd, &mut changes.records).map(drop)
    }
}

/// A read takes so much at most: 16 records with the longest of names, or 128 with short ones.
const ROOM: usize = 4096;

/// What a read brought, and how much of it is taken.
#[derive(Debug, Default)]
pub struct Changes {
    records: Vec<u8>,
    at: usize,
}

impl Changes {
    /// Takes the next one.
    pub fn take(&mut self) -> Option<Change<'_>> {
        let (at, len, what) = loop {
            let (record, len) = Record::first(self.records.get(self.at..)?)?;
            let at = self.at;
            self.at += len;
            if let Some(what) = what(record) {
                break (at, len, what);
            }
        };
        let (record, _) = Record::first(&self.records[at..at + len])?;
        let is_folder = record.mask & IN_ISDIR != 0;
        Some(Change { watch: record.watch, what, name: record.name, is_folder })
    }

    /// Takes the second half of a rename, wherever it stands among what was read: the number of the
    /// watch, and the new name.
    pub fn take_other_half(&mut self, cookie: u32) -> Option<(i32, OsString)> {
        let mut at = self.at;
        loop {
            let (record, len) = Record::first(self.records.get(at..)?)?;
            if record.cookie == cookie && record.mask & IN_MOVED_TO != 0 {
                let other = (record.watch, record.name.to_owned());
                self.records[at + 4..at + 8].fill(0); // its mask: nothing happened there
                return Some(other);
            }
            at += len;
        }
    }

    /// Whether all is taken.
    pub fn is_empty(&self) -> bool {
        self.at >= self.records.len()
    }
}

/// A record tells one thing. One that was not asked for, or was taken already, tells nothing.
fn what(record: Record<'_>) -> Option<What> {
    Some(match record.mask & !IN_ISDIR {
        IN_CREATE => What::Created,
        IN_DELETE | IN_DELETE_SELF => What::Removed,
        IN_MODIFY => What::Modified,
        IN_CLOSE_WRITE => What::Written,
        IN_ATTRIB => What::Attributes,
        IN_MOVED_FROM => What::MovedFrom(record.cookie),
        IN_MOVED_TO => What::MovedTo(record.cookie),
        IN_MOVE_SELF => What::Moved,
        IN_UNMOUNT => What::Unmounted,
        IN_IGNORED => What::Ended,
        IN_Q_OVERFLOW => What::Overflow,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(mask: u32, cookie: u32, name: &str) -> Vec<u8> {
        let fields = [1, mask, cookie, 16].map(u32::to_ne_bytes).concat();
        let padded = name.bytes().chain(std::iter::repeat(0)).take(16);
        fields.into_iter().chain(padded).collect()
    }

    #[test]
    fn the_halves_of_a_rename_come_together_across_what_is_between_them() {
        let records = [
            record(IN_MOVED_FROM, 7, "one"),
            record(IN_MOVED_FROM, 8, "other"),
            record(IN_MODIFY, 0, "third"),
            record(IN_MOVED_TO, 8, "new other"),
            record(IN_MOVED_TO, 7, "new one"),
            record(IN_DELETE | IN_ISDIR, 0, "third"),
        ];
        let mut changes = Changes { records: records.concat(), at: 0 };
        assert_eq!(changes.take().map(|c| c.what), Some(What::MovedFrom(7)));
        assert_eq!(changes.take_other_half(7), Some((1, "new one".into())));
        assert_eq!(changes.take().map(|c| c.what), Some(What::MovedFrom(8)));
        assert_eq!(changes.take_other_half(8), Some((1, "new other".into())));
        assert_eq!(changes.take_other_half(8), None);
        assert_eq!(changes.take().map(|c| c.what), Some(What::Modified));
        let last = changes.take().expect("what was taken as a half is not told again");
        assert_eq!((last.what, last.is_folder), (What::Removed, true));
        assert!(changes.is_empty());
    }
}
