//! How a pipe with a name is opened.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use eagain_sys::descriptor::{self, Kind};
use eagain_sys::fifo;

use crate::pipe::{Receiver, Sender};

/// How a pipe that has a name is opened: [`Receiver::open`] and [`Sender::open`] with options.
///
/// ```
/// use eagain::pipe::{self, OpenOptions};
///
/// # let folder = std::env::temp_dir().join(format!("eagain-options-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("requests");
/// pipe::make_named(&path, 0o600)?;
/// // One end at a time: nobody reads yet.
/// let error = OpenOptions::new().open_sender(&path).unwrap_err();
/// assert_eq!(error.raw_os_error(), Some(eagain::errno::ENXIO));
/// // A server's: its clients come and go, and the end never comes.
/// let requests = OpenOptions::new().read_write(true).open_receiver(&path)?;
/// OpenOptions::new().open_sender(&path)?.try_write(b"!")?;
/// assert_eq!(requests.try_read(&mut [0; 8])?, Some(1));
/// assert_eq!(requests.try_read(&mut [0; 8])?, None);
/// # std::fs::remove_dir_all(&folder)?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    read_write: bool,
}

impl OpenOptions {
    /// One end at a time.
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }

    /// Opens both ends, whichever is used: a sender needs no reader, and a receiver never meets
    /// the end, since there is a writer as long as it lives. Linux and most others allow that;
    /// POSIX leaves it open.
    pub fn read_write(&mut self, on: bool) -> &mut OpenOptions {
        self.read_write = on;
        self
    }

    /// Opens a pipe for reading, at once; see [`Receiver::open`].
    ///
    /// System calls: `openat`, `fstat`.
    ///
    /// # Errors
    /// `ENOENT`, `EACCES`; `InvalidInput`: not a pipe.
    pub fn open_receiver(&self, path: impl AsRef<Path>) -> io::Result<Receiver> {
        if self.read_write {
            return Ok(Receiver::from_non_blocking(only_a_pipe(fifo::open_both(path.as_ref())?)?));
        }
        Ok(Receiver::before_writers(only_a_pipe(fifo::open_to_read(path.as_ref())?)?))
    }

    /// Opens a pipe for writing, at once; [`Sender::open`] waits.
    ///
    /// System calls: `openat`, `fstat`.
    ///
    /// # Errors
    /// `ENXIO`: nobody has it open for reading. `ENOENT`, `EACCES`; `InvalidInput`: not a pipe.
    pub fn open_sender(&self, path: impl AsRef<Path>) -> io::Result<Sender> {
        let open = if self.read_write { fifo::open_both } else { fifo::open_to_write };
        Ok(Sender::from_non_blocking(only_a_pipe(open(path.as_ref())?)?))
    }
}

/// A file would take everything, and never be waited for.
pub(super) fn only_a_pipe(fd: OwnedFd) -> io::Result<OwnedFd> {
    match descriptor::kind(fd.as_fd())? {
        Kind::Pipe => Ok(fd),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "this is not a pipe")),
    }
}
