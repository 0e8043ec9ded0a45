//! Reading and writing as other crates know them.
//!
//! A poll has no destructor: what it parks stays until the next poll of that direction, the next
//! edge or the stream's end. So it makes way, for the next poll and for a future of ours alike.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};

use eagain_sys::errno;
use eagain_sys::poller::Interest;
use futures_io::{AsyncRead, AsyncWrite};

use crate::error::LoopError;
use crate::event_loop::core::Core;
use crate::net::TcpStream;

impl TcpStream {
    /// Tries until there is an answer, as a poll.
    fn poll_io<T>(
        &self,
        cx: &Context<'_>,
        direction: Interest,
        attempt: impl FnOnce() -> io::Result<Option<T>>,
    ) -> Poll<io::Result<T>> {
        if let Some(answer) = attempt().transpose() {
            return Poll::Ready(answer);
        }
        let io = &self.source.io;
        let parked = Core::with_current(|core| {
            // The task's budget may be spent, not the data; or the kernel cannot poll it.
            let ready = io.ready.get().satisfies(direction);
            if ready || !core.park_polled(cx.waker(), io, direction)? {
                core.yield_behind(cx.waker());
            }
            Ok(())
        });
        match parked.unwrap_or_else(|| Err(LoopError::NoLoop.into())) {
            Ok(()) => Poll::Pending,
            Err(e) => Poll::Ready(Err(e)),
        }
    }
}

/// With the feature `futures-io`. The last one to poll is the one that is woken; it may be another
/// task than before. A [`read`](TcpStream::read) that waits at the same time is refused or refuses,
/// as a second one is.
///
/// System calls and errors: as [`read`](TcpStream::read).
impl AsyncRead for &TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_io(cx, Interest::READ, || self.try_read(buf))
    }
}

/// With the feature `futures-io`. As for reading: the last one to poll is woken.
///
/// System calls and errors: as [`write`](TcpStream::write). Closing ends the direction by one
/// `shutdown`; flushing has nothing to do.
impl AsyncWrite for &TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_io(cx, Interest::WRITE, || self.try_write(buf))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match self.shutdown(Shutdown::Write) {
            // The peer broke off, and the direction with it.
            Err(e) if e.raw_os_error() == Some(errno::ENOTCONN) => Ok(()),
            answer => answer,
        })
    }
}

/// As that of `&TcpStream`.
///
/// ```
/// use eagain::net::{TcpListener, TcpStream};
/// use futures::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
///
/// # eagain::run(async {
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let mut client = TcpStream::connect(listener.local_addr()?).await?;
/// let (server, _) = listener.accept().await?;
/// AsyncWriteExt::write_all(&mut client, b"hello\nworld\n").await?;
/// let mut line = String::new();
/// BufReader::new(server).read_line(&mut line).await?;
/// assert_eq!(line, "hello\n");
/// # std::io::Result::Ok(())
/// # })??;
/// # Ok::<(), std::io::Error>(())
/// ```
impl AsyncRead for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_read(cx, buf)
    }
}

/// As that of `&TcpStream`.
impl AsyncWrite for TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self).poll_close(cx)
    }
}
