//! Of a folder, inotify tells each entry by its name.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;

use eagain::fs::EventKind::{self, Attributes, Created, Modified, Removed, Written};
use eagain::time::timeout;

use crate::tasks::PATIENCE;
use crate::{LOOP, told, touch, watched};

#[test]
fn an_entry_is_told_from_its_beginning_to_its_end() {
    let watched = watched();
    let path = watched.path("file");
    fs::write(&path, "hello").expect("room");
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("it is ours");
    fs::remove_file(&path).expect("it is there");
    let told = told(&watched.watcher);
    let kinds: Vec<&EventKind> = told.iter().map(|e| &e.kind).collect();
    assert_eq!(kinds, [&Created, &Modified, &Written, &Attributes, &Removed]);
    assert!(told.iter().all(|e| e.path == path && !e.is_itself && !e.is_folder), "{told:?}");
    assert!(told.iter().all(|e| e.watch == Some(watched.watch.id())), "{told:?}");
}

#[test]
fn a_folder_says_that_it_is_one() {
    let watched = watched();
    fs::create_dir(watched.path("inner")).expect("room");
    let [ref event] = told(&watched.watcher)[..] else { panic!("one event") };
    assert!(event.is_folder && event.kind == Created && event.path == watched.path("inner"));
}

#[test]
fn what_is_below_an_entry_is_not_told() {
    let watched = watched();
    fs::create_dir(watched.path("inner")).expect("room");
    told(&watched.watcher);
    touch(&watched.path("inner/file"));
    assert_eq!(told(&watched.watcher), []);
}

#[test]
fn names_are_told_as_they_are() {
    let watched = watched();
    let names = ["x".repeat(255), "x".repeat(16), "x".repeat(15), "ä ö\n".to_owned()];
    for name in &names {
        fs::create_dir(watched.path(name)).expect("room");
    }
    let told: Vec<_> = told(&watched.watcher).into_iter().map(|e| e.path).collect();
    assert_eq!(told, names.map(|name| watched.path(&name)));
}

#[test]
fn many_events_come_in_the_order_in_which_they_happened() {
    let watched = watched();
    for n in 0..1000 {
        fs::create_dir(watched.path(&n.to_string())).expect("room");
    }
    let told: Vec<_> = told(&watched.watcher).into_iter().map(|e| e.path).collect();
    let made: Vec<_> = (0..1000).map(|n| watched.path(&n.to_string())).collect();
    assert_eq!(told, made);
}

#[test]
fn a_task_that_finds_many_events_lets_others_have_their_turn() {
    let watched = watched();
    for n in 0..1000 {
        fs::create_dir(watched.path(&n.to_string())).expect("room");
    }
    let turns = eagain::run(async {
        let other = eagain::spawn(async {
            let mut turns = 0;
            loop {
                turns += 1;
                TURNS.set(turns);
                eagain::yield_now().await;
            }
        });
        for _ in 0..1000 {
            watched.watcher.next().await.expect("an event");
        }
        other.abort();
        TURNS.get()
    });
    let turns = turns.expect("a loop");
    assert!(turns >= 1000 / 128, "{turns} turns"); // pitfall 2
}

thread_local! {
    static TURNS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

#[test]
fn a_file_that_is_removed_while_it_is_open_is_gone_when_it_is_closed() {
    let watched = watched();
    let path = watched.path("file");
    let file = File::create(&path).expect("room");
    let watcher = eagain::fs::Watcher::new().expect("a watcher");
    let _watch = watcher.watch(&path).expect("a watch");
    fs::remove_file(&path).expect("it is there");
    let kinds = |of| told(of).into_iter().map(|e| e.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&watcher), [Attributes]);
    drop(file);
    // A child that another test has just forked may have it open for a moment yet.
    let gone = LOOP.with_borrow_mut(|it| it.block_on(timeout(PATIENCE, watcher.next())));
    let gone = gone.expect("a run").expect("it is told").expect("no error");
    assert_eq!(gone.kind, Removed);
    assert_eq!(kinds(&watcher), []);
}
