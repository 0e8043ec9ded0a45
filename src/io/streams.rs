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

        /// With the feature `futures-io`. The last one to poll is the one that is woken; it may be
        /// another task than before. A read of ours that waits at the same time is refused or
        /// refuses, as a second one is.
        ///
        /// System calls and errors: those of its own methods.
        #[cfg(feature = "futures-io")]
        impl futures_io::AsyncRead for $reader {
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &mut [u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let stream: &$stream = &self;
                let source: &$crate::Source = stream.as_ref();
                source.poll_io(cx, $crate::Interest::READ, || stream.try_read(buf))
            }

            $($($crate::io::streams::$more! { poll_read $stream })+)?
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

        /// With the feature `futures-io`. As for reading: the last one to poll is woken.
        ///
        /// System calls and errors: those of its own methods. Closing makes one `shutdown`; what
        /// is no socket is closed as a whole. Flushing has nothing to do.
        #[cfg(feature = "futures-io")]
        impl futures_io::AsyncWrite for $writer {
            fn poll_write(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                let stream: &$stream = &self;
                let source: &$crate::Source = stream.as_ref();
                source.poll_io(cx, $crate::Interest::WRITE, || stream.try_write(buf))
            }

            fn poll_flush(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::task::Poll::Ready(Ok(()))
            }

            fn poll_close(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                let stream: &$stream = &self;
                std::task::Poll::Ready($crate::io::streams::end(stream.as_ref()))
            }

            $($($crate::io::streams::$more! { poll_write $stream })+)?
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
    (poll_read $stream:ty) => {};
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
    (poll_read $stream:ty) => {
        fn poll_read_vectored(
            self: std::pin::Pin<&mut Self>,
            cx: &mut std::task::Context<'_>,
            bufs: &mut [std::io::IoSliceMut<'_>],
        ) -> std::task::Poll<std::io::Result<usize>> {
            let stream: &$stream = &self;
            let source: &$crate::Source = stream.as_ref();
            source.poll_io(cx, $crate::Interest::READ, || stream.try_read_vectored(bufs))
        }
    };
    (poll_write $stream:ty) => {
        fn poll_write_vectored(
            self: std::pin::Pin<&mut Self>,
            cx: &mut std::task::Context<'_>,
            bufs: &[std::io::IoSlice<'_>],
        ) -> std::task::Poll<std::io::Result<usize>> {
            let stream: &$stream = &self;
            let source: &$crate::Source = stream.as_ref();
            source.poll_io(cx, $crate::Interest::WRITE, || stream.try_write_vectored(bufs))
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
