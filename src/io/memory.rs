//! What is in memory is read and written without waiting: for tests, and for what is there already.

use std::io::{self, Cursor, IoSlice, Read, Write};

use crate::io::{AsyncBufRead, AsyncRead, AsyncWrite};

impl AsyncRead for &[u8] {
    async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Read::read(self, buf)
    }
}

/// All of it is in the buffer.
impl AsyncBufRead for &[u8] {
    fn buffer(&self) -> &[u8] {
        self
    }

    async fn fill_more(&mut self) -> io::Result<usize> {
        Ok(0)
    }

    fn consume(&mut self, n: usize) {
        *self = &self[n..];
    }
}

impl<T: AsRef<[u8]>> AsyncRead for Cursor<T> {
    async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Read::read(self, buf)
    }
}

impl AsyncRead for io::Empty {
    async fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }
}

/// What is written is added. Its end is no more than that: whoever has the vector reads it.
impl AsyncWrite for Vec<u8> {
    async fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Write::write(self, buf)
    }

    async fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        Write::write_vectored(self, bufs)
    }

    async fn shutdown(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncWrite for io::Sink {
    async fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    async fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(bufs.iter().map(|buf| buf.len()).sum())
    }

    async fn shutdown(&mut self) -> io::Result<()> {
        Ok(())
    }
}
