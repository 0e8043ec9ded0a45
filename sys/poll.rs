//! `poll`: the list of what is watched is handed to the kernel at each wait.
//!
//! POSIX, and on every Unix. The kernel walks the whole list at each call, and the caller
//! walks it again to find what is ready: the cost grows with the number of descriptors, ready
//! or not. That is what epoll and kqueue were made for.
//!
//! Here is the call; [`Poller`], which is all that the loop above knows of, is in `poller`.

use std::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

use crate::poller::{Interest, Readiness};
use crate::{Error, Result};

mod poller;

pub use self::poller::{Bell, Events, Poller};

/// A descriptor and what is asked of it: `struct pollfd`.
#[derive(Debug)]
#[repr(transparent)]
pub struct PollFd<'fd>(libc::pollfd, PhantomData<BorrowedFd<'fd>>);

impl<'fd> PollFd<'fd> {
    /// Asks for `interest` in `fd`.
    pub fn new(fd: BorrowedFd<'fd>, interest: Interest) -> PollFd<'fd> {
        let read = if interest.contains(Interest::READ) { libc::POLLIN } else { 0 };
        let write = if interest.contains(Interest::WRITE) { libc::POLLOUT } else { 0 };
        PollFd(libc::pollfd { fd: fd.as_raw_fd(), events: read | write, revents: 0 }, PhantomData)
    }

    /// The same by number: whoever watches many keeps no borrows. If it was closed meanwhile, the
    /// answer is `POLLNVAL`.
    pub(crate) fn of_number(fd: RawFd, asked: Readiness) -> PollFd<'static> {
        let read = if asked.satisfies(Interest::READ) { libc::POLLIN } else { 0 };
        let write = if asked.satisfies(Interest::WRITE) { libc::POLLOUT } else { 0 };
        PollFd(libc::pollfd { fd, events: read | write, revents: 0 }, PhantomData)
    }

    pub(crate) fn number(&self) -> RawFd {
        self.0.fd
    }

    /// Whether the last [`poll`] found a hang-up, an error, or no such descriptor.
    pub(crate) fn is_broken(&self) -> bool {
        self.0.revents & (libc::POLLHUP | libc::POLLERR | libc::POLLNVAL) != 0
    }

    /// Whether the last [`poll`] found anything: what was asked for, a hang-up or an error.
    pub fn is_ready(&self) -> bool {
        self.0.revents != 0
    }

    /// Whether the last [`poll`] found something to read, the end of the stream or an error.
    pub fn is_readable(&self) -> bool {
        self.0.revents & (libc::POLLIN | libc::POLLHUP | libc::POLLERR) != 0
    }

    /// Whether the last [`poll`] found room to write, a hang-up or an error.
    pub fn is_writable(&self) -> bool {
        self.0.revents & (libc::POLLOUT | libc::POLLHUP | libc::POLLERR) != 0
    }
}

/// `int poll(struct pollfd *fds, nfds_t nfds, int timeout)`: sleeps until one of `fds` is
/// ready and answers how many are. `None` is for ever; a timeout is rounded up to milliseconds.
///
/// * strace: `poll([{fd=3, events=POLLIN}], 1, -1) = 1 ([{fd=3, revents=POLLIN}])`
/// * `EINTR`: a signal handler ran; handed up.
/// * Manual page: poll(2).
pub fn poll(fds: &mut [PollFd<'_>], timeout: Option<Duration>) -> Result<usize> {
    let milliseconds =
        timeout.map_or(-1, |t| i32::try_from(t.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX));
    let n = fds.len() as libc::nfds_t;
    // SAFETY: `PollFd` is a transparent `pollfd`, and `fds` holds `n` of them.
    let answer = unsafe { libc::poll(fds.as_mut_ptr().cast(), n, milliseconds) };
    Error::check("poll", answer).map(|n| n as usize)
}
