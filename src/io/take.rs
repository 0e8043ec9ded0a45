//! A reader that ends early.

use std::io;

use crate::io::{AsyncBufRead, AsyncRead};

/// Reads no more than so much; [`AsyncRead::take`] makes it.
#[derive(Debug)]
pub struct Take<R> {
    inner: R,
    left: u64,
}

impl<R> Take<R> {
    pub(crate) fn of(inner: R, limit: u64) -> Take<R> {
        Take { inner, left: limit }
    }

    /// How much may still be read.
    pub fn limit(&self) -> u64 {
        self.left
    }

    /// What is read from.
    pub fn into_inner(self) -> R {
        self.inner
    }

    fn cut(&self, len: usize) -> usize {
        usize::try_from(self.left).map_or(len, |left| left.min(len))
    }
}

impl<R: AsyncRead> AsyncRead for Take<R> {
    async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let room = self.cut(buf.len());
        if room == 0 {
            return Ok(0);
        }
        let n = self.inner.read(&mut buf[..room]).await?;
        self.left -= n as u64;
        Ok(n)
    }
}

impl<R: AsyncBufRead> AsyncBufRead for Take<R> {
    fn buffer(&self) -> &[u8] {
        let buffer = self.inner.buffer();
        &buffer[..self.cut(buffer.len())]
    }

    async fn fill_more(&mut self) -> io::Result<usize> {
        let before = self.buffer().len();
        if before as u64 == self.left {
            return Ok(0);
        }
        self.inner.fill_more().await?;
        Ok(self.buffer().len() - before)
    }

    fn consume(&mut self, n: usize) {
        assert!(n as u64 <= self.left, "{n} bytes of {} cannot be consumed", self.left);
        self.inner.consume(n);
        self.left -= n as u64;
    }
}
