//! What happens to files and folders is told, once each, to who watches them.

mod tasks;

#[cfg(target_os = "linux")]
#[path = "fs_events/halves.rs"]
mod halves;
#[cfg(target_os = "linux")]
#[path = "fs_events/named.rs"]
mod named;
#[cfg(target_os = "linux")]
#[path = "fs_events/overflow.rs"]
mod overflow;
#[cfg(target_os = "linux")]
#[path = "soak/own_process.rs"]
mod own_process;
#[cfg(target_os = "linux")]
#[path = "fs_events/watches.rs"]
mod watches;

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use eagain::fs::{Event, EventKind, Watch, Watcher};
use eagain::time::timeout;
use eagain::{EventLoop, errno, run, try_join, yield_now};
use tasks::PATIENCE;
use tempfile::TempDir;

/// A folder that is watched.
struct Watched {
    folder: TempDir,
    watcher: Watcher,
    watch: Watch,
}

fn watched() -> Watched {
    let folder = tempfile::tempdir().expect("a folder");
    let watcher = Watcher::new().expect("a watcher");
    let watch = watcher.watch(&folder).expect("a watch");
    Watched { folder, watcher, watch }
}

impl Watched {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

thread_local! {
    /// A watcher that has waited belongs to its loop.
    static LOOP: RefCell<EventLoop> = RefCell::new(EventLoop::new().expect("a loop"));
}

/// What there is to tell. It has happened already, so that a few turns of the loop find it.
fn told(watcher: &Watcher) -> Vec<Event> {
    let all = async {
        let mut all = Vec::new();
        loop {
            let turns = async {
                for _ in 0..5 {
                    yield_now().await;
                }
            };
            eagain::select! {
                biased;
                event = watcher.next() => all.push(event.expect("no error")),
                () = turns => return all,
            }
        }
    };
    LOOP.with_borrow_mut(|event_loop| event_loop.block_on(all).expect("a run"))
}

/// The same without those whose kind is not the point.
fn paths(watcher: &Watcher, kind: &EventKind) -> Vec<PathBuf> {
    told(watcher).into_iter().filter(|e| e.kind == *kind).map(|e| e.path).collect()
}

fn touch(path: &Path) {
    fs::write(path, "").expect("room");
}

#[test]
fn who_waits_is_told_what_others_do() {
    let watched = watched();
    let path = watched.path("file");
    let both = async {
        let write = async { eagain::fs::write(&path, "hello").await };
        try_join!(watched.watcher.next(), write)
    };
    let answer = run(async { timeout(PATIENCE, both).await.expect("it is told") });
    let (event, ()) = answer.expect("a loop").expect("no error");
    assert!(matches!(event.kind, EventKind::Created | EventKind::Entries), "{event:?}");
    assert_eq!(event.watch, Some(watched.watch.id()));
}

#[test]
fn a_file_that_is_written_to_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    touch(&path);
    let watcher = Watcher::new().expect("a watcher");
    let _watch = watcher.watch(&path).expect("a watch");
    fs::write(&path, "more").expect("room");
    let modified = paths(&watcher, &EventKind::Modified);
    assert!(!modified.is_empty() && modified.iter().all(|told| *told == path), "{modified:?}");
}

#[test]
fn what_is_not_there_cannot_be_watched() {
    let watched = watched();
    let errno = |path| watched.watcher.watch(path).expect_err("no such path").raw_os_error();
    assert_eq!(errno(watched.path("nothing")), Some(errno::ENOENT));
    assert_eq!(errno(watched.path("a\0zero")), Some(errno::EINVAL));
    assert_eq!(errno(PathBuf::new()), Some(errno::ENOENT));
}

#[test]
fn what_is_watched_and_renamed_says_so_and_is_still_watched() {
    let watched = watched();
    let (old, new) = (watched.path("old"), watched.path("new"));
    fs::create_dir(&old).expect("room");
    let watcher = Watcher::new().expect("a watcher");
    let watch = watcher.watch(&old).expect("a watch");
    fs::rename(&old, &new).expect("room");
    assert_eq!(paths(&watcher, &EventKind::Moved), [watch.path()]);
    touch(&new.join("entry"));
    assert!(told(&watcher).iter().all(|e| e.path.starts_with(&old) && !e.path.starts_with(&new)));
}
