//! What the kernel has no room for is told as lost.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use eagain::fs::EventKind::{Created, Overflow};

use crate::{told, touch, watched};

#[test]
fn more_than_the_kernel_keeps_is_told_as_lost_and_then_it_goes_on() {
    let room = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").expect("a limit");
    let room: usize = room.trim().parse().expect("a number");
    let watched = watched();
    let pair = [watched.path("one"), watched.path("other")];
    pair.iter().for_each(|path| touch(path));
    let before = told(&watched.watcher).len();
    assert!(before > 0);
    // One that equals the last is left out, so they take turns.
    for n in 0..=room {
        fs::set_permissions(&pair[n % 2], Permissions::from_mode(0o600)).expect("it is ours");
    }
    let all = told(&watched.watcher);
    assert_eq!(all.len(), room + 1, "with the one that says that more is lost");
    let last = &all[room];
    assert_eq!((&last.kind, last.watch, last.path.as_os_str().len()), (&Overflow, None, 0));
    fs::create_dir(watched.path("next")).expect("room");
    let [ref event] = told(&watched.watcher)[..] else { panic!("one event") };
    assert_eq!((&event.kind, &event.path), (&Created, &watched.path("next")));
}
