//! A buffer in front of a writer.

use std::io::{self, IoSlice, IoSliceMut};

use crate::io::{AsyncBufRead, AsyncRead, AsyncWrite};

/// Writes in large pieces what comes in small ones; it is read through as if it were not there.
///
/// What it holds goes on when it is full, by [`flush`](AsyncWrite::flush) and by
/// [`shutdown`](AsyncWrite::shutdown). Dropping it cannot wait: what it holds is lost then.
///
/// ```
/// use eagain::io::{AsyncWrite, BufWriter};
///
/// # eagain::run(async {
/// let mut page = BufWriter::new(Vec::new());
/// page.write_all(b"Content-Length: 2\r\n").await?;
/// page.write_all(b"\r\nok").await?;
/// assert!(page.get_ref().is_empty());
/// page.flush().await?;
/// assert_eq!(page.get_ref(), b"Content-Length: 2\r\n\r\nok");
/// # std::io::Result::Ok(())
/// # })??;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct BufWriter<W> {
    inner: W,
    buf: Vec<u8>,
    /// So much of `buf` was written.
    written: usize,
    capacity: usize,
}

impl<W> BufWriter<W> {
    /// How much is kept, unless it is said.
    pub const CAPACITY: usize = 8 * 1024;

    /// With room for 8 KiB.
    pub fn new(inner: W) -> BufWriter<W> {
        BufWriter::with_capacity(Self::CAPACITY, inner)
    }

    /// With room for so much.
    pub fn with_capacity(capacity: usize, inner: W) -> BufWriter<W> {
        BufWriter { inner, buf: Vec::new(), written: 0, capacity }
    }

    /// What it holds that was not written yet.
    pub fn buffer(&self) -> &[u8] {
        &self.buf[self.written..]
    }

    /// What is written to.
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    /// What is written to. What is written to it directly comes before what is held.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// What is written to. What is held is lost.
    pub fn into_inner(self) -> W {
        self.inner
    }
}

impl<W: AsyncWrite> BufWriter<W> {
    /// Writes what is held. Each part is taken note of, so that it can be given up anywhere.
    async fn pour(&mut self) -> io::Result<()> {
        while self.written < self.buf.len() {
            match self.inner.write(&self.buf[self.written..]).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => self.written += n,
            }
        }
        self.buf.clear();
        self.written = 0;
        Ok(())
    }

    /// Sees to room for so much, if it is to be held. False if it is too much for that; then
    /// nothing is held.
    async fn has_room(&mut self, len: usize) -> io::Result<bool> {
        if self.buf.len() + len > self.capacity {
            self.pour().await?;
        }
        if len < self.capacity && self.buf.capacity() == 0 {
            self.buf.reserve_exact(self.capacity);
        }
        Ok(len < self.capacity)
    }
}

impl<W: AsyncWrite> AsyncWrite for BufWriter<W> {
    async fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if !self.has_room(buf.len()).await? {
            return self.inner.write(buf).await;
        }
        self.buf.extend_from_slice(buf);
        Ok(buf.len())
    }

    async fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let len = bufs.iter().map(|buf| buf.len()).sum();
        if !self.has_room(len).await? {
            return self.inner.write_vectored(bufs).await;
        }
        bufs.iter().for_each(|buf| self.buf.extend_from_slice(buf));
        Ok(len)
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.pour().await?;
        self.inner.flush().await
    }

    async fn shutdown(&mut self) -> io::Result<()> {
        self.pour().await?;
        self.inner.shutdown().await
    }
}

/// Straight from what is written to.
impl<S: AsyncRead> AsyncRead for BufWriter<S> {
    async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buf).await
    }

    async fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.inner.read_vectored(bufs).await
    }

    async fn read_append(&mut self, buf: &mut Vec<u8>) -> io::Result<usize> {
        self.inner.read_append(buf).await
    }
}

/// Straight from what is written to: a `BufWriter` of a `BufReader` has a buffer for each direction.
impl<S: AsyncBufRead> AsyncBufRead for BufWriter<S> {
    fn buffer(&self) -> &[u8] {
        self.inner.buffer()
    }

    async fn fill_more(&mut self) -> io::Result<usize> {
        self.inner.fill_more().await
    }

    fn consume(&mut self, n: usize) {
        self.inner.consume(n);
    }
}
