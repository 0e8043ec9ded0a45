//! Watches begin and end, and nothing of them stays behind. Linux lists them.

use std::fs;

use eagain::fs::{EventKind, Watcher};

use crate::{Watched, own_process, told, touch, watched};

/// How many watches the kernel keeps for it.
fn kept(watcher: &Watcher) -> usize {
    let number = watcher.as_ref().number();
    let listed = fs::read_to_string(format!("/proc/self/fdinfo/{number}")).expect("it is open");
    listed.lines().filter(|line| line.starts_with("inotify ")).count()
}

#[test]
fn a_watch_that_is_dropped_is_one_less() {
    let Watched { folder, watcher, watch } = watched();
    assert_eq!(kept(&watcher), 1);
    touch(&folder.path().join("told to nobody"));
    drop(watch);
    assert_eq!(kept(&watcher), 0);
    touch(&folder.path().join("seen by nobody"));
    assert_eq!(told(&watcher), []);
}

#[test]
fn a_thousand_watches_leave_nothing_behind() {
    let Watched { folder, watcher, watch } = watched();
    for _ in 0..1000 {
        let _again = watcher.watch(&folder).expect("a watch");
        drop(Watcher::new().expect("as many as a user may have, and one after the other"));
    }
    assert_eq!(kept(&watcher), 1);
    drop(watch);
    for _ in 0..1000 {
        drop(watcher.watch(&folder).expect("a watch"));
    }
    assert_eq!(kept(&watcher), 0);
    // Of each the kernel says that it has ended.
    assert_eq!(told(&watcher), []);
}

#[test]
fn a_watch_that_is_detached_lasts_as_long_as_its_watcher() {
    let Watched { folder, watcher, watch } = watched();
    watch.detach();
    touch(&folder.path().join("file"));
    assert_eq!(kept(&watcher), 1);
    assert!(!told(&watcher).is_empty());
}

#[test]
fn who_watches_the_same_is_told_once_until_the_last_one_is_dropped() {
    let Watched { folder, watcher, watch } = watched();
    let other = watcher.watch(folder.path().join(".")).expect("a watch");
    assert_eq!((other.id(), kept(&watcher)), (watch.id(), 1));
    drop(watch);
    fs::create_dir(folder.path().join("inner")).expect("room");
    let [ref event] = told(&watcher)[..] else { panic!("one event") };
    assert_eq!(event.path, folder.path().join("inner"));
    drop(other);
    assert_eq!(kept(&watcher), 0);
}

#[test]
fn a_folder_that_is_removed_ends_its_watch() {
    let watched = watched();
    let inner = watched.path("inner");
    fs::create_dir(&inner).expect("room");
    let watch = watched.watcher.watch(&inner).expect("a watch");
    told(&watched.watcher);
    fs::remove_dir(&inner).expect("it is empty");
    let [ref of_itself, ref of_an_entry] = told(&watched.watcher)[..] else { panic!("two events") };
    for (event, is_itself) in [(of_itself, true), (of_an_entry, false)] {
        assert_eq!((&event.kind, &event.path), (&EventKind::Removed, &inner));
        assert_eq!(event.is_itself, is_itself);
    }
    assert_eq!(of_itself.watch, Some(watch.id()));
    // What takes its name is watched anew, and not by the old one.
    fs::create_dir(&inner).expect("room");
    let again = watched.watcher.watch(&inner).expect("a watch");
    assert_ne!(again.id(), watch.id());
    drop(watch);
    assert_eq!(kept(&watched.watcher), 2);
}

#[test]
fn a_watch_may_outlive_its_watcher() {
    // Another test would open a descriptor of the same number.
    if !own_process::entered("watches::a_watch_may_outlive_its_watcher") {
        return;
    }
    let Watched { folder, watcher, watch } = watched();
    let number = watcher.as_ref().number();
    drop(watcher);
    let what = fs::read_link(format!("/proc/self/fd/{number}"));
    assert!(!what.is_ok_and(|what| what.ends_with("anon_inode:inotify")), "it was closed");
    touch(&folder.path().join("file"));
    drop(watch);
}

/// The kernel says of an entry that it is a folder, and not of what is watched itself.
#[test]
fn a_folder_that_is_watched_is_one_to_the_end() {
    let Watched { folder, watcher, watch } = watched();
    let (inner, file) = (folder.path().join("inner"), folder.path().join("file"));
    fs::create_dir(&inner).expect("room");
    touch(&file);
    drop(watch);
    told(&watcher);
    let watches = [&inner, &file].map(|path| watcher.watch(path).expect("a watch"));
    fs::rename(&inner, folder.path().join("other")).expect("another name");
    fs::remove_dir(folder.path().join("other")).expect("it is empty");
    fs::remove_file(&file).expect("it is there");
    let told = told(&watcher);
    let kinds_of = |path| {
        let of_it = told.iter().filter(move |event| &event.path == path);
        of_it.map(|event| (event.kind.clone(), event.is_folder)).collect::<Vec<_>>()
    };
    assert_eq!(kinds_of(&inner), [(EventKind::Moved, true), (EventKind::Removed, true)]);
    assert_eq!(kinds_of(&file), [(EventKind::Attributes, false), (EventKind::Removed, false)]);
    drop(watches);
}
