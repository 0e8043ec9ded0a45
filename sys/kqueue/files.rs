//! What happens to files and folders: a kqueue of its own, which watches nothing but that, by
//! `EVFILT_VNODE`. It is readable when it has something to tell, so that a loop can wait for it
//! whatever it waits with.
//!
//! What is watched has to be open meanwhile, one descriptor each, and is told of as a whole: of a
//! folder, that its entries have changed, and not which.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use nix::sys::stat::{SFlag, fstat};

use super::{
    EV_CLEAR, Events, Knote, NOTE_ATTRIB, NOTE_DELETE, NOTE_EXTEND, NOTE_LINK, NOTE_RENAME,
    NOTE_REVOKE, NOTE_WRITE, kevent, kevent_change, kqueue,
};
use crate::file_events::{Change, What};
use crate::fork::Guard;
use crate::{Error, Result, fifo};

/// Whatever is a change. That somebody looks is none.
const ALL: u32 =
    NOTE_DELETE | NOTE_WRITE | NOTE_EXTEND | NOTE_ATTRIB | NOTE_LINK | NOTE_RENAME | NOTE_REVOKE;

/// Who tells of changes: a descriptor that is readable when there are some, which the caller keeps,
/// and what is open for it.
#[derive(Debug)]
pub struct Queue {
    /// A child of `fork` does not get the descriptor: the number is to be no other one's there.
    _guard: Guard,
    open: RefCell<BTreeMap<i32, Watched>>,
    /// Watches made so far.
    made: Cell<i32>,
}

#[derive(Debug)]
struct Watched {
    fd: OwnedFd,
    /// Device and inode: what it is, whatever it is called.
    is: (u64, u64),
}

impl Queue {
    /// Makes one, and its descriptor: [`kqueue`].
    pub fn new() -> Result<(OwnedFd, Queue)> {
        let fd = kqueue()?;
        let guard = Guard::of_uninherited(fd.as_fd());
        Ok((fd, Queue { _guard: guard, open: RefCell::default(), made: Cell::new(0) }))
    }

    /// Watches what `path` leads to: opens it for reading, asks what it is (`fstat`), and adds a
    /// knote. Tells whether it is a folder. What is watched already keeps its number.
    pub fn watch(&self, queue: BorrowedFd<'_>, path: &Path) -> Result<(i32, bool)> {
        let fd = fifo::open_to_read(path)?;
        let stat = fstat(&fd).map_err(|e| Error::from_nix("fstat", fd.as_fd(), e))?;
        let is = (stat.st_dev as _, stat.st_ino as _);
        let is_folder =
            SFlag::from_bits_truncate(stat.st_mode as _) & SFlag::S_IFMT == SFlag::S_IFDIR;
        let mut open = self.open.borrow_mut();
        if let Some((number, _)) = open.iter().find(|(_, other)| other.is == is) {
            return Ok((*number, is_folder));
        }
        let number = self.made.get();
        let token = (number as u64) << 1 | u64::from(is_folder);
        let mut change = [Knote::file(fd.as_fd(), ALL).add(EV_CLEAR, token)];
        kevent_change(queue, &mut change)?;
        match change[0].receipt() {
            0 => {}
            errno => {
                return Err(Error::from_nix("kevent", fd.as_fd(), nix::Error::from_raw(errno)));
            }
        }
        self.made.set(number + 1);
        open.insert(number, Watched { fd, is });
        Ok((number, is_folder))
    }

    /// Watches it no longer: deletes the knote, with what it had to tell, and closes the
    /// descriptor.
    pub fn forget(&self, queue: BorrowedFd<'_>, watch: i32) -> Result<()> {
        let Some(watched) = self.open.borrow_mut().remove(&watch) else { return Ok(()) };
        // One whose file system is gone may have no knote any more.
        kevent_change(queue, &mut [Knote::file(watched.fd.as_fd(), 0).delete()])
    }

    /// Fetches what happened, if all that was fetched before is taken: one `kevent`. `EAGAIN` if
    /// nothing did.
    pub fn read(&self, queue: BorrowedFd<'_>, changes: &mut Changes) -> Result<()> {
        changes.at = 0;
        changes.told = 0;
        kevent(queue, &mut changes.events, Some(Duration::ZERO))?;
        if changes.events.is_empty() {
            return Err(Error::from_nix("kevent", queue, nix::Error::EAGAIN));
        }
        Ok(())
    }
}

/// What a call brought, and how much of it is taken.
#[derive(Debug)]
pub struct Changes {
    events: Events,
    at: usize,
    /// The notes of that event which were taken.
    told: u32,
}

impl Default for Changes {
    fn default() -> Changes {
        Changes { events: Events::with_capacity(64), at: 0, told: 0 }
    }
}

impl Changes {
    /// Takes the next one. An event may tell several.
    pub fn take(&mut self) -> Option<Change<'_>> {
        loop {
            let event = self.events.knotes().get(self.at)?;
            let is_folder = event.token() & 1 == 1;
            let Some((notes, what)) = what(event.notes() & !self.told, is_folder) else {
                self.at += 1;
                self.told = 0;
                continue;
            };
            self.told |= notes;
            let watch = (event.token() >> 1) as i32;
            return Some(Change { watch, what, name: OsStr::new(""), is_folder });
        }
    }

    /// A rename has no halves here.
    pub fn take_other_half(&mut self, _cookie: u32) -> Option<(i32, OsString)> {
        None
    }

    /// Whether all is taken.
    pub fn is_empty(&self) -> bool {
        self.at >= self.events.len()
    }
}

/// What some of the notes mean, and which.
fn what(notes: u32, is_folder: bool) -> Option<(u32, What)> {
    let contents = NOTE_WRITE | NOTE_EXTEND;
    // A folder in a folder is a link to it.
    let (entries, links) = if is_folder { (contents | NOTE_LINK, 0) } else { (0, NOTE_LINK) };
    [
        (entries, What::Entries),
        (contents, What::Modified),
        (NOTE_ATTRIB | links, What::Attributes),
        (NOTE_RENAME, What::Moved),
        (NOTE_DELETE, What::Removed),
        (NOTE_REVOKE, What::Unmounted),
    ]
    .into_iter()
    .find(|(some, _)| notes & some != 0)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    /// Removed when it is dropped.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("eagain-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn told(queue: &Queue, fd: &OwnedFd, watch: i32) -> Vec<What> {
        let mut changes = Changes::default();
        let mut all = Vec::new();
        while queue.read(fd.as_fd(), &mut changes).is_ok() {
            while let Some(change) = changes.take() {
                assert_eq!(change.watch, watch);
                all.push(change.what);
            }
        }
        all
    }

    #[test]
    fn an_event_may_tell_several_changes() {
        let taken = |notes, is_folder| {
            let (mut left, mut all) = (notes, Vec::new());
            while let Some((some, what)) = what(left, is_folder) {
                left &= !some;
                all.push(what);
            }
            all
        };
        let notes = NOTE_WRITE | NOTE_LINK | NOTE_DELETE;
        assert_eq!(taken(notes, true), [What::Entries, What::Removed]);
        assert_eq!(taken(notes, false), [What::Modified, What::Attributes, What::Removed]);
        assert_eq!(taken(NOTE_RENAME | NOTE_REVOKE, false), [What::Moved, What::Unmounted]);
    }

    #[test]
    fn a_file_that_is_written_and_removed_says_so() {
        let folder = Folder::new("vnode-file");
        let path = folder.0.join("file");
        fs::write(&path, "").unwrap();
        let (fd, queue) = Queue::new().unwrap();
        let (watch, is_folder) = queue.watch(fd.as_fd(), &path).unwrap();
        assert!(!is_folder);
        assert_eq!(told(&queue, &fd, watch), []);
        fs::write(&path, "more").unwrap();
        assert!(told(&queue, &fd, watch).contains(&What::Modified));
        fs::remove_file(&path).unwrap();
        let all = told(&queue, &fd, watch);
        assert!(all.contains(&What::Removed) || all.contains(&What::Attributes), "{all:?}");
        queue.forget(fd.as_fd(), watch).unwrap();
        queue.forget(fd.as_fd(), watch).unwrap();
    }

    #[test]
    fn a_folder_says_that_its_entries_have_changed() {
        let folder = Folder::new("vnode-folder");
        let (fd, queue) = Queue::new().unwrap();
        let (watch, is_folder) = queue.watch(fd.as_fd(), &folder.0).unwrap();
        assert!(is_folder);
        assert_eq!(queue.watch(fd.as_fd(), &folder.0).unwrap().0, watch, "it is the same");
        fs::write(folder.0.join("entry"), "").unwrap();
        assert!(told(&queue, &fd, watch).contains(&What::Entries));
        queue.forget(fd.as_fd(), watch).unwrap();
        fs::write(folder.0.join("another"), "").unwrap();
        assert_eq!(told(&queue, &fd, watch), []);
    }
}
