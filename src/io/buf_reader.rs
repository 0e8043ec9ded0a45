//! A buffer in front of a reader.

use std::io::{self, IoSlice};
use std::mem;

use crate::io::{AsyncBufRead, AsyncRead, AsyncWrite};

/// No end came within as many bytes as are kept: the cause of an [`io::Error`] of the kind
/// `InvalidData`. What was read is still in the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("longer than {limit} bytes, which is the limit: BufReader::line_limit sets it")]
pub struct TooLong {
    /// As many.
    pub limit: usize,
}

/// Reads in large pieces what is wanted in small ones or line by line; it is written through as
/// if it were not there.
///
/// The buffer is made when it is first needed. It grows only for what wants to be seen as a whole
/// ([`fill_more`](AsyncBufRead::fill_more), [`read_line`](AsyncBufRead::read_line) and their like),
/// up to a limit, and shrinks again once it is empty.
///
/// ```
/// use eagain::Source;
/// use eagain::io::{AsyncBufRead, AsyncWrite, BufReader};
///
/// # eagain::run(async {
/// let (near, far) = std::os::unix::net::UnixStream::pair()?;
/// let (near, far) = (Source::new(near)?, Source::new(far)?);
/// near.write(b"GET / HTTP/1.1\r\n\r\n").await?;
/// let mut stream = BufReader::new(far).line_limit(8000);
/// let mut request = String::new();
/// stream.read_line(&mut request).await?;
/// assert_eq!(request, "GET / HTTP/1.1\r\n");
/// stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
/// # std::io::Result::Ok(())
/// # })??;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct BufReader<R> {
    inner: R,
    buf: Vec<u8>,
    /// So much of `buf` was consumed.
    at: usize,
    capacity: usize,
    limit: usize,
}

impl<R> BufReader<R> {
    /// How much is read at once, unless it is said.
    pub const CAPACITY: usize = 8 * 1024;
    /// How long a line may be, unless it is said.
    pub const LINE_LIMIT: usize = 1024 * 1024;

    /// With room for 8 KiB, and lines of up to 1 MiB.
    pub fn new(inner: R) -> BufReader<R> {
        BufReader::with_capacity(Self::CAPACITY, inner)
    }

    /// Reads up to so much at once.
    ///
    /// # Panics
    /// If that is 0.
    pub fn with_capacity(capacity: usize, inner: R) -> BufReader<R> {
        assert!(capacity > 0, "a buffer without room reads nothing");
        BufReader { inner, buf: Vec::new(), at: 0, capacity, limit: Self::LINE_LIMIT }
    }

    /// Keeps no more than so much: a longer line is an error, [`TooLong`].
    ///
    /// # Panics
    /// If that is 0.
    #[must_use]
    pub fn line_limit(mut self, bytes: usize) -> BufReader<R> {
        assert!(bytes > 0, "a buffer without room reads nothing");
        self.limit = bytes;
        self
    }

    /// What is read from.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// What is read from. What is read from it directly is missing here.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// What is read from, and what was read and not consumed: for another protocol on the same
    /// connection.
    #[must_use = "what is in the buffer is lost"]
    pub fn into_parts(mut self) -> (R, Vec<u8>) {
        self.buf.drain(..self.at);
        (self.inner, self.buf)
    }

    /// What is read from. What is in the buffer is lost.
    pub fn into_inner(self) -> R {
        self.inner
    }

    /// Sees to spare room behind what is held.
    fn make_room(&mut self) -> io::Result<()> {
        let held = self.buf.len() - self.at;
        if held >= self.limit {
            let cause = TooLong { limit: self.limit };
            return Err(io::Error::new(io::ErrorKind::InvalidData, cause));
        }
        // No more is moved than was consumed, unless there is no room at all.
        if self.at > 0 && (held <= self.at || self.buf.len() == self.buf.capacity()) {
            self.buf.drain(..mem::take(&mut self.at));
        }
        if self.buf.len() == self.buf.capacity() {
            let wanted = self.capacity.max(2 * held).min(self.limit);
            self.buf.reserve_exact(wanted - held);
        }
        Ok(())
    }

    fn take(&mut self, n: usize) {
        let held = self.buf.len() - self.at;
        assert!(n <= held, "{n} bytes of {held} cannot be consumed");
        self.at += n;
        if self.at == self.buf.len() {
            self.at = 0;
            self.buf.clear();
            if self.buf.capacity() > self.capacity {
                self.buf = Vec::new();
            }
        }
    }
}

impl<R: AsyncRead> AsyncRead for BufReader<R> {
    async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.buffer().is_empty() {
            if buf.is_empty() || buf.len() >= self.capacity {
                return self.inner.read(buf).await;
            }
            self.fill_more().await?;
        }
        let n = self.buffer().len().min(buf.len());
        buf[..n].copy_from_slice(&self.buffer()[..n]);
        self.take(n);
        Ok(n)
    }

    async fn read_append(&mut self, buf: &mut Vec<u8>) -> io::Result<usize> {
        if self.buffer().is_empty() {
            return self.inner.read_append(buf).await;
        }
        if buf.len() == buf.capacity() {
            buf.reserve(self.buffer().len());
        }
        let n = self.buffer().len().min(buf.capacity() - buf.len());
        buf.extend_from_slice(&self.buffer()[..n]);
        self.take(n);
        Ok(n)
    }
}

impl<R: AsyncRead> AsyncBufRead for BufReader<R> {
    fn buffer(&self) -> &[u8] {
        &self.buf[self.at..]
    }

    async fn fill_more(&mut self) -> io::Result<usize> {
        self.make_room()?;
        self.inner.read_append(&mut self.buf).await
    }

    fn consume(&mut self, n: usize) {
        self.take(n);
    }
}

/// Straight to what is read from.
impl<S: AsyncWrite> AsyncWrite for BufReader<S> {
    async fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.inner.write(buf).await
    }

    async fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.inner.write_vectored(bufs).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.inner.flush().await
    }

    async fn shutdown(&mut self) -> io::Result<()> {
        self.inner.shutdown().await
    }
}
