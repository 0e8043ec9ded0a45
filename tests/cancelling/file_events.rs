//! Futures that wait for what happens to files.

use std::cell::Cell;
use std::fs;
use std::rc::Rc;

use eagain::fs::{EventKind, Watch, Watcher};
use eagain::time::Clock;
use tempfile::TempDir;

use crate::case::Case;

/// A folder in which folders are made: each is one event.
struct Watched {
    folder: TempDir,
    watcher: Watcher,
    _watch: Watch,
    made: Cell<u32>,
    told: Cell<u32>,
}

impl Watched {
    fn new() -> Watched {
        let folder = tempfile::tempdir().expect("a folder");
        let watcher = Watcher::new().expect("a watcher");
        let watch = watcher.watch(&folder).expect("a watch");
        Watched { folder, watcher, _watch: watch, made: Cell::new(0), told: Cell::new(0) }
    }

    fn make(&self) {
        let name = self.made.replace(self.made.get() + 1);
        fs::create_dir(self.folder.path().join(name.to_string())).expect("room");
    }

    /// None is left out, and none comes twice. Where names are not told, one event is for all.
    async fn next(self: Rc<Watched>) {
        let event = self.watcher.next().await.expect("an event");
        if event.kind == EventKind::Entries {
            return self.told.set(self.made.get());
        }
        let name = self.told.replace(self.told.get() + 1);
        assert_eq!(event.kind, EventKind::Created);
        assert_eq!(event.path, self.folder.path().join(name.to_string()));
    }
}

#[test]
fn pitfall_52_next_of_a_watcher() {
    let case = Case {
        clock: Clock::Real,
        setup: |_| Watched::new(),
        wait: |watched| Box::pin(watched.next()),
        nudge: Watched::make,
        check: |watched| {
            watched.make();
            Box::pin(async move {
                while watched.told.get() < watched.made.get() {
                    watched.clone().next().await;
                }
            })
        },
        sources: 1,
        registrations: 1,
        polls: 2,
    };
    case.holds(); // pitfall 52
}
