//! What can be read.

use std::io::{self, IoSliceMut};
use std::str;

use crate::io::Take;
use crate::source::GROWTH;

/// At most so much is made ready for a reader that wants initialised memory.
const ROOM: usize = 16 * 1024;

/// Something that bytes come from.
///
/// [`read`](AsyncRead::read) has to be written, and nothing else:
///
/// ```
/// use std::io;
///
/// use eagain::io::AsyncRead;
///
/// /// Counts what is read through it.
/// struct Counted<R> {
///     inner: R,
///     bytes: usize,
/// }
///
/// impl<R: AsyncRead> AsyncRead for Counted<R> {
///     async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
///         let n = self.inner.read(buf).await?;
///         self.bytes += n;
///         Ok(n)
///     }
/// }
///
/// # eagain::run(async {
/// let mut counted = Counted { inner: &b"hello"[..], bytes: 0 };
/// let mut text = String::new();
/// counted.read_to_string(&mut text).await?;
/// assert_eq!((text.as_str(), counted.bytes), ("hello", 5));
/// # io::Result::Ok(())
/// # })??;
/// # io::Result::Ok(())
/// ```
pub trait AsyncRead {
    /// Reads what is there, and waits until something is. 0 is the end, unless `buf` is empty; a
    /// socket answers that, too, only once there is something to read.
    ///
    /// Cancel-safe, and whoever implements it has to see to that: what was read is returned.
    async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize>;

    /// The same into several buffers, one after the other. Unless it is implemented, into the
    /// first that is not empty.
    ///
    /// Cancel-safe.
    async fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        match bufs.iter_mut().find(|buf| !buf.is_empty()) {
            Some(buf) => self.read(buf).await,
            None => self.read(&mut []).await,
        }
    }

    /// The same into the spare capacity of `buf`, behind what it holds. A buffer without any
    /// grows first, so 0 is the end.
    ///
    /// Cancel-safe: what was read is in `buf`.
    async fn read_append(&mut self, buf: &mut Vec<u8>) -> io::Result<usize> {
        if buf.len() == buf.capacity() {
            buf.reserve(GROWTH);
        }
        let mut tail = Tail { filled: buf.len(), buf };
        let end = tail.buf.capacity().min(tail.filled + ROOM);
        tail.buf.resize(end, 0);
        let n = self.read(&mut tail.buf[tail.filled..]).await?;
        tail.filled += n;
        Ok(n)
    }

    /// Reads until `buf` is full.
    ///
    /// Not cancel-safe: what was read is in `buf`, but nobody tells how much it was.
    ///
    /// # Errors
    /// As [`read`](AsyncRead::read), and `UnexpectedEof` at the end.
    async fn read_exact(&mut self, buf: &mut [u8]) -> io::Result<()> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.read(&mut buf[filled..]).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => filled += n,
            }
        }
        Ok(())
    }

    /// Reads to the end, behind what `buf` holds; returns how much. For a peer that is not
    /// trusted, [`take`](AsyncRead::take) sets the limit.
    ///
    /// Cancel-safe: what was read is in `buf`.
    async fn read_to_end(&mut self, buf: &mut Vec<u8>) -> io::Result<usize> {
        let before = buf.len();
        loop {
            if buf.len() == buf.capacity() {
                buf.reserve(buf.len().max(GROWTH));
            }
            if self.read_append(buf).await? == 0 {
                return Ok(buf.len() - before);
            }
        }
    }

    /// The same behind what a `String` holds.
    ///
    /// Not cancel-safe: what was read is lost.
    ///
    /// # Errors
    /// As [`read`](AsyncRead::read), and `InvalidData` for what is not UTF-8; then nothing is
    /// added.
    async fn read_to_string(&mut self, buf: &mut String) -> io::Result<usize> {
        let mut bytes = Vec::new();
        let n = self.read_to_end(&mut bytes).await?;
        buf.push_str(text(&bytes)?);
        Ok(n)
    }

    /// A reader that ends after `limit` bytes, if there are so many. By `(&mut reader).take(n)`,
    /// the reader itself goes on behind that.
    fn take(self, limit: u64) -> Take<Self>
    where
        Self: Sized,
    {
        Take::of(self, limit)
    }
}

/// What is not UTF-8 is no text.
pub(crate) fn text(bytes: &[u8]) -> io::Result<&str> {
    str::from_utf8(bytes).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

/// A buffer that was lengthened to be read into. It is cut to what was read, also if that was
/// given up.
struct Tail<'a> {
    buf: &'a mut Vec<u8>,
    filled: usize,
}

impl Drop for Tail<'_> {
    fn drop(&mut self) {
        self.buf.truncate(self.filled);
    }
}
