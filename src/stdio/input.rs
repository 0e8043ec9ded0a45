//! Standard input.

use std::os::fd::AsFd;
use std::{fmt, io};

use eagain_sys::poller::Interest;

use crate::source::Source;
use crate::stdio::way::Shared;
use crate::whole;

/// Standard input; see [the module](crate::stdio) for what is behind it.
///
/// Several of them take turns at what comes, like several processes.
///
/// System calls: one `fstat`, and one `openat` or `fcntl`; of a terminal a few more, to find out
/// that it is one.
///
/// # Errors
/// `EMFILE`, `ENFILE`: out of descriptors. `EBADF`: this process has no standard input.
pub fn stdin() -> io::Result<Stdin> {
    Ok(Stdin { shared: Shared::new(io::stdin().as_fd(), false)? })
}

/// What [`stdin`] returns.
pub struct Stdin {
    shared: Shared,
}

impl Stdin {
    /// Tries to read; `None` if nothing is there now. `Some(0)` is the end, unless `buf` is empty.
    /// A terminal gives a line at a time.
    ///
    /// System calls: one `read` (`recvfrom` of a socket), or none; where it has to be asked, a
    /// `poll` before it.
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        self.shared.try_read(buf)
    }

    /// Reads what is there, and waits until something is. 0 is the end, unless `buf` is empty.
    ///
    /// Cancel-safe: what was read is returned. System calls: as [`try_read`](Stdin::try_read),
    /// again after each wait, and one `epoll_ctl` the first time in its life that it waits.
    ///
    /// # Errors
    /// `EIO`: a terminal that has gone, or a process in the background that may not read.
    /// [`LoopError`](crate::LoopError): another task waits to read here, no loop runs, the kernel
    /// cannot wait for what this is.
    #[track_caller]
    pub fn read(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.shared.source.until(Interest::READ, move || self.try_read(buf))
    }

    /// Reads to the end, behind what `buf` holds; returns how much.
    ///
    /// Cancel-safe: what was read is in `buf`. System calls and errors: as [`read`](Stdin::read).
    #[track_caller]
    pub fn read_to_end(&self, buf: &mut Vec<u8>) -> impl Future<Output = io::Result<usize>> {
        self.shared.source.until(Interest::READ, whole::drain(buf, |piece| self.try_read(piece)))
    }

    /// Waits until a read is worth a try; as [`Source::readable`].
    ///
    /// Cancel-safe. System calls: one `epoll_ctl` the first time in its life, else none.
    #[track_caller]
    pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
        self.shared.source.readable()
    }
}

impl AsRef<Source> for Stdin {
    /// To wait for; what is read there may block.
    fn as_ref(&self) -> &Source {
        &self.shared.source
    }
}

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stdin({:?})", self.shared.source)
    }
}
