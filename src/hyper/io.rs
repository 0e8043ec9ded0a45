//! Connections as hyper reads and writes them.

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use hyper::rt;

/// So much is read at once: hyper begins with a buffer of this size.
const PIECE: usize = 8 * 1024;

/// A connection for hyper: anything that the crates around `futures` can read and write, such as a
/// [`TcpStream`](crate::net::TcpStream), or TLS on one.
///
/// System calls: those of the connection. What is read is copied once, from the stack: hyper's own
/// buffer may be uninitialised, and to write there takes `unsafe`.
///
/// ```
/// use eagain::hyper::Io;
/// # use eagain::net::TcpStream;
/// # fn wrap(stream: TcpStream) {
/// let io = Io::new(stream);
/// let stream = io.into_inner();
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Io<S> {
    stream: S,
}

impl<S> Io<S> {
    /// Wraps a connection.
    pub fn new(stream: S) -> Io<S> {
        Io { stream }
    }

    /// The connection inside.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Hands the connection back, as after an upgrade.
    pub fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + Unpin> rt::Read for Io<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut room: rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut piece = [0; PIECE];
        let piece = &mut piece[..room.remaining().min(PIECE)];
        pin!(&mut self.stream).poll_read(cx, piece).map_ok(|n| room.put_slice(&piece[..n]))
    }
}

impl<S: AsyncWrite + Unpin> rt::Write for Io<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        pin!(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pin!(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pin!(&mut self.stream).poll_close(cx)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        pin!(&mut self.stream).poll_write_vectored(cx, pieces)
    }
}
