//! What is in a folder.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::fs::handed::{answered, handed_for};
use crate::fs::symlink_metadata;
use crate::thread::{Offload, offload};

/// How many entries a hand-off brings.
const BATCH: usize = 64;

/// Lists a folder, in no order.
///
/// Dropped, it is taken back if no thread has begun with it. One hand-off; system calls there:
/// `openat`, `fstat`, `getdents64`.
///
/// # Errors
/// `ENOENT`, `ENOTDIR`, `EACCES`.
///
/// # Panics
/// If it is awaited where no event loop runs.
#[track_caller]
pub fn read_dir(path: impl AsRef<Path>) -> impl Future<Output = io::Result<ReadDir>> {
    let path = path.as_ref().to_owned();
    let list = move || Ok(next_batch(std::fs::read_dir(path)?));
    handed_for(list, |(batch, rest)| ReadDir { batch, rest, fetching: None })
}

/// The entries of a folder, one after the other. They are fetched 64 at a time, so a folder of any
/// size takes little memory; what is made or removed meanwhile may be listed or not.
#[derive(Debug)]
pub struct ReadDir {
    batch: Batch,
    /// Until the end.
    rest: Option<std::fs::ReadDir>,
    /// What a thread is at, while `rest` is there.
    fetching: Option<Offload<io::Result<Fetched>>>,
}

type Batch = VecDeque<io::Result<DirEntry>>;

/// What a thread brings, and the rest if there may be more.
type Fetched = (Batch, Option<std::fs::ReadDir>);

impl ReadDir {
    /// The next entry; `None` at the end.
    ///
    /// Cancel-safe: what a thread fetches meanwhile is for the next call. One hand-off for 64
    /// entries, none for the others; system calls there: `getdents64`, `close` at the end.
    ///
    /// # Errors
    /// Those of the file system; the listing goes on after them.
    pub async fn next_entry(&mut self) -> io::Result<Option<DirEntry>> {
        if self.batch.is_empty() {
            if let Some(rest) = self.rest.take() {
                self.fetching = Some(offload(move || Ok(next_batch(rest))));
            }
            if let Some(fetching) = &mut self.fetching {
                let fetched = fetching.awaited().await;
                self.fetching = None;
                (self.batch, self.rest) = answered(fetched)?;
            }
        }
        self.batch.pop_front().transpose()
    }
}

fn next_batch(mut entries: std::fs::ReadDir) -> Fetched {
    let batch: Batch = entries.by_ref().take(BATCH).map(|entry| entry.and_then(seen)).collect();
    let more = batch.len() == BATCH;
    (batch, more.then_some(entries))
}

/// What can be told without a further hand-off.
fn seen(entry: std::fs::DirEntry) -> io::Result<DirEntry> {
    let file_type = entry.file_type()?;
    Ok(DirEntry { path: entry.path(), name: entry.file_name(), file_type })
}

/// What [`ReadDir::next_entry`] gives.
#[derive(Clone, Debug)]
pub struct DirEntry {
    path: PathBuf,
    name: OsString,
    file_type: FileType,
}

impl DirEntry {
    /// The folder's path, and the name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name.
    pub fn file_name(&self) -> &std::ffi::OsStr {
        &self.name
    }

    /// Whether it is a file, a folder, a link, as it was when it was listed.
    pub fn file_type(&self) -> FileType {
        self.file_type
    }

    /// Its length, its times; of a link, not of what that leads to.
    ///
    /// One hand-off, as [`fs::symlink_metadata`](crate::fs::symlink_metadata).
    pub async fn metadata(&self) -> io::Result<Metadata> {
        symlink_metadata(&self.path).await
    }
}
