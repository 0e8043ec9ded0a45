//! Standard output and standard error.

use std::os::fd::AsFd;
use std::{fmt, io};

use eagain_sys::poller::Interest;

use crate::source::Source;
use crate::stdio::way::Shared;
use crate::whole;

macro_rules! outputs {
    ($($what:literal $output:ident $make:ident $name:literal;)*) => {$(
        #[doc = concat!($what, "; see [the module](crate::stdio) for what is behind it.")]
        ///
        /// System calls: one `fstat`, and one `openat` or `fcntl`; of a terminal a few more, to
        /// find out that it is one.
        ///
        /// # Errors
        /// `EMFILE`, `ENFILE`: out of descriptors. `EBADF`: this process has none.
        pub fn $make() -> io::Result<$output> {
            Ok($output { shared: Shared::new(io::$make().as_fd(), true)? })
        }

        #[doc = concat!("What [`", $name, "`] returns.")]
        pub struct $output {
            shared: Shared,
        }

        impl $output {
            /// Tries to write, and tells how much was taken; `None` if there is no room now.
            ///
            /// System calls: one `write` (`sendto` to a socket), or none; where it has to be asked,
            /// a `poll` before it.
            ///
            /// # Errors
            /// `EPIPE`: nobody reads any more.
            pub fn try_write(&self, buf: &[u8]) -> io::Result<Option<usize>> {
                self.shared.try_write(buf)
            }

            /// Writes as much as there is room for, and waits until there is some.
            ///
            /// Cancel-safe: what was written is returned. System calls: as
            #[doc = concat!("[`try_write`](", stringify!($output), "::try_write),")]
            /// again after each wait, and one `epoll_ctl` the first time in its life that it waits.
            ///
            /// # Errors
            /// `EPIPE`: nobody reads any more. [`LoopError`](crate::LoopError): another task waits
            /// to write here, no loop runs, the kernel cannot wait for what this is.
            #[track_caller]
            pub fn write(&self, buf: &[u8]) -> impl Future<Output = io::Result<usize>> {
                self.shared.source.until(Interest::WRITE, move || self.try_write(buf))
            }

            /// Writes all of `buf`.
            ///
            /// Not cancel-safe: nobody tells how much was written. System calls and errors: as
            #[doc = concat!("[`write`](", stringify!($output), "::write).")]
            #[track_caller]
            pub fn write_all(&self, buf: &[u8]) -> impl Future<Output = io::Result<()>> {
                let attempt = whole::pour(buf, |rest| self.try_write(rest));
                self.shared.source.until(Interest::WRITE, attempt)
            }

            /// Waits until a write is worth a try; as [`Source::writable`].
            ///
            /// Cancel-safe. System calls: one `epoll_ctl` the first time in its life, else none.
            #[track_caller]
            pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
                self.shared.source.writable()
            }
        }

        impl AsRef<Source> for $output {
            /// To wait for; what is written there may block.
            fn as_ref(&self) -> &Source {
                &self.shared.source
            }
        }

        impl fmt::Debug for $output {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($output), "({:?})"), self.shared.source)
            }
        }
    )*};
}

outputs! {
    "Standard output" Stdout stdout "stdout";
    "Standard error" Stderr stderr "stderr";
}
