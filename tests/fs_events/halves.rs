//! A rename has two halves, which come together.

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::{fs, thread};

use eagain::fs::EventKind::{Created, MovedAway, MovedHere, Renamed};
use eagain::fs::Watcher;
use eagain::run;
use eagain::time::timeout;

use crate::tasks::PATIENCE;
use crate::{Watched, told, touch, watched};

/// So many records with short names are a read.
const A_READ: usize = 128;

fn renamed(watched: &Watched, old: &str, new: &str) {
    fs::rename(watched.path(old), watched.path(new)).expect("a new name");
}

#[test]
fn a_rename_is_one_event_with_both_names() {
    let watched = watched();
    touch(&watched.path("old"));
    told(&watched.watcher);
    renamed(&watched, "old", "new");
    let [ref event] = told(&watched.watcher)[..] else { panic!("one event") };
    assert_eq!(event.kind, Renamed { from: watched.path("old") });
    assert_eq!(event.path, watched.path("new"));
}

#[test]
fn from_one_watched_folder_to_another_it_is_one_event() {
    let watched = watched();
    let other = tempfile::tempdir_in(watched.folder.path()).expect("a folder");
    touch(&watched.path("old"));
    told(&watched.watcher);
    let watch = watched.watcher.watch(&other).expect("a watch");
    fs::rename(watched.path("old"), other.path().join("new")).expect("a new name");
    let [ref event] = told(&watched.watcher)[..] else { panic!("one event") };
    assert_eq!(event.kind, Renamed { from: watched.path("old") });
    assert_eq!((&event.path, event.watch), (&other.path().join("new"), Some(watch.id())));
}

#[test]
fn to_where_nobody_watches_and_back_it_is_a_half() {
    let watched = watched();
    let other = tempfile::tempdir().expect("a folder");
    touch(&watched.path("file"));
    told(&watched.watcher);
    fs::rename(watched.path("file"), other.path().join("file")).expect("a new name");
    let [ref event] = told(&watched.watcher)[..] else { panic!("one event") };
    assert!(matches!(event.kind, MovedAway { .. }) && event.path == watched.path("file"));
    fs::rename(other.path().join("file"), watched.path("again")).expect("a new name");
    let [ref event] = told(&watched.watcher)[..] else { panic!("one event") };
    assert!(matches!(event.kind, MovedHere { .. }) && event.path == watched.path("again"));
}

#[test]
fn what_follows_a_half_without_another_is_told_after_it() {
    let watched = watched();
    let other = tempfile::tempdir().expect("a folder");
    touch(&watched.path("file"));
    told(&watched.watcher);
    fs::rename(watched.path("file"), other.path().join("file")).expect("a new name");
    fs::create_dir(watched.path("next")).expect("room");
    let [ref first, ref second] = told(&watched.watcher)[..] else { panic!("two events") };
    assert!(matches!(first.kind, MovedAway { .. }), "{first:?}");
    assert_eq!((&second.kind, &second.path), (&Created, &watched.path("next")));
}

/// Wherever the end of a read falls.
#[test]
fn halves_that_are_read_one_after_the_other_are_one_event() {
    for before in A_READ - 3..A_READ + 3 {
        let watched = watched();
        touch(&watched.path("old"));
        told(&watched.watcher);
        for n in 0..before {
            fs::create_dir(watched.path(&n.to_string())).expect("room");
        }
        renamed(&watched, "old", "new");
        let told = told(&watched.watcher);
        assert_eq!(told.len(), before + 1);
        assert_eq!(told[before].kind, Renamed { from: watched.path("old") }, "after {before}");
    }
}

#[test]
fn a_half_whose_watch_was_dropped_is_not_told() {
    let watched = watched();
    let other = tempfile::tempdir().expect("a folder");
    touch(&watched.path("old"));
    let watch = watched.watcher.watch(&other).expect("a watch");
    told(&watched.watcher);
    fs::rename(watched.path("old"), other.path().join("new")).expect("a new name");
    drop(watch);
    let [ref event] = told(&watched.watcher)[..] else { panic!("one event") };
    assert!(matches!(event.kind, MovedAway { .. }) && event.path == watched.path("old"));
}

/// Between the halves, which are told one by one, somebody may read.
#[test]
fn of_renames_that_another_thread_makes_meanwhile_every_half_is_told() {
    const RENAMES: usize = 10_000;
    // So far may the other one be ahead: the kernel loses what it has no room for, however slow who
    // reads is.
    const AHEAD: usize = 1000;
    let folder = tempfile::tempdir().expect("a folder");
    let names = ["one", "other"].map(|name| folder.path().join(name));
    touch(&names[0]);
    let watcher = Watcher::new().expect("a watcher");
    let _watch = watcher.watch(&folder).expect("a watch");
    let (begin, begun) = mpsc::sync_channel(AHEAD);
    let renaming = thread::spawn(move || {
        for n in 0..RENAMES {
            begin.send(()).expect("somebody reads");
            fs::rename(&names[n % 2], &names[(n + 1) % 2]).expect("a new name");
        }
    });
    let mut whole = 0;
    let mut halves = BTreeSet::new();
    let mut paired = 0;
    let all = async {
        while whole + paired < RENAMES {
            let before = whole + paired;
            match watcher.next().await.expect("no error").kind {
                Renamed { .. } => whole += 1,
                MovedAway { cookie } => assert!(halves.insert(cookie)),
                MovedHere { cookie } => {
                    assert!(halves.remove(&cookie), "the second half comes second");
                    paired += 1;
                }
                other => panic!("{other:?}"),
            }
            if whole + paired > before {
                begun.recv().expect("it was begun before it was told");
            }
        }
    };
    run(async { timeout(PATIENCE, all).await.expect("all are told") }).expect("a loop");
    renaming.join().expect("no panic");
    assert_eq!((whole + paired, halves.len()), (RENAMES, 0));
}
