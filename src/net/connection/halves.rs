//! A connection in two halves, for two tasks or two fields.

use std::io;
use std::mem;
use std::ops::Deref;
use std::rc::Rc;

use crate::io::streams::{self, reads, writes};
use crate::net::{TcpStream, UnixStream};
use crate::source::Source;

/// The half of a borrowed connection that reads. It is the stream in all but its name: one task
/// may read while another one writes, without any half at all.
#[derive(Debug)]
pub struct ReadHalf<'a, S = TcpStream>(&'a S);

/// The half of a borrowed connection that writes.
#[derive(Debug)]
pub struct WriteHalf<'a, S = TcpStream>(&'a S);

/// The half of a connection that reads. The connection is closed when both are dropped.
#[derive(Debug)]
pub struct OwnedReadHalf<S = TcpStream>(Rc<S>);

/// The half of a connection that writes. Dropping it ends that direction (`shutdown`), so that the
/// peer reads the end; [`forget`](OwnedWriteHalf::forget) does not.
#[derive(Debug)]
pub struct OwnedWriteHalf<S: AsRef<Source> = TcpStream> {
    stream: Rc<S>,
    ends: bool,
}

/// Two halves that are not of the same connection, given back.
#[derive(Debug, thiserror::Error)]
#[error("these are halves of two connections, not of one")]
pub struct ReuniteError<S: AsRef<Source> = TcpStream>(pub OwnedReadHalf<S>, pub OwnedWriteHalf<S>);

impl<S: AsRef<Source>> OwnedReadHalf<S> {
    /// The connection, whole again.
    ///
    /// # Errors
    /// [`ReuniteError`]: the halves are of two connections.
    pub fn reunite(self, other: OwnedWriteHalf<S>) -> Result<S, ReuniteError<S>> {
        if !Rc::ptr_eq(&self.0, &other.stream) {
            return Err(ReuniteError(self, other));
        }
        let OwnedReadHalf(stream) = self;
        other.forget();
        // Nobody else can hold it: halves are not cloned.
        Rc::try_unwrap(stream).map_err(|stream| {
            let other = OwnedWriteHalf { stream: stream.clone(), ends: true };
            ReuniteError(OwnedReadHalf(stream), other)
        })
    }
}

impl<S: AsRef<Source>> OwnedWriteHalf<S> {
    /// Lets go of it without ending the direction.
    pub fn forget(mut self) {
        self.ends = false;
    }

    /// The connection, whole again: as [`OwnedReadHalf::reunite`].
    ///
    /// # Errors
    /// As there.
    pub fn reunite(self, other: OwnedReadHalf<S>) -> Result<S, ReuniteError<S>> {
        other.reunite(self)
    }
}

impl<S: AsRef<Source>> Drop for OwnedWriteHalf<S> {
    fn drop(&mut self) {
        if mem::take(&mut self.ends) {
            let _: io::Result<()> = streams::end((*self.stream).as_ref());
        }
    }
}

// By hand: a half is copied whether or not its stream can be.
impl<S> Clone for ReadHalf<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for ReadHalf<'_, S> {}

impl<S> Clone for WriteHalf<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for WriteHalf<'_, S> {}

macro_rules! are_halves {
    ($($half:ty => $this:ident . $stream:tt),*) => {$(
        /// All of the stream's methods, also those of the other direction.
        impl<S: AsRef<Source>> Deref for $half {
            type Target = S;

            fn deref(&$this) -> &S {
                &$this.$stream
            }
        }

        impl<S: AsRef<Source>> AsRef<Source> for $half {
            fn as_ref(&self) -> &Source {
                (**self).as_ref()
            }
        }
    )*};
}

are_halves!(
    ReadHalf<'_, S> => self.0, WriteHalf<'_, S> => self.0,
    OwnedReadHalf<S> => self.0, OwnedWriteHalf<S> => self.stream
);

macro_rules! is_split {
    ($($(#[$example:meta])* $stream:ident;)*) => {$(
        impl $stream {
            /// One half that reads and one that writes, for as long as the stream is borrowed.
            ///
            /// System calls: none.
            pub fn split(&mut self) -> (ReadHalf<'_, $stream>, WriteHalf<'_, $stream>) {
                (ReadHalf(self), WriteHalf(self))
            }

            /// One half that reads and one that writes, each for a task of its own.
            ///
            /// System calls: none; one `shutdown` when the writing half is dropped.
            ///
            $(#[$example])*
            pub fn into_split(self) -> (OwnedReadHalf<$stream>, OwnedWriteHalf<$stream>) {
                let stream = Rc::new(self);
                (OwnedReadHalf(stream.clone()), OwnedWriteHalf { stream, ends: true })
            }
        }

        reads!(
            ReadHalf<'_, $stream>: append, vectored;
            OwnedReadHalf<$stream>: append, vectored
        );
        writes!(WriteHalf<'_, $stream>: vectored; OwnedWriteHalf<$stream>: vectored);
    )*};
}

is_split! {
    /// ```
    /// # use eagain::net::{TcpListener, TcpStream};
    /// # eagain::run(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0")?;
    /// # let client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let server = listener.accept().await?.0;
    /// let (reader, writer) = client.into_split();
    /// eagain::spawn(async move { writer.write_all(b"hello").await }).detach();
    /// let mut all = Vec::new();
    /// server.read_to_end(&mut all).await?; // the writer is dropped, so there is an end
    /// assert_eq!(all, b"hello");
    /// server.write_all(b"bye").await?;
    /// assert_eq!(reader.read(&mut [0; 8]).await?, 3);
    /// # std::io::Result::Ok(())
    /// # })??;
    /// # std::io::Result::Ok(())
    /// ```
    TcpStream;

    /// ```
    /// use eagain::net::UnixStream;
    ///
    /// # eagain::run(async {
    /// let (near, far) = UnixStream::pair()?;
    /// let (reader, writer) = near.into_split();
    /// eagain::spawn(async move { writer.write_all(b"hello").await }).detach();
    /// let mut all = Vec::new();
    /// far.read_to_end(&mut all).await?; // the writer is dropped, so there is an end
    /// assert_eq!(all, b"hello");
    /// far.write_all(b"bye").await?;
    /// assert_eq!(reader.read(&mut [0; 8]).await?, 3);
    /// # std::io::Result::Ok(())
    /// # })??;
    /// # std::io::Result::Ok(())
    /// ```
    UnixStream;
}
