//! What the kernel has told and nobody has taken, and how the halves of a rename come together.

use std::ffi::OsString;
use std::path::PathBuf;

use eagain_sys::file_events::{Change, Changes, What};

use crate::fs::watcher::event::{Event, EventKind, WatchId};
use crate::fs::watcher::watched::Watched;

#[derive(Default)]
pub(super) struct Unread {
    pub(super) changes: Changes,
    half: Option<Half>,
}

/// An entry that has left its name, and was the last that there was to read.
struct Half {
    watch: i32,
    name: OsString,
    cookie: u32,
    is_folder: bool,
    /// The kernel was asked once more, and had nothing yet.
    asked: bool,
}

impl Unread {
    /// The next event of what was read.
    pub(super) fn next(&mut self, watched: &mut Watched) -> Option<Event> {
        if !self.changes.is_empty() {
            if let Some(event) = self.give_up(watched) {
                return Some(event);
            }
        }
        while let Some(change) = self.changes.take() {
            if let What::MovedFrom(cookie) = change.what {
                let Change { watch, name, is_folder, .. } = change;
                self.half =
                    Some(Half { watch, name: name.into(), cookie, is_folder, asked: false });
                if self.changes.is_empty() {
                    return None; // the other half may be what is read next
                }
                if let Some(event) = self.give_up(watched) {
                    return Some(event);
                }
            } else if let Some(event) = told(change, watched) {
                return Some(event);
            }
        }
        None
    }

    /// There is nothing to read. True if that is to be asked once more: the kernel tells the halves
    /// of a rename one after the other, and somebody may be in between.
    pub(super) fn asks_again(&mut self) -> bool {
        let Some(half) = &mut self.half else { return false };
        !std::mem::replace(&mut half.asked, true)
    }

    /// A half that is kept becomes an event, with the other one if that is there.
    pub(super) fn give_up(&mut self, watched: &Watched) -> Option<Event> {
        let Half { watch, name, cookie, is_folder, .. } = self.half.take()?;
        let from = watched.path(watch, &name);
        let other = self.changes.take_other_half(cookie);
        let to = other.and_then(|(watch, name)| Some((watch, watched.path(watch, &name)?)));
        let (kind, path, watch) = match (from, to) {
            (Some(from), Some((watch, path))) => (EventKind::Renamed { from }, path, watch),
            (Some(from), None) => (EventKind::MovedAway { cookie }, from, watch),
            (None, Some((watch, path))) => (EventKind::MovedHere { cookie }, path, watch),
            (None, None) => return None,
        };
        Some(Event { kind, path, watch: Some(WatchId(watch)), is_folder, is_itself: false })
    }
}

/// A change as an event, unless nobody watches any more.
fn told(change: Change<'_>, watched: &mut Watched) -> Option<Event> {
    let Change { watch, what, name, is_folder } = change;
    let kind = match what {
        What::Created => EventKind::Created,
        What::Removed => EventKind::Removed,
        What::Modified => EventKind::Modified,
        What::Written => EventKind::Written,
        What::Attributes => EventKind::Attributes,
        What::MovedFrom(cookie) => EventKind::MovedAway { cookie },
        What::MovedTo(cookie) => EventKind::MovedHere { cookie },
        What::Moved => EventKind::Moved,
        What::Entries => EventKind::Entries,
        What::Unmounted => EventKind::Unmounted,
        What::Overflow => return Some(of_all(EventKind::Overflow)),
        What::Ended => {
            watched.end(watch);
            return None;
        }
    };
    let path = watched.path(watch, name)?;
    let is_itself = name.is_empty();
    let is_folder = is_folder || is_itself && watched.is_folder(watch);
    Some(Event { kind, path, watch: Some(WatchId(watch)), is_folder, is_itself })
}

fn of_all(kind: EventKind) -> Event {
    Event { kind, path: PathBuf::new(), watch: None, is_folder: false, is_itself: false }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_other_half_of_a_rename_is_asked_for_once_more_and_then_there_is_none() {
        let half =
            Half { watch: 1, name: "file".into(), cookie: 7, is_folder: false, asked: false };
        let mut unread = Unread { changes: Changes::default(), half: Some(half) };
        let mut watched = Watched::default();
        watched.join(1, Path::new("folder"), true);
        assert_eq!(unread.next(&mut watched), None);
        assert!(unread.asks_again());
        assert_eq!(unread.next(&mut watched), None);
        assert!(!unread.asks_again());
        let event = unread.give_up(&watched).expect("what is known");
        assert_eq!(event.kind, EventKind::MovedAway { cookie: 7 });
        assert_eq!(event.path, Path::new("folder/file"));
        assert!(!unread.asks_again());
        assert_eq!(unread.give_up(&watched), None);
    }
}
