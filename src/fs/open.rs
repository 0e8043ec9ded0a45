//! How a file is opened.

use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::fs::File;
use crate::fs::handed::handed_for;

/// How a file is opened, as std's `OpenOptions`.
///
/// ```
/// # let path = std::env::temp_dir().join(format!("eagain-open-{}", std::process::id()));
/// use eagain::fs::OpenOptions;
///
/// eagain::run(async {
///     let mut log = OpenOptions::new().append(true).create(true).open(&path).await?;
///     log.write_all(b"a line\n").await
/// })??;
/// # std::fs::remove_file(path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OpenOptions {
    options: std::fs::OpenOptions,
}

macro_rules! options {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty;)*) => {$(
        $(#[doc = $doc])*
        pub fn $name(&mut self, $name: $type) -> &mut OpenOptions {
            self.options.$name($name);
            self
        }
    )*};
}

impl OpenOptions {
    /// Nothing is allowed yet.
    pub fn new() -> OpenOptions {
        OpenOptions { options: std::fs::OpenOptions::new() }
    }

    options! {
        /// To read.
        read: bool;
        /// To write.
        write: bool;
        /// To write at its end, wherever the cursor is.
        append: bool;
        /// To empty it first.
        truncate: bool;
        /// To make it if it is not there.
        create: bool;
        /// To make it, and fail if it is there.
        create_new: bool;
        /// The permissions of a file that is made; the process's mask takes from them.
        mode: u32;
        /// Further flags of open(2).
        custom_flags: i32;
    }

    /// Opens it.
    ///
    /// Dropped, it is taken back if no thread has begun with it; else it is done, and the file is
    /// closed there. One hand-off; system calls there: `openat`.
    ///
    /// # Errors
    /// `ENOENT`, `EACCES`, `EEXIST` ...
    ///
    /// # Panics
    /// If it is awaited where no event loop runs.
    #[track_caller]
    pub fn open<P: AsRef<Path>>(&self, path: P) -> impl Future<Output = io::Result<File>> + use<P> {
        let (options, path) = (self.options.clone(), path.as_ref().to_owned());
        handed_for(move || options.open(path), File::from)
    }
}

impl Default for OpenOptions {
    fn default() -> OpenOptions {
        OpenOptions::new()
    }
}
