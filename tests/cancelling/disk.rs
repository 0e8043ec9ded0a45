//! Calls on files and folders that a thread of the pool has yet to begin, or is about to.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs;
use std::io::SeekFrom;
use std::path::PathBuf;
use std::rc::Rc;

use eagain::EventLoop;
use eagain::fs::{File, OpenOptions, ReadDir};
use eagain::time::Clock;
use tempfile::TempDir;

use crate::busy::Threads;
use crate::case::Case;
use crate::ends::Kept;
use crate::io::Place;
use crate::witness::Waiting;
use crate::writing::numbers;

/// A file of a hundred numbers in a folder of its own.
struct Disk {
    folder: TempDir,
    file: Place<File>,
    /// What a call that was dropped has read before.
    got: RefCell<Vec<u8>>,
    threads: Threads,
}

impl Disk {
    fn new(event_loop: &mut EventLoop) -> Disk {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("numbers"), numbers(100)).expect("room");
        let path = folder.path().join("numbers");
        let open = async { OpenOptions::new().read(true).write(true).open(path).await };
        let file = event_loop.block_on(open).expect("a run").expect("a file");
        let threads = Threads::occupy(event_loop);
        Disk { folder, file: Place::of(file), got: RefCell::default(), threads }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("numbers")
    }

    fn other(&self) -> PathBuf {
        self.folder.path().join("other")
    }

    /// What the file holds, by a call that every call before has to let through.
    async fn contents(&self) -> Vec<u8> {
        self.threads.free_all();
        let mut file = self.file.take_out();
        let mut contents = Vec::new();
        file.seek(SeekFrom::Start(0)).await.expect("a cursor");
        file.read_to_end(&mut contents).await.expect("a read");
        contents
    }
}

const fn case(wait: fn(Rc<Disk>) -> Waiting, check: fn(Rc<Disk>) -> Waiting) -> Case<Disk> {
    Case {
        clock: Clock::Real,
        setup: Disk::new,
        wait,
        nudge: |disk| disk.threads.free_one(),
        check,
        sources: 0,
        registrations: 0,
        polls: 2,
    }
}

/// A call that only looks: whatever becomes of it, the file is as it was.
const fn looking(wait: fn(Rc<Disk>) -> Waiting) -> Case<Disk> {
    case(wait, |disk| Box::pin(async move { assert_eq!(disk.contents().await, numbers(100)) }))
}

/// A call that reads at the cursor: what it has not given, the next one gives.
const fn reading(wait: fn(Rc<Disk>) -> Waiting) -> Case<Disk> {
    case(wait, |disk| {
        Box::pin(async move {
            disk.threads.free_all();
            let mut all = disk.got.take();
            disk.file.take_out().read_to_end(&mut all).await.expect("a read");
            assert_eq!(all, numbers(100));
        })
    })
}

/// Each a call that only looks.
macro_rules! looks {
    ($($name:ident: |$disk:ident| $call:expr;)*) => {$(
        #[test]
        fn $name() {
            let case = looking(|$disk| {
                Box::pin(async move {
                    $call.await.expect("it is there");
                })
            });
            case.holds(); // pitfall 53
        }
    )*};
}

looks! {
    pitfall_53_open: |disk| File::open(disk.path());
    pitfall_53_read_of_a_path: |disk| eagain::fs::read(disk.path());
    pitfall_53_metadata_of_a_path: |disk| eagain::fs::metadata(disk.path());
    pitfall_53_read_dir: |disk| eagain::fs::read_dir(disk.folder.path());
    pitfall_53_metadata_of_a_file: |disk| disk.file.take_out().metadata();
    pitfall_53_read_at: |disk| disk.file.take_out().read_at(&mut [0; 8], 50);
    pitfall_53_sync_all: |disk| disk.file.take_out().sync_all();
    pitfall_53_sync_data: |disk| disk.file.take_out().sync_data();
}

#[test]
fn pitfall_52_read_to_end_of_a_file() {
    let case = reading(|disk| {
        Box::pin(async move {
            let mut kept = Kept::new(&disk, vec![], |disk, read| drop(disk.got.replace(read)));
            let mut file = disk.file.take_out();
            file.read_to_end(&mut kept.buf).await.expect("a read");
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_to_string_of_a_file() {
    let case = reading(|disk| {
        Box::pin(async move {
            let mut text = String::new(); // the numbers are below 128
            disk.file.take_out().read_to_string(&mut text).await.expect("a read");
            disk.got.replace(text.into());
        })
    });
    case.holds(); // pitfall 52
}

#[test]
fn pitfall_52_read_exact_of_a_file() {
    let case = reading(|disk| {
        Box::pin(async move {
            let mut kept = Kept::new(&disk, vec![0; 40], |disk, read| {
                // None of the numbers is 0.
                disk.got.replace(read.into_iter().take_while(|byte| *byte != 0).collect());
            });
            disk.file.take_out().read_exact(&mut kept.buf).await.expect("a read");
        })
    });
    case.holds(); // pitfall 52
}

/// Each a call that changes the file: it was made as a whole, or not at all.
macro_rules! changes {
    ($($name:ident: |$disk:ident| $call:expr => $changed:expr;)*) => {$(
        #[test]
        fn $name() {
            let case = case(
                |$disk| Box::pin(async move {
                    $call.await.expect("no error");
                }),
                |disk| Box::pin(async move {
                    let contents = disk.contents().await;
                    let changed: Vec<u8> = $changed;
                    assert!(contents == numbers(100) || contents == changed, "{contents:?}");
                }),
            );
            case.holds(); // pitfall 53
        }
    )*};
}

fn begun_anew() -> Vec<u8> {
    [&[0; 7][..], &numbers(100)[7..]].concat()
}

changes! {
    pitfall_53_write_of_a_file: |disk| disk.file.take_out().write(&[0; 7]) => begun_anew();
    pitfall_53_write_all_of_a_file: |disk| disk.file.take_out().write_all(&[0; 7]) => begun_anew();
    pitfall_53_write_all_at: |disk| disk.file.take_out().write_all_at(&[0; 7], 0) => begun_anew();
    pitfall_53_set_len: |disk| disk.file.take_out().set_len(10) => numbers(10);
    pitfall_53_seek: |disk| disk.file.take_out().seek(SeekFrom::End(0)) => numbers(100);
}

/// A path that a thread is still about to change has the one state or the other.
const fn moving(wait: fn(Rc<Disk>) -> Waiting) -> Case<Disk> {
    case(wait, |disk| {
        Box::pin(async move {
            disk.threads.free_all();
            let read = |path| async { eagain::fs::read(path).await.unwrap_or_default() };
            let all = [read(disk.path()).await, read(disk.other()).await];
            assert!(all.contains(&numbers(100)), "{all:?}");
        })
    })
}

#[test]
fn pitfall_53_rename() {
    let case = moving(|disk| {
        Box::pin(async move {
            eagain::fs::rename(disk.path(), disk.other()).await.expect("it is there");
        })
    });
    case.holds(); // pitfall 53
}

#[test]
fn pitfall_53_copy_of_a_path() {
    let case = moving(|disk| {
        Box::pin(async move {
            eagain::fs::copy(disk.path(), disk.other()).await.expect("it is there");
        })
    });
    case.holds(); // pitfall 53
}

#[test]
fn pitfall_53_write_of_a_path() {
    let case = moving(|disk| {
        Box::pin(async move {
            eagain::fs::write(disk.other(), b"contents").await.expect("room");
        })
    });
    case.holds(); // pitfall 53
}

#[test]
fn pitfall_53_close_of_a_file() {
    let case = moving(|disk| {
        Box::pin(async move {
            let file = File::open(disk.path()).await.expect("it is there");
            file.close().await.expect("no error");
        })
    });
    case.holds(); // pitfall 53
}

/// A folder with more in it than comes at once.
struct Folder {
    _folder: TempDir,
    entries: Place<ReadDir>,
    names: RefCell<Vec<OsString>>,
    threads: Threads,
}

const NAMES: usize = 70;

#[test]
fn pitfall_52_next_entry() {
    async fn next(folder: &Folder) -> bool {
        let entry = folder.entries.take_out().next_entry().await.expect("a folder");
        folder.names.borrow_mut().extend(entry.as_ref().map(|e| e.file_name().to_owned()));
        entry.is_some()
    }
    let case = Case {
        clock: Clock::Real,
        setup: |event_loop: &mut EventLoop| {
            let folder = tempfile::tempdir().expect("a folder");
            (0..NAMES)
                .for_each(|n| fs::write(folder.path().join(n.to_string()), b"").expect("room"));
            let read = async { eagain::fs::read_dir(folder.path()).await };
            let entries = event_loop.block_on(read).expect("a run").expect("a folder");
            let threads = Threads::occupy(event_loop);
            let entries = Place::of(entries);
            Folder { _folder: folder, entries, names: RefCell::default(), threads }
        },
        wait: |folder: Rc<Folder>| Box::pin(async move { while next(&folder).await {} }),
        nudge: |folder: &Folder| folder.threads.free_one(),
        check: |folder| {
            Box::pin(async move {
                folder.threads.free_all();
                while next(&folder).await {}
                let mut names = folder.names.take();
                names.sort();
                names.dedup();
                assert_eq!(names.len(), NAMES, "each once");
            })
        },
        sources: 0,
        registrations: 0,
        polls: 2,
    };
    case.holds(); // pitfall 52
}
