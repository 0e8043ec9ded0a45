//! What is watched, by the kernel's numbers.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

#[derive(Default)]
pub(super) struct Watched(BTreeMap<i32, One>);

struct One {
    path: Rc<Path>,
    is_folder: bool,
    /// How many watch it: the kernel knows no more than one of each watcher.
    holders: usize,
}

impl Watched {
    /// One more watches it. The path is that of the first.
    pub(super) fn join(&mut self, number: i32, path: &Path, is_folder: bool) -> Rc<Path> {
        let new = || One { path: path.into(), is_folder, holders: 0 };
        let one = self.0.entry(number).or_insert_with(new);
        one.holders += 1;
        one.path.clone()
    }

    /// One watches it no longer. True if that was the last one.
    pub(super) fn leave(&mut self, number: i32) -> bool {
        let Some(one) = self.0.get_mut(&number) else { return false };
        one.holders -= 1;
        one.holders == 0 && self.0.remove(&number).is_some()
    }

    /// The kernel has ended it.
    pub(super) fn end(&mut self, number: i32) {
        self.0.remove(&number);
    }

    /// Whether it is a folder itself: Linux does not say so of all that happens to one.
    pub(super) fn is_folder(&self, number: i32) -> bool {
        self.0.get(&number).is_some_and(|one| one.is_folder)
    }

    /// The path of it, or of an entry. `None` if nobody watches it any more.
    pub(super) fn path(&self, number: i32, name: &OsStr) -> Option<PathBuf> {
        let path = &self.0.get(&number)?.path;
        // Joined with nothing, it would end with a slash.
        Some(if name.is_empty() { path.to_path_buf() } else { path.join(name) })
    }
}
