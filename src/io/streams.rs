//! The traits for the kernel's streams: written once, for each of them by a line where it is made.

use std::io;
use std::net::Shutdown;

use eagain_sys::{errno, socket};

use crate::error::LoopError;
use crate::source::Source;

/// Lets streams be read through `AsyncRead`, and so `&` of them. They are `AsRef<Source>` and have
/// `try_read`; those that are said to `append` also `try_read_append`, and `try_read_vectored` for
/// `vectored`.
macro_rules! reads {
    (@ $reader:ty: $stream:ty $(: $($more:ident),+)?) => {
        /// System calls and errors: those of its own methods.
        impl $crate::io::AsyncRead for $reader {
            #[track_caller]
            fn read(&mut self, buf: &mut [u8]) -> impl Future<Output = std::io::Result<usize>> {
                let stream: &$stream = self;
                let source: &$crate::Source = stream.as_ref();
                source.until($crate::Interest::READ, move || stream.try_read(buf))
            }

            $($($crate::io::streams::$more! { read $stream })+)?
        }
    };
    ($($stream:ty $(: $($more:ident),+)?);*) => {$(
        $crate::io::streams::reads! { @ $stream: $stream $(: $($more),+)? }
        $crate::io::streams::reads! { @ &$stream: $stream $(: $($more),+)? }
    )*};
}

/// The same for `AsyncWrite`, with `try_write` and `try_write_vectored`.
macro_rules! writes {
    (@ $writer:ty: $stream:ty $(: $($more:ident),+)?) => {
        /// System calls and errors: those of its own methods. `shutdown` makes the call of that
        /// name; what is no socket has no direction to end, and is closed.
        impl $crate::io::AsyncWrite for $writer {
            #[track_caller]
            fn write(&mut self, buf: &[u8]) -> impl Future<Output = std::io::Result<usize>> {
                let stream: &$stream = self;
                let source: &$crate::Source = stream.as_ref();
                source.until($crate::Interest::WRITE, move || stream.try_write(buf))
            }

            async fn shutdown(&mut self) -> std::io::Result<()> {
                let stream: &$stream = self;
                $crate::io::streams::end(stream.as_ref())
            }

            $($($crate::io::streams::$more! { write $stream })+)?
        }
    };
    ($($stream:ty $(: $($more:ident),+)?);*) => {$(
        $crate::io::streams::writes! { @ $stream: $stream $(: $($more),+)? }
        $crate::io::streams::writes! { @ &$stream: $stream $(: $($more),+)? }
    )*};
}

/// What is better for a stream that can do it than what the traits make of the rest.
macro_rules! append {
    (read $stream:ty) => {
        #[track_caller]
        fn read_append(
            &mut self,
            buf: &mut Vec<u8>,
        ) -> impl Future<Output = std::io::Result<usize>> {
            let stream: &$stream = self;
            let source: &$crate::Source = stream.as_ref();
            source.until($crate::Interest::READ, move || stream.try_read_append(buf))
        }
    };
}

/// As `append`.
macro_rules! vectored {
    (read $stream:ty) => {
        #[track_caller]
        fn read_vectored(
            &mut self,
            bufs: &mut [std::io::IoSliceMut<'_>],
        ) -> impl Future<Output = std::io::Result<usize>> {
            let stream: &$stream = self;
            let source: &$crate::Source = stream.as_ref();
            source.until($crate::Interest::READ, move || stream.try_read_vectored(bufs))
        }
    };
    (write $stream:ty) => {
        #[track_caller]
        fn write_vectored(
            &mut self,
            bufs: &[std::io::IoSlice<'_>],
        ) -> impl Future<Output = std::io::Result<usize>> {
            let stream: &$stream = self;
            let source: &$crate::Source = stream.as_ref();
            source.until($crate::Interest::WRITE, move || stream.try_write_vectored(bufs))
        }
    };
}

pub(crate) use {append, reads, vectored, writes};

/// Ends the writing of a stream, whatever it is.
///
/// System calls: one `shutdown`; for what is no socket also one `close`, and `epoll_ctl` before it
/// if the descriptor was ever lent.
pub(crate) fn end(stream: &Source) -> io::Result<()> {
    match stream.with_fd(|fd| socket::shutdown(fd, Shutdown::Write)) {
        // The peer broke off, and the direction with it.
        Err(e) if e.raw_os_error() == Some(errno::ENOTCONN) => Ok(()),
        Err(e) if e.raw_os_error() == Some(errno::ENOTSOCK) => stream.close(),
        Err(e) if LoopError::of(&e) == Some(LoopError::Closed) => Ok(()),
        answer => answer,
    }
}

reads!(Source: append, vectored);
writes!(Source: vectored);
