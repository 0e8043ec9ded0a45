//! What leads to a stream is one.

use std::io::{self, IoSlice, IoSliceMut};

use crate::io::{AsyncBufRead, AsyncRead, AsyncWrite};

/// The methods of a reader, by way of what `$inner` is.
macro_rules! read_by {
    ($this:ident => $inner:expr) => {
        #[track_caller]
        fn read(&mut $this, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
            $inner.read(buf)
        }

        #[track_caller]
        fn read_vectored(
            &mut $this,
            bufs: &mut [IoSliceMut<'_>],
        ) -> impl Future<Output = io::Result<usize>> {
            $inner.read_vectored(bufs)
        }

        #[track_caller]
        fn read_append(&mut $this, buf: &mut Vec<u8>) -> impl Future<Output = io::Result<usize>> {
            $inner.read_append(buf)
        }
    };
}

/// The same of a writer.
macro_rules! write_by {
    ($this:ident => $inner:expr) => {
        #[track_caller]
        fn write(&mut $this, buf: &[u8]) -> impl Future<Output = io::Result<usize>> {
            $inner.write(buf)
        }

        #[track_caller]
        fn write_vectored(
            &mut $this,
            bufs: &[IoSlice<'_>],
        ) -> impl Future<Output = io::Result<usize>> {
            $inner.write_vectored(bufs)
        }

        #[track_caller]
        fn flush(&mut $this) -> impl Future<Output = io::Result<()>> {
            $inner.flush()
        }

        #[track_caller]
        fn shutdown(&mut $this) -> impl Future<Output = io::Result<()>> {
            $inner.shutdown()
        }
    };
}

/// The same of a reader with a buffer.
macro_rules! buf_read_by {
    ($this:ident => $inner:expr) => {
        fn buffer(&$this) -> &[u8] {
            $inner.buffer()
        }

        fn fill_more(&mut $this) -> impl Future<Output = io::Result<usize>> {
            $inner.fill_more()
        }

        fn consume(&mut $this, n: usize) {
            $inner.consume(n);
        }
    };
}

impl<R: AsyncBufRead + ?Sized> AsyncBufRead for &mut R {
    buf_read_by! { self => (**self) }
}

impl<R: AsyncBufRead + ?Sized> AsyncBufRead for Box<R> {
    buf_read_by! { self => (**self) }
}

impl<R: AsyncRead + ?Sized> AsyncRead for &mut R {
    read_by! { self => (**self) }
}

impl<W: AsyncWrite + ?Sized> AsyncWrite for &mut W {
    write_by! { self => (**self) }
}

impl<R: AsyncRead + ?Sized> AsyncRead for Box<R> {
    read_by! { self => (**self) }
}

impl<W: AsyncWrite + ?Sized> AsyncWrite for Box<W> {
    write_by! { self => (**self) }
}
