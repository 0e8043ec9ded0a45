//! Files, through threads: the kernel has no readiness for them.
//!
//! A regular file counts as always ready, however long the disk takes: `epoll` refuses it, `poll`
//! calls it readable, and `O_NONBLOCK` changes nothing. A read that has to wait for the disk stops
//! its thread. So nothing here is asynchronous underneath: **each call is one hand-off** to a
//! thread of the loop's pool ([`offload`](crate::offload)), which does what std's function of the
//! same name does, and the task is woken when that is done. A hand-off costs some ten
//! microseconds; who reads many small pieces does better with one closure of its own in `offload`.
//!
//! What follows from that, for all of it:
//!
//! * **Nothing borrowed crosses threads.** Buffers and paths are copied or moved there and back.
//! * **What was begun goes on.** Dropping a future before a thread has begun takes the work back; a
//!   call that a thread is in cannot be stopped, and nobody is told how it went. A file that was
//!   being written when its future was dropped may have been written.
//! * **There are 4 threads**, unless the loop was built with another number
//!   ([`Builder::offload_threads`](crate::Builder::offload_threads)): what hangs on a dead network
//!   file system takes one of them.
//! * A loop has to run on this thread: else these panic when they are polled.
//!
//! What *happens* to files is another matter: that the kernel tells, and [`Watcher`] waits for it as
//! for a socket, with no thread in between.
//!
//! [`File`] adds an order: one call after the other, also after a future that was dropped midway.
//!
//! ```
//! # let folder = std::env::temp_dir().join(format!("eagain-fs-{}", std::process::id()));
//! use eagain::fs;
//!
//! eagain::run(async {
//!     fs::create_dir_all(folder.join("notes")).await?;
//!     fs::write(folder.join("notes/first"), "hello").await?;
//!     assert_eq!(fs::read_to_string(folder.join("notes/first")).await?, "hello");
//!     let mut entries = fs::read_dir(folder.join("notes")).await?;
//!     while let Some(entry) = entries.next_entry().await? {
//!         assert_eq!(entry.file_name(), "first");
//!     }
//!     fs::remove_dir_all(&folder).await
//! })??;
//! # Ok::<(), std::io::Error>(())
//! ```

mod directory;
mod file;
mod handed;
mod open;
mod order;
mod paths;
mod watcher;

pub use directory::{DirEntry, ReadDir, read_dir};
pub use file::File;
pub use open::OpenOptions;
pub use paths::{
    canonicalize, copy, create_dir, create_dir_all, hard_link, metadata, read, read_link,
    read_to_string, remove_dir, remove_dir_all, remove_file, rename, set_permissions, symlink,
    symlink_metadata, try_exists, write,
};
pub use watcher::{Event, EventKind, Watch, WatchId, Watcher};
