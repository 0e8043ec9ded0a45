//! What can be written.

use std::io::{self, IoSlice};

/// Something that bytes go to.
///
/// [`write`](AsyncWrite::write) and [`shutdown`](AsyncWrite::shutdown) have to be written, and
/// [`flush`](AsyncWrite::flush) by what keeps bytes to itself:
///
/// ```
/// use std::io;
///
/// use eagain::io::AsyncWrite;
///
/// /// Keeps the number of the lines that go through it.
/// struct Counted<W> {
///     inner: W,
///     lines: usize,
/// }
///
/// impl<W: AsyncWrite> AsyncWrite for Counted<W> {
///     async fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
///         let n = self.inner.write(buf).await?;
///         self.lines += buf[..n].iter().filter(|byte| **byte == b'\n').count();
///         Ok(n)
///     }
///
///     async fn flush(&mut self) -> io::Result<()> {
///         self.inner.flush().await
///     }
///
///     async fn shutdown(&mut self) -> io::Result<()> {
///         self.inner.shutdown().await
///     }
/// }
///
/// # eagain::run(async {
/// let mut counted = Counted { inner: Vec::new(), lines: 0 };
/// counted.write_all(b"one\ntwo\n").await?;
/// assert_eq!(counted.lines, 2);
/// # io::Result::Ok(())
/// # })??;
/// # io::Result::Ok(())
/// ```
pub trait AsyncWrite {
    /// Writes as much as there is room for, and waits until there is some.
    ///
    /// Cancel-safe, and whoever implements it has to see to that: what was taken is returned.
    async fn write(&mut self, buf: &[u8]) -> io::Result<usize>;

    /// Writes what is kept, if anything is, and ends the direction: whoever reads there reads what
    /// was written, then the end. The other direction goes on. To do so twice is fine.
    ///
    /// Cancel-safe: it can be called again.
    ///
    /// Sockets have a `shutdown` of their own, which is std's: it takes a direction, and is not
    /// awaited. Where the type of the stream is known, that is the one that a dot finds:
    ///
    /// ```
    /// use std::net::Shutdown;
    ///
    /// use eagain::io::AsyncWrite;
    /// use eagain::net::UnixStream;
    ///
    /// async fn end(mut any: impl AsyncWrite) -> std::io::Result<()> {
    ///     any.shutdown().await
    /// }
    ///
    /// # eagain::run(async {
    /// let (mut near, far) = UnixStream::pair()?;
    /// near.shutdown(Shutdown::Write)?; // the socket's own
    /// AsyncWrite::shutdown(&mut near).await?; // the trait's
    /// end(far).await
    /// # })??;
    /// # std::io::Result::Ok(())
    /// ```
    async fn shutdown(&mut self) -> io::Result<()>;

    /// Writes what was taken and is kept. The kernel's streams keep nothing.
    ///
    /// Cancel-safe: it can be called again.
    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// As [`write`](AsyncWrite::write), from several buffers, one after the other. Unless it is
    /// implemented, from the first that is not empty.
    ///
    /// Cancel-safe.
    async fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        match bufs.iter().find(|buf| !buf.is_empty()) {
            Some(buf) => self.write(buf).await,
            None => self.write(&[]).await,
        }
    }

    /// Writes all of `buf`.
    ///
    /// Not cancel-safe: nobody tells how much was written.
    ///
    /// # Errors
    /// As [`write`](AsyncWrite::write), and `WriteZero` if nothing is taken.
    async fn write_all(&mut self, mut buf: &[u8]) -> io::Result<()> {
        while !buf.is_empty() {
            match self.write(buf).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => buf = &buf[n..],
            }
        }
        Ok(())
    }

    /// Writes all of several buffers, which are advanced on the way.
    ///
    /// Not cancel-safe: nobody tells how much was written.
    ///
    /// # Errors
    /// As [`write_all`](AsyncWrite::write_all).
    async fn write_all_vectored(&mut self, mut bufs: &mut [IoSlice<'_>]) -> io::Result<()> {
        IoSlice::advance_slices(&mut bufs, 0); // those that are empty, in front
        while !bufs.is_empty() {
            match self.write_vectored(bufs).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => IoSlice::advance_slices(&mut bufs, n),
            }
        }
        Ok(())
    }
}
