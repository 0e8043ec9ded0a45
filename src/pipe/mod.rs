//! Pipes: bytes from one end to the other, through the kernel.
//!
//! * [`pipe`] makes one without a name: for a child process, or a thread of another library.
//! * [`OpenOptions`], [`Receiver::open`] and [`Sender::open`] open one that has a name (a FIFO,
//!   made with mkfifo(1) or [`make_named`]).
//! * [`packet_pipe`] makes one that keeps what was written apart; Linux has such.
//!
//! Their `try_` methods are the system calls, made at most once and only if they may succeed, with
//! `None` for `EAGAIN`; see [`Source`] for how a task waits in between.
//!
//! A write to a pipe whose reader is gone raises `SIGPIPE`, which std ignores in Rust programs; a
//! program in another language that embeds this has to. No flag of a `write` prevents it, as
//! `MSG_NOSIGNAL` does for sockets.
//!
//! ```
//! let (sender, receiver) = eagain::pipe::pipe()?;
//! let mut buf = [0; 8];
//! let (n, _) = eagain::run(async {
//!     eagain::try_join!(receiver.read(&mut buf), sender.write_all(b"hello"))
//! })??;
//! assert_eq!(&buf[..n], b"hello");
//! # Ok::<(), std::io::Error>(())
//! ```

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::{fmt, io};

use eagain_sys::{descriptor, fifo};

use crate::event_loop::io::Kind;
use crate::io::streams::{reads, writes};
use crate::source::Source;

mod named;
mod packets;
mod receiver;
mod sender;

pub use named::OpenOptions;
pub use packets::packet_pipe;
pub use receiver::Receiver;
pub use sender::Sender;

/// Makes a pipe: what is written to the first comes out of the second.
///
/// System calls: one `pipe2`.
///
/// # Errors
/// `EMFILE`, `ENFILE`: out of descriptors.
pub fn pipe() -> io::Result<(Sender, Receiver)> {
    let (read, write) = eagain_sys::pipe::pipe2()?;
    Ok((Sender::from_non_blocking(write), Receiver::from_non_blocking(read)))
}

/// Makes a pipe with a name, for [`Receiver::open`] and [`Sender::open`], with the permissions of
/// `mode` (`0o600`, say) that the process's mask leaves. It stays there until its name is removed
/// like a file's.
///
/// System calls: one `mknodat`.
///
/// # Errors
/// `EEXIST`: the name is taken. `ENOENT`, `EACCES`: no such directory, not for you.
pub fn make_named(path: impl AsRef<Path>, mode: u32) -> io::Result<()> {
    Ok(fifo::mkfifo(path.as_ref(), mode)?)
}

/// A descriptor of others, switched to non-blocking if it is not yet.
fn non_blocking(fd: OwnedFd) -> io::Result<Source> {
    let fd = named::only_a_pipe(fd)?;
    if !descriptor::is_nonblocking(fd.as_fd())? {
        descriptor::set_nonblocking(fd.as_fd(), true)?;
    }
    Ok(Source::of_kind(fd, Kind::Stream))
}

macro_rules! is_an_end {
    ($($end:ident),*) => {$(
        impl $end {
            /// Closes this end now, whoever else shares it: as [`Source::close`], with its system
            /// calls and errors.
            pub fn close(&self) -> io::Result<()> {
                self.source.close()
            }

            /// Takes the descriptor out of its loop and makes it blocking, as a child process or
            /// another library expects it: as [`Source::into_owned_fd`], and two `fcntl`.
            ///
            /// # Errors
            /// [`LoopError::Closed`](crate::LoopError::Closed).
            pub fn into_blocking_fd(self) -> io::Result<OwnedFd> {
                let fd = self.source.into_owned_fd()?;
                descriptor::set_nonblocking(fd.as_fd(), false)?;
                Ok(fd)
            }
        }

        impl AsRef<Source> for $end {
            fn as_ref(&self) -> &Source {
                &self.source
            }
        }

        impl From<$end> for Source {
            /// Its descriptor can be lent or taken from there.
            fn from(end: $end) -> Source {
                end.source
            }
        }

        impl TryFrom<$end> for OwnedFd {
            type Error = io::Error;

            /// Takes the descriptor out of its loop, for another loop, thread or library: as
            /// [`Source::into_owned_fd`], with its system calls. It stays non-blocking.
            fn try_from(end: $end) -> io::Result<OwnedFd> {
                end.source.into_owned_fd()
            }
        }

        impl TryFrom<OwnedFd> for $end {
            type Error = io::Error;

            /// Takes the end of a pipe (`fstat`), and switches it to non-blocking if it is not yet
            /// (`fcntl` F_GETFL, perhaps F_SETFL): whoever else has a duplicate of it is switched
            /// too.
            fn try_from(fd: OwnedFd) -> io::Result<$end> {
                Ok($end::of(non_blocking(fd)?))
            }
        }

        impl fmt::Debug for $end {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($end), self.source)
            }
        }
    )*};
}

is_an_end!(Sender, Receiver);

reads!(Receiver);
writes!(Sender: vectored);
