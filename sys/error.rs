//! What a failed system call leaves behind.

use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::{fmt, io};

/// The result of a system call.
pub type Result<T> = std::result::Result<T, Error>;

/// A system call that failed: its name, its `errno`, and the descriptor it was about.
///
/// A plain value: making, copying and dropping it costs nothing, which matters since
/// `EAGAIN` is an answer that an event loop gets all the time.
///
/// ```
/// use eagain_sys::{Error, errno};
/// let e = Error::new("accept4", errno::EMFILE);
/// assert!(e.is_fd_exhaustion());
/// assert_eq!(e.to_string(), "accept4: Too many open files (os error 24)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{call}{}: {}", On(*fd), io::Error::from_raw_os_error(*errno))]
pub struct Error {
    call: &'static str,
    errno: i32,
    fd: RawFd,
}

/// "(fd 7)", or nothing where the call was about no descriptor.
struct On(RawFd);

impl fmt::Display for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 { Ok(()) } else { write!(f, "(fd {})", self.0) }
    }
}

impl Error {
    /// The error of a call that was about no descriptor.
    pub const fn new(call: &'static str, errno: i32) -> Error {
        Error { call, errno, fd: -1 }
    }

    /// What `errno` says right after `call` failed.
    pub(crate) fn last(call: &'static str) -> Error {
        Error::new(call, io::Error::last_os_error().raw_os_error().unwrap_or(0))
    }

    /// The same, about a descriptor.
    pub(crate) const fn on(self, fd: RawFd) -> Error {
        Error { fd, ..self }
    }

    /// Wraps what a call answered: -1 is the error that `errno` tells of.
    pub(crate) fn check(call: &'static str, answer: i32) -> Result<i32> {
        if answer == -1 { Err(Error::last(call)) } else { Ok(answer) }
    }

    /// [`Error::check`] for a call about `fd`.
    pub(crate) fn check_on(call: &'static str, fd: BorrowedFd<'_>, answer: i32) -> Result<i32> {
        if answer == -1 { Err(Error::last(call).on(fd.as_raw_fd())) } else { Ok(answer) }
    }

    /// [`Error::check`] for a call that answers a number of bytes.
    pub(crate) fn check_len(
        call: &'static str,
        fd: BorrowedFd<'_>,
        answer: isize,
    ) -> Result<usize> {
        usize::try_from(answer).map_err(|_| Error::last(call).on(fd.as_raw_fd()))
    }

    /// What `nix` reported, under the name of the call it made.
    pub(crate) fn from_nix(call: &'static str, fd: BorrowedFd<'_>, e: nix::Error) -> Error {
        Error::new(call, e as i32).on(fd.as_raw_fd())
    }

    /// The name of the system call, as `strace` prints it.
    pub const fn call(self) -> &'static str {
        self.call
    }

    /// The number in `errno`; the names are in [`errno`].
    pub const fn errno(self) -> i32 {
        self.errno
    }

    /// The descriptor that the call was about.
    pub const fn fd(self) -> Option<RawFd> {
        if self.fd < 0 { None } else { Some(self.fd) }
    }

    /// The call would have had to wait: `EAGAIN`, by either of its names.
    pub const fn is_would_block(self) -> bool {
        self.errno == libc::EAGAIN || self.errno == libc::EWOULDBLOCK
    }

    /// A signal came first; nothing was done, call again.
    pub const fn is_interrupted(self) -> bool {
        self.errno == libc::EINTR
    }

    /// `connect` has begun, by this call or (`EALREADY`) by one that a signal ended, and will be
    /// answered later.
    pub const fn is_in_progress(self) -> bool {
        self.errno == libc::EINPROGRESS || self.errno == libc::EALREADY
    }

    /// The process or the system is out of descriptors or of memory for sockets
    /// (`EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`): trying again at once is pointless, trying
    /// again once something was closed is not.
    pub const fn is_fd_exhaustion(self) -> bool {
        matches!(self.errno, libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM)
    }

    /// The descriptor's number is `FD_SETSIZE` or more, so that `select` cannot watch it.
    pub fn is_beyond_select(self) -> bool {
        self.errno == libc::EINVAL && self.call == crate::select::FD_SET
    }

    /// An error of one connection that a listener reports from `accept4`: it went away
    /// before it was accepted, or the network under it failed. The listener is fine;
    /// accept the next one. accept(2), "Error handling", lists them.
    pub const fn is_connection_lost(self) -> bool {
        matches!(
            self.errno,
            libc::ECONNABORTED
                | libc::ECONNRESET
                | libc::EPROTO
                | libc::ENETDOWN
                | libc::ENOPROTOOPT
                | libc::EHOSTDOWN
                | libc::EHOSTUNREACH
                | libc::EOPNOTSUPP
                | libc::ENETUNREACH
                | libc::EPERM
                | libc::ETIMEDOUT
        )
    }
}

impl From<Error> for io::Error {
    /// Keeps `raw_os_error()` intact; the name of the call and the descriptor are lost. An
    /// `io::Error` has either the number or a text, and programs go by the number (`EMFILE`,
    /// `ECONNRESET`; [`is_fd_exhaustion`]); the call is in the trace. Who reports it to a person
    /// says what it was about, an address or a path, which a descriptor would not tell anyway. For
    /// the call and the descriptor in words, there is `Display` of what is converted here.
    fn from(e: Error) -> io::Error {
        io::Error::from_raw_os_error(e.errno)
    }
}

/// [`Error::is_fd_exhaustion`] for an error that became an `io::Error`.
pub fn is_fd_exhaustion(e: &io::Error) -> bool {
    e.raw_os_error().is_some_and(|errno| Error::new("", errno).is_fd_exhaustion())
}

/// The values of `errno` that users of an event loop meet, from errno(3).
pub mod errno {
    pub use libc::{
        EACCES, EADDRINUSE, EADDRNOTAVAIL, EAGAIN, EALREADY, EBADF, ECHILD, ECONNABORTED,
        ECONNREFUSED, ECONNRESET, EEXIST, EHOSTUNREACH, EINPROGRESS, EINTR, EINVAL, EISCONN, ELOOP,
        EMFILE, EMSGSIZE, ENAMETOOLONG, ENETUNREACH, ENFILE, ENOBUFS, ENOENT, ENOMEM, ENOSYS,
        ENOTCONN, ENOTDIR, ENOTSOCK, ENXIO, EOPNOTSUPP, EPERM, EPIPE, EPROTONOSUPPORT, ETIMEDOUT,
    };
}
