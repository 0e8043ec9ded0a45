//! The end of a pipe that is written.

use std::io::{self, IoSlice};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use eagain_sys::poller::Interest;
use eagain_sys::{errno, pipe};

use crate::event_loop::io::Kind;
use crate::pipe::OpenOptions;
use crate::source::Source;
use crate::time::sleep;
use crate::whole;

/// How long a writer waits before it looks for a reader again: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// The end of a [pipe](crate::pipe) that is written.
pub struct Sender {
    pub(super) source: Source,
}

impl Sender {
    /// Opens a pipe that has a name, and waits until somebody has it open for reading.
    ///
    /// Without a reader the kernel refuses (`ENXIO`) and does not say when there is one: so this
    /// asks again, after 1 ms, 2 ms, and so on up to every 100 ms, for ever. A
    /// [`time::timeout`](crate::time::timeout) around it is the limit;
    /// [`OpenOptions::open_sender`] asks once.
    ///
    /// Cancel-safe. System calls: `openat`, again after each pause, and one `fstat`.
    ///
    /// # Errors
    /// `ENOENT`, `EACCES`; `InvalidInput`: not a pipe.
    ///
    /// # Panics
    /// If it has to wait where no event loop runs.
    pub async fn open(path: impl AsRef<Path>) -> io::Result<Sender> {
        let mut pause = FIRST_PAUSE;
        loop {
            match OpenOptions::new().open_sender(&path) {
                Err(e) if e.raw_os_error() == Some(errno::ENXIO) => sleep(pause).await,
                answer => return answer,
            }
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    pub(super) fn of(source: Source) -> Sender {
        Sender { source }
    }

    pub(super) fn from_non_blocking(fd: OwnedFd) -> Sender {
        Sender::of(Source::of_kind(fd, Kind::Stream))
    }

    /// Tries to write, and tells how much was taken; `None` if the pipe is full. What is no longer
    /// than `PIPE_BUF` (4096 bytes on Linux, 512 at least) is taken as a whole or not at all.
    ///
    /// System calls: one `write`, or none.
    ///
    /// # Errors
    /// `EPIPE`: the reader is gone.
    pub fn try_write(&self, buf: &[u8]) -> io::Result<Option<usize>> {
        self.source.try_write_of(buf.len(), |fd| pipe::write(fd, buf))
    }

    /// The same of several buffers, one after the other.
    ///
    /// System calls: one `writev`, or none. Errors: as [`try_write`](Sender::try_write).
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<Option<usize>> {
        self.source.try_write_vectored(bufs)
    }

    /// Writes as much as there is room for, and waits until there is some.
    ///
    /// Cancel-safe: what was written is returned. System calls: `write`, again after each wait, and
    /// one `epoll_ctl` the first time in its life that it waits.
    ///
    /// # Errors
    /// `EPIPE`: the reader is gone. [`LoopError`](crate::LoopError): another task waits to write
    /// here, no loop runs.
    #[track_caller]
    pub fn write(&self, buf: &[u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::WRITE, move || self.try_write(buf))
    }

    /// Writes all of `buf`.
    ///
    /// Not cancel-safe: nobody tells how much was written. System calls and errors: as
    /// [`write`](Sender::write).
    #[track_caller]
    pub fn write_all(&self, buf: &[u8]) -> impl Future<Output = io::Result<()>> {
        self.source.until(Interest::WRITE, whole::pour(buf, |rest| self.try_write(rest)))
    }

    /// Waits until a write is worth a try, or the reader is gone; as [`Source::writable`].
    ///
    /// Cancel-safe. System calls: one `epoll_ctl` the first time in its life, else none.
    #[track_caller]
    pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
        self.source.writable()
    }
}
