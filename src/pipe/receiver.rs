//! The end of a pipe that is read.

use std::cell::Cell;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use eagain_sys::pipe;
use eagain_sys::poll::{PollFd, poll};
use eagain_sys::poller::Interest;

use crate::event_loop::io::Kind;
use crate::pipe::OpenOptions;
use crate::source::Source;
use crate::whole;

/// The end of a [pipe](crate::pipe) that is read.
pub struct Receiver {
    pub(super) source: Source,
    /// Opened by its name, and nobody has written yet: that a read answers 0 is not the end.
    expects_writer: Cell<bool>,
}

impl Receiver {
    /// Opens a pipe that has a name, at once. The first read waits until somebody has opened it for
    /// writing; the end comes when the last of those who did has closed it. (More may come: a read
    /// after the end answers 0 until one does. [`OpenOptions::read_write`] is for a reader that
    /// outlives its writers.)
    ///
    /// On macOS nothing is reported when the last writer of a named pipe leaves: who must know needs
    /// a message that says so, or a timeout.
    ///
    /// System calls: `openat`, `fstat`.
    ///
    /// # Errors
    /// `ENOENT`, `EACCES`; `InvalidInput`: not a pipe.
    ///
    /// ```
    /// use eagain::pipe::{self, Receiver, Sender};
    ///
    /// # let folder = std::env::temp_dir().join(format!("eagain-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// let path = folder.join("a pipe");
    /// pipe::make_named(&path, 0o600)?;
    /// let said = eagain::run(async {
    ///     let receive = async {
    ///         let mut said = Vec::new();
    ///         Receiver::open(&path)?.read_to_end(&mut said).await?;
    ///         Ok(said)
    ///     };
    ///     let send = async { Sender::open(&path).await?.write_all(b"hello").await };
    ///     let (said, ()) = eagain::try_join!(receive, send)?;
    ///     std::io::Result::Ok(said)
    /// })??;
    /// assert_eq!(said, b"hello");
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> io::Result<Receiver> {
        OpenOptions::new().open_receiver(path)
    }

    pub(super) fn of(source: Source) -> Receiver {
        Receiver { source, expects_writer: Cell::new(false) }
    }

    pub(super) fn from_non_blocking(fd: OwnedFd) -> Receiver {
        Receiver::of(Source::of_kind(fd, Kind::Stream))
    }

    /// By its name, and perhaps before anybody else.
    pub(super) fn before_writers(fd: OwnedFd) -> Receiver {
        let receiver = Receiver::from_non_blocking(fd);
        receiver.expects_writer.set(true);
        receiver
    }

    /// One `read`, of which 0 is the end only if there was a beginning.
    fn read_once(&self, fd: BorrowedFd<'_>, buf: &mut [u8]) -> eagain_sys::Result<usize> {
        let answer = pipe::read(fd, buf)?;
        if buf.is_empty() || !self.expects_writer.get() {
            return Ok(answer);
        }
        if answer == 0 && poll(&mut [PollFd::new(fd, Interest::READ)], Some(Duration::ZERO))? == 0 {
            // Who has left would have left a hang-up behind: nobody was here yet.
            return Err(eagain_sys::Error::new("read", eagain_sys::errno::EAGAIN));
        }
        self.expects_writer.set(false);
        // Somebody came in between, and may have written.
        if answer == 0 { pipe::read(fd, buf) } else { Ok(answer) }
    }

    /// Tries to read; `None` if nothing is there now. `Some(0)` is the end, unless `buf` is empty.
    ///
    /// System calls: one `read`, or none; of a named pipe that nobody has written to yet, also a
    /// `poll`.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        self.source.try_read_of(buf.len(), |fd| self.read_once(fd, buf))
    }

    /// Reads what is there, and waits until something is. 0 is the end, unless `buf` is empty.
    ///
    /// Cancel-safe: what was read is returned. System calls: `read`, again after each wait, and one
    /// `epoll_ctl` the first time in its life that it waits.
    ///
    /// # Errors
    /// [`LoopError`](crate::LoopError): another task waits to read here, no loop runs.
    #[track_caller]
    pub fn read(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::READ, move || self.try_read(buf))
    }

    /// Reads until `buf` is full.
    ///
    /// Not cancel-safe: what was read is in `buf`, but nobody tells how much it was. System calls
    /// and errors: as [`read`](Receiver::read), and `UnexpectedEof` at the end.
    #[track_caller]
    pub fn read_exact(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<()>> {
        self.source.until(Interest::READ, whole::fill(buf, |rest| self.try_read(rest)))
    }

    /// Reads to the end, behind what `buf` holds; returns how much.
    ///
    /// Cancel-safe: what was read is in `buf`. System calls and errors: as
    /// [`read`](Receiver::read).
    #[track_caller]
    pub fn read_to_end(&self, buf: &mut Vec<u8>) -> impl Future<Output = io::Result<usize>> {
        self.source.until(Interest::READ, whole::drain(buf, |piece| self.try_read(piece)))
    }

    /// Waits until a read is worth a try; as [`Source::readable`].
    ///
    /// Cancel-safe. System calls: one `epoll_ctl` the first time in its life, else none.
    #[track_caller]
    pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
        self.source.readable()
    }
}
