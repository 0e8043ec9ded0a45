//! Reading without a buffer of one's own. A connection that waits holds none.

use std::io;

use eagain_sys::poller::Interest;
use eagain_sys::socket;

use crate::buffers::{Loan, PooledBuf, SIZE};
use crate::net::{TcpStream, UnixStream};

macro_rules! lends {
    ($($stream:ident by $pair:literal;)*) => {$(
        impl $stream {
            /// Waits until there is something to read, and lends it to `read`, up to 16 KiB at once; an
            /// empty slice is the end of the stream. What `read` returns is the answer.
            ///
            /// The buffer is the loop's: while it waits, a connection holds none, and many that mostly wait
            /// share one. `read` cannot keep it, nor await; if it reads from another connection the same
            /// way, that gets another buffer.
            ///
            /// Cancel-safe: what was read was lent, or nothing was read. System calls and errors: as
            /// [`read`](Self::read).
            ///
            /// ```
            /// # use std::io;
            /// # use eagain::net::*;
            #[doc = concat!("async fn count(stream: ", stringify!($stream), ") -> io::Result<usize> {")]
            ///     let mut sum = 0;
            ///     loop {
            ///         match stream.read_with(|bytes| bytes.len()).await? {
            ///             0 => return Ok(sum),
            ///             n => sum += n,
            ///         }
            ///     }
            /// }
            /// # eagain::run(async {
            #[doc = concat!("# let (client, stream) = ", $pair, ";")]
            /// # client.write_all(b"hello").await?;
            /// # drop(client);
            /// # assert_eq!(count(stream).await?, 5);
            /// # io::Result::Ok(())
            /// # })??;
            /// # io::Result::Ok(())
            /// ```
            #[track_caller]
            pub fn read_with<R>(
                &self,
                read: impl FnOnce(&[u8]) -> R,
            ) -> impl Future<Output = io::Result<R>> {
                let mut read = Some(read);
                self.source.until(Interest::READ, move || {
                    // It is called when there is something, and that ends the wait.
                    self.try_read_with(|bytes| read.take().map(|read| read(bytes))).map(Option::flatten)
                })
            }

            /// The same without waiting: `None` if nothing is there now.
            ///
            /// System calls and errors: as [`try_read`](Self::try_read).
            #[inline(always)]
            pub fn try_read_with<R>(&self, read: impl FnOnce(&[u8]) -> R) -> io::Result<Option<R>> {
                // Borrowed only if the call is made.
                let mut buffer = None;
                let n = self
                    .source
                    .try_read_of(SIZE, |fd| socket::recv(fd, buffer.get_or_insert_with(Loan::new)))?;
                Ok(n.zip(buffer).map(|(n, buffer)| read(&buffer[..n])))
            }

            /// Waits until there is something to read, and returns it in a buffer of the loop's pool, up to
            /// 16 KiB at once, empty at the end of the stream. For what has to be kept across an await; when
            /// it is dropped, the buffer goes back.
            ///
            /// Cancel-safe: what was read is returned. System calls and errors: as
            /// [`read`](Self::read).
            ///
            /// ```
            /// # use eagain::net::*;
            /// # eagain::run(async {
            #[doc = concat!("# let (client, stream) = ", $pair, ";")]
            /// # client.write_all(b"hello").await?;
            /// let bytes = stream.read_pooled().await?;
            /// stream.write_all(&bytes).await?; // the buffer is held until the peer has taken all
            /// # assert_eq!(&bytes[..], b"hello");
            /// # std::io::Result::Ok(())
            /// # })??;
            /// # std::io::Result::Ok(())
            /// ```
            #[track_caller]
            pub fn read_pooled(&self) -> impl Future<Output = io::Result<PooledBuf>> {
                self.source.until(Interest::READ, || self.try_read_pooled())
            }

            /// The same without waiting: `None` if nothing is there now.
            ///
            /// System calls and errors: as [`try_read`](Self::try_read).
            pub fn try_read_pooled(&self) -> io::Result<Option<PooledBuf>> {
                if !self.source.io.ready.get().satisfies(Interest::READ) {
                    return Ok(None);
                }
                let mut buffer = Loan::new();
                Ok(self.try_read(&mut buffer)?.map(|n| PooledBuf::new(buffer, n)))
            }
        }
    )*};
}

lends! {
    TcpStream by "{ let listener = TcpListener::bind(\"127.0.0.1:0\")?; \
        let client = TcpStream::connect(listener.local_addr()?).await?; \
        (client, listener.accept().await?.0) }";
    UnixStream by "UnixStream::pair()?";
}
