//! TCP: a connection in two halves, for two tasks or two fields.

use std::io;
use std::mem;
use std::net::Shutdown;
use std::ops::Deref;
use std::rc::Rc;

use crate::io::streams::{reads, writes};
use crate::net::TcpStream;
use crate::source::Source;

/// The half of a borrowed connection that reads. It is the stream in all but its name: one task
/// may read while another one writes, without any half at all.
#[derive(Clone, Copy, Debug)]
pub struct ReadHalf<'a>(&'a TcpStream);

/// The half of a borrowed connection that writes.
#[derive(Clone, Copy, Debug)]
pub struct WriteHalf<'a>(&'a TcpStream);

/// The half of a connection that reads. The connection is closed when both are dropped.
#[derive(Debug)]
pub struct OwnedReadHalf(Rc<TcpStream>);

/// The half of a connection that writes. Dropping it ends that direction (`shutdown`), so that the
/// peer reads the end; [`forget`](OwnedWriteHalf::forget) does not.
#[derive(Debug)]
pub struct OwnedWriteHalf {
    stream: Rc<TcpStream>,
    ends: bool,
}

/// Two halves that are not of the same connection, given back.
#[derive(Debug, thiserror::Error)]
#[error("these are halves of two connections, not of one")]
pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

impl TcpStream {
    /// One half that reads and one that writes, for as long as the stream is borrowed.
    ///
    /// System calls: none.
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        (ReadHalf(self), WriteHalf(self))
    }

    /// One half that reads and one that writes, each for a task of its own.
    ///
    /// System calls: none; one `shutdown` when the writing half is dropped.
    ///
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
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        let stream = Rc::new(self);
        (OwnedReadHalf(stream.clone()), OwnedWriteHalf { stream, ends: true })
    }
}

impl OwnedReadHalf {
    /// The connection, whole again.
    ///
    /// # Errors
    /// [`ReuniteError`]: the halves are of two connections.
    pub fn reunite(self, other: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
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

impl OwnedWriteHalf {
    /// Lets go of it without ending the direction.
    pub fn forget(mut self) {
        self.ends = false;
    }

    /// The connection, whole again: as [`OwnedReadHalf::reunite`].
    ///
    /// # Errors
    /// As there.
    pub fn reunite(self, other: OwnedReadHalf) -> Result<TcpStream, ReuniteError> {
        other.reunite(self)
    }
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        if mem::take(&mut self.ends) {
            let _: io::Result<()> = self.stream.shutdown(Shutdown::Write);
        }
    }
}

macro_rules! are_halves {
    ($($half:ty => $this:ident . $stream:tt),*) => {$(
        /// All of the stream's methods, also those of the other direction.
        impl Deref for $half {
            type Target = TcpStream;

            fn deref(&$this) -> &TcpStream {
                &$this.$stream
            }
        }

        impl AsRef<Source> for $half {
            fn as_ref(&self) -> &Source {
                (**self).as_ref()
            }
        }
    )*};
}

are_halves!(
    ReadHalf<'_> => self.0, WriteHalf<'_> => self.0,
    OwnedReadHalf => self.0, OwnedWriteHalf => self.stream
);

reads!(ReadHalf<'_>: append, vectored; OwnedReadHalf: append, vectored);
writes!(WriteHalf<'_>: vectored; OwnedWriteHalf: vectored);
