//! What is done to a path: each of these is one hand-off of std's function of the same name.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use crate::fs::handed::handed;

macro_rules! on_paths {
    ($(
        $(#[doc = $doc:literal])*
        fn $name:ident($($path:ident),+ $(; $more:ident: $type:ty)?) -> $answer:ty = $call:path, $calls:literal;
    )*) => {$(
        $(#[doc = $doc])*
        ///
        /// Dropped, it is taken back if no thread has begun with it; else it is done, and nobody is
        /// told. One hand-off; system calls there:
        #[doc = $calls]
        ///
        /// # Panics
        /// If it is awaited where no event loop runs.
        #[track_caller]
        pub fn $name(
            $($path: impl AsRef<Path>),+ $(, $more: $type)?
        ) -> impl Future<Output = io::Result<$answer>> {
            $(let $path = $path.as_ref().to_owned();)+
            handed(move || $call($($path),+ $(, $more)?))
        }
    )*};
}

on_paths! {
    /// The whole of a file.
    fn read(path) -> Vec<u8> = fs::read, "`openat`, `read`s, `close`.";
    /// The whole of a file of text; `InvalidData` if it is not UTF-8.
    fn read_to_string(path) -> String = fs::read_to_string, "`openat`, `read`s, `close`.";
    /// What a name leads to: its length, its times, whether it is a folder.
    fn metadata(path) -> Metadata = fs::metadata, "`statx`.";
    /// The same of a symbolic link itself.
    fn symlink_metadata(path) -> Metadata = fs::symlink_metadata, "`statx`.";
    /// Whether something is there; an error if that cannot be told.
    fn try_exists(path) -> bool = fs::exists, "`statx`.";
    /// Changes who may do what.
    fn set_permissions(path; permissions: Permissions) -> () = fs::set_permissions, "`chmod`.";
    /// Removes a name; the file with it, when nobody has it open any more.
    fn remove_file(path) -> () = fs::remove_file, "`unlink`.";
    /// Gives a file or folder another name on the same file system, in place of what had it.
    fn rename(from, to) -> () = fs::rename, "`rename`.";
    /// Copies a file and its permissions, and tells how many bytes that was.
    fn copy(from, to) -> u64 = fs::copy, "`openat` twice, `copy_file_range`s, `close` twice.";
    /// Gives a file a second name.
    fn hard_link(original, link) -> () = fs::hard_link, "`linkat`.";
    /// Makes a symbolic link to what `original` says.
    fn symlink(original, link) -> () = std::os::unix::fs::symlink, "`symlink`.";
    /// Where a symbolic link leads.
    fn read_link(path) -> PathBuf = fs::read_link, "`readlink`.";
    /// The path without links and dots, from the root.
    fn canonicalize(path) -> PathBuf = fs::canonicalize, "`readlink`s.";
    /// Makes a folder.
    fn create_dir(path) -> () = fs::create_dir, "`mkdir`.";
    /// Makes a folder, and those above it that are missing.
    fn create_dir_all(path) -> () = fs::create_dir_all, "`mkdir`s.";
    /// Removes an empty folder.
    fn remove_dir(path) -> () = fs::remove_dir, "`rmdir`.";
    /// Removes a folder and all that is in it.
    fn remove_dir_all(path) -> () = fs::remove_dir_all, "`openat`s, `getdents64`s, `unlinkat`s.";
}

/// Makes a file of these contents, in place of what was in it.
///
/// Dropped, it is taken back if no thread has begun with it; else it is done, and nobody is told: the
/// file may be half written meanwhile. One hand-off, which takes a copy of the contents along;
/// system calls there: `openat`, `write`s, `close`.
///
/// # Panics
/// If it is awaited where no event loop runs.
#[track_caller]
pub fn write(
    path: impl AsRef<Path>,
    contents: impl AsRef<[u8]>,
) -> impl Future<Output = io::Result<()>> {
    let (path, contents) = (path.as_ref().to_owned(), contents.as_ref().to_owned());
    handed(move || fs::write(path, contents))
}
