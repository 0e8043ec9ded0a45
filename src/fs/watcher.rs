//! What happens to files and folders, told by the kernel.

mod event;
mod unread;
mod watched;

use std::cell::RefCell;
use std::path::Path;
use std::rc::{Rc, Weak};
use std::{fmt, io};

use eagain_sys::file_events::Queue;
use eagain_sys::poller::Interest;

pub use self::event::{Event, EventKind, WatchId};
use self::unread::Unread;
use self::watched::Watched;
use crate::event_loop::budget;
use crate::event_loop::io::Kind;
use crate::source::Source;

/// Tells what happens to files and folders: inotify on Linux, `EVFILT_VNODE` elsewhere.
///
/// This one is waited for as a socket is, without a thread: the kernel tells of changes that
/// programs on this machine make. (What others do to a network file system, and what a kernel does
/// in `/proc`, it does not see.)
///
/// ```
/// use eagain::fs::{EventKind, Watcher};
///
/// # let folder = std::env::temp_dir().join(format!("eagain-watch-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// eagain::run(async {
///     let watcher = Watcher::new()?;
///     let _inbox = watcher.watch(&folder)?;
///     std::fs::write(folder.join("letter"), "hello")?;
///     loop {
///         let event = watcher.next().await?;
///         match event.kind {
///             EventKind::Written => println!("{} is here", event.path.display()),
///             EventKind::Entries | EventKind::Overflow => println!("list the folder"),
///             _ => continue,
///         }
///         break;
///     }
///     std::io::Result::Ok(())
/// })??;
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # What is watched
///
/// A *file or folder*, found by its path when the watch is made, through links; not the path. An
/// editor that saves by putting a new file in the place of the old one leaves a watch of the old
/// one behind, which ends with it: for a file that may be replaced, watch its folder. Of a folder,
/// what happens to its entries is told, and nothing below them: each folder needs a watch of its
/// own, and a new one may have entries before that is made, so list it then.
///
/// Who watches the same thing twice has it told once, by the path of the first, and shares its
/// [`WatchId`].
///
/// # What the kernels tell
///
/// | | inotify | `EVFILT_VNODE` |
/// |---|---|---|
/// | an entry is made, removed, renamed | [`Created`](EventKind::Created), [`Removed`](EventKind::Removed), [`Renamed`](EventKind::Renamed), with its name | [`Entries`](EventKind::Entries) of the folder |
/// | an entry is written to | [`Modified`](EventKind::Modified), [`Written`](EventKind::Written) | nothing: watch the file |
/// | a file that is watched is written to | the same | `Modified` |
/// | what is watched is removed | [`Removed`](EventKind::Removed), once nobody has it open | `Removed`, at once |
/// | what is watched is renamed | [`Moved`](EventKind::Moved) | `Moved` |
/// | too much at once | [`Overflow`](EventKind::Overflow), beyond `/proc/sys/fs/inotify/max_queued_events` | more is told as one |
/// | a watch costs | one of `/proc/sys/fs/inotify/max_user_watches` | a descriptor, and the file system cannot be unmounted |
///
/// A program for both takes `Entries` and `Overflow` alike, and lists the folder.
///
/// # Renames
///
/// Linux tells them in two halves, mostly but not surely one right after the other. What belongs
/// together is told as one event if it was read together, or by the next read; else as
/// [`MovedAway`](EventKind::MovedAway) and [`MovedHere`](EventKind::MovedHere) with the same cookie.
/// To and from a folder that is not watched there is only one of them.
pub struct Watcher {
    shared: Rc<Shared>,
}

struct Shared {
    source: Source,
    queue: Queue,
    watched: RefCell<Watched>,
    unread: RefCell<Unread>,
}

impl Watcher {
    /// Makes one that watches nothing yet.
    ///
    /// System calls: `inotify_init1`.
    ///
    /// # Errors
    /// `EMFILE`: out of descriptors, or the user has more watchers than
    /// `/proc/sys/fs/inotify/max_user_instances` allows (128). `ENFILE`, `ENOMEM`.
    pub fn new() -> io::Result<Watcher> {
        let (fd, queue) = Queue::new()?;
        let source = Source::of_kind(fd, Kind::Stream);
        let (watched, unread) = (RefCell::default(), RefCell::default());
        Ok(Watcher { shared: Rc::new(Shared { source, queue, watched, unread }) })
    }

    /// Begins to watch what a path leads to. What happens from now on is told, until the [`Watch`]
    /// is dropped.
    ///
    /// The path is looked up on this thread, as `open` would: on a dead network file system that
    /// takes its time.
    ///
    /// System calls: `inotify_add_watch`, twice for what is no folder.
    ///
    /// # Errors
    /// `ENOENT`: nothing is there. `EACCES`: it may not be read. `ENOSPC`: the user has more watches
    /// than `/proc/sys/fs/inotify/max_user_watches` allows.
    pub fn watch(&self, path: impl AsRef<Path>) -> io::Result<Watch> {
        let (path, shared) = (path.as_ref(), &self.shared);
        let (number, is_folder) = shared.source.with_fd(|fd| shared.queue.watch(fd, path))?;
        let path = shared.watched.borrow_mut().join(number, path, is_folder);
        Ok(Watch { id: WatchId(number), path, shared: Rc::downgrade(shared) })
    }

    /// Waits until something happens, or has happened since this was last told.
    ///
    /// Cancel-safe. System calls: `read` for up to 128 events, again after each wait, and one
    /// `epoll_ctl` the first time that it waits.
    ///
    /// # Errors
    /// [`LoopError`](crate::LoopError): another task waits here, no loop runs.
    #[track_caller]
    pub fn next(&self) -> impl Future<Output = io::Result<Event>> {
        self.shared.source.until(Interest::READ, || self.try_next())
    }

    /// What has happened since this was last told; `None` if nothing. For a task written by hand,
    /// which then yields [`Context::readable`](crate::Context::readable) of it.
    ///
    /// System calls: `read`, or none.
    pub fn try_next(&self) -> io::Result<Option<Event>> {
        let Shared { source, queue, watched, unread } = &*self.shared;
        let (watched, unread) = (&mut *watched.borrow_mut(), &mut *unread.borrow_mut());
        loop {
            // As a value of a channel does, each costs one of the task's budget.
            if !unread.changes.is_empty() && !budget::spend() {
                return Ok(None);
            }
            if let Some(event) = unread.next(watched) {
                return Ok(Some(event));
            }
            let mut is_empty = false;
            let read = source.try_sys(Interest::READ, |fd| {
                let answer = queue.read(fd, &mut unread.changes);
                is_empty = answer.is_err_and(|e| e.is_would_block());
                // Not to be waited for: the source stays ready, and is read again in the next turn.
                if is_empty && unread.asks_again() { Ok(()) } else { answer }
            })?;
            match (is_empty, read) {
                (false, Some(())) => {}
                (true, None) => return Ok(unread.give_up(watched)),
                _ => return Ok(None),
            }
        }
    }
}

impl Shared {
    fn leave(&self, id: WatchId) {
        if self.watched.borrow_mut().leave(id.0) {
            // It may have ended by itself, or been closed.
            let _ = self.source.with_fd(|fd| self.queue.forget(fd, id.0));
        }
    }
}

impl AsRef<Source> for Watcher {
    fn as_ref(&self) -> &Source {
        &self.shared.source
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watcher(fd {})", self.shared.source.number())
    }
}

/// A file or folder that is watched, until this is dropped. Made by [`Watcher::watch`].
///
/// What was not told yet is not told any more then. System calls when it is dropped:
/// `inotify_rm_watch`; none if another one watches the same, or the watcher is gone.
#[must_use = "dropping it ends the watching"]
pub struct Watch {
    id: WatchId,
    path: Rc<Path>,
    shared: Weak<Shared>,
}

impl Watch {
    /// Which watch it is in [`Event::watch`].
    pub fn id(&self) -> WatchId {
        self.id
    }

    /// By which path it is told of.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Watches for as long as the watcher is there.
    pub fn detach(mut self) {
        self.shared = Weak::new();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.leave(self.id);
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("id", &self.id.0).field("path", &self.path).finish()
    }
}
