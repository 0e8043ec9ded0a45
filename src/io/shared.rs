//! A stream that several tasks have.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::rc::Rc;

use crate::io::{AsyncRead, AsyncWrite};

/// A stream that is read by one task and written by another: clones are the same stream, which is
/// closed with the last of them.
///
/// `Rc<TcpStream>` does as well, for its own methods; this is for what takes a reader or a writer,
/// such as a [`BufReader`](crate::io::BufReader). Any stream will do that has the traits for `&` of
/// itself.
///
/// ```
/// use eagain::Source;
/// use eagain::io::{AsyncBufRead, AsyncWrite, BufReader, Shared};
///
/// # eagain::run(async {
/// # let (near, far) = std::os::unix::net::UnixStream::pair()?;
/// # let (near, mut far) = (Source::new(near)?, Source::new(far)?);
/// let mut stream = Shared::new(near);
/// let mut lines = BufReader::new(stream.clone()).lines();
/// let first = eagain::spawn(async move { lines.next_line().await });
/// stream.write_all(b"hello").await?;
/// # far.write_all(b"hello\n").await?;
/// assert_eq!(first.await??.as_deref(), Some("hello"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?.unwrap();
/// # std::io::Result::Ok(())
/// ```
pub struct Shared<S: ?Sized> {
    stream: Rc<S>,
}

impl<S> Shared<S> {
    /// From a stream of one's own.
    pub fn new(stream: S) -> Shared<S> {
        Shared { stream: Rc::new(stream) }
    }
}

impl<S: ?Sized> Shared<S> {
    /// The stream, for its own methods.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl<S: ?Sized> Clone for Shared<S> {
    fn clone(&self) -> Shared<S> {
        Shared { stream: self.stream.clone() }
    }
}

impl<S: ?Sized> From<Rc<S>> for Shared<S> {
    fn from(stream: Rc<S>) -> Shared<S> {
        Shared { stream }
    }
}

impl<S: AsRef<T> + ?Sized, T: ?Sized> AsRef<T> for Shared<S> {
    fn as_ref(&self) -> &T {
        (*self.stream).as_ref()
    }
}

impl<S: fmt::Debug + ?Sized> fmt::Debug for Shared<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&&*self.stream).finish()
    }
}

impl<S: ?Sized> AsyncRead for Shared<S>
where
    for<'a> &'a S: AsyncRead,
{
    async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        (&*self.stream).read(buf).await
    }

    async fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        (&*self.stream).read_vectored(bufs).await
    }

    async fn read_append(&mut self, buf: &mut Vec<u8>) -> io::Result<usize> {
        (&*self.stream).read_append(buf).await
    }
}

impl<S: ?Sized> AsyncWrite for Shared<S>
where
    for<'a> &'a S: AsyncWrite,
{
    async fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        (&*self.stream).write(buf).await
    }

    async fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self.stream).write_vectored(bufs).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        (&*self.stream).flush().await
    }

    async fn shutdown(&mut self) -> io::Result<()> {
        (&*self.stream).shutdown().await
    }
}
