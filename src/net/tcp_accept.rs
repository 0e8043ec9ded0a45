//! TCP: one connection after the other, and the last of them.

use std::io;
use std::time::Duration;

use eagain_sys::poller::Interest;

use crate::error::LoopError;
use crate::net::{TcpListener, TcpStream};
use crate::stream::{Generated, from_generator};
use crate::time::{now, timeout_at};

impl TcpListener {
    /// The connections that come, as a stream. What happens to single connections, and running out
    /// of descriptors, is seen to as in [`accept`](TcpListener::accept); so an error is the last
    /// item. The stream also ends when the listener is [closed](TcpListener::close).
    ///
    /// Its `next` is cancel-safe: no connection is lost. System calls: as
    /// [`accept`](TcpListener::accept).
    ///
    /// ```
    /// use eagain::net::{TcpListener, TcpStream};
    ///
    /// # eagain::run(async {
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let mut incoming = listener.incoming();
    /// while let Some(stream) = incoming.try_next().await? {
    ///     stream.write_all(b"hello").await?;
    ///     listener.close()?;
    /// }
    /// # std::io::Result::Ok(())
    /// # })??;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn incoming(&self) -> Generated<'_, io::Result<TcpStream>> {
        from_generator(async move |mut out| {
            loop {
                match self.accept().await {
                    Ok((stream, _)) => out.emit(Ok(stream)).await,
                    Err(e) if LoopError::of(&e) == Some(LoopError::Closed) => return,
                    Err(e) => return out.emit(Err(e)).await,
                }
            }
        })
    }

    /// The last connections: those that come within `grace` from now, and what queues then. After
    /// them the listener is closed, and the stream ends.
    ///
    /// For a server that another one replaces. To close a listener resets what queues there, and
    /// with `SO_REUSEPORT` connections queue there for as long as it is open. So first see to it that
    /// nobody connects any more (take the address from the load balancer), let the grace be as long
    /// as that takes, and accept to the end. Between the last `accept4` and the `close` a
    /// connection can still come in, and is reset: where nobody can be told to stay away,
    /// `sysctl net.ipv4.tcp_migrate_req=1` (Linux 5.14) lets the kernel hand what queues, and the
    /// handshakes that have begun, to the other listeners on the port instead of resetting them;
    /// with it, nothing has to be drained. A listener that is handed on (as an `OwnedFd`, to
    /// another process or loop) keeps its queue, too.
    ///
    /// Its `next` is cancel-safe: no connection is lost; dropping the stream closes the listener.
    /// System calls: as [`accept`](TcpListener::accept), one more `accept4`, `close`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use eagain::net::TcpListener;
    ///
    /// # eagain::run(async {
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// # let client = std::net::TcpStream::connect(listener.local_addr()?)?;
    /// let mut last = listener.drain(Duration::from_millis(1));
    /// while let Some(stream) = last.try_next().await? {
    ///     // ... serve it
    /// #   drop(stream);
    /// }
    /// # std::io::Result::Ok(())
    /// # })??;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn drain(self, grace: Duration) -> Generated<'static, io::Result<TcpStream>> {
        let end = now().checked_add(grace);
        from_generator(async move |mut out| {
            loop {
                let accepted = match end {
                    Some(end) => timeout_at(end, self.accept()).await,
                    None => Ok(self.accept().await),
                };
                match accepted {
                    Ok(Ok((stream, _))) => out.emit(Ok(stream)).await,
                    Ok(Err(e)) => return out.emit(Err(e)).await,
                    Err(_) => break,
                }
            }
            self.ask_again();
            loop {
                match self.queued().await {
                    Ok(Some(stream)) => out.emit(Ok(stream)).await,
                    Ok(None) => return,
                    Err(e) => return out.emit(Err(e)).await,
                }
            }
        })
    }

    /// What queues is to be known from the kernel, not from the last edge: another one may be on
    /// its way.
    fn ask_again(&self) {
        let ready = &self.source.io.ready;
        ready.set(ready.get() | Interest::READ.into());
    }

    /// A connection that is there, without waiting for one.
    async fn queued(&self) -> io::Result<Option<TcpStream>> {
        let accept = || {
            Ok(match self.try_accept()? {
                Some((stream, _)) => Some(Some(stream)),
                // The task's budget may be spent, not the queue.
                None if self.source.io.ready.get().satisfies(Interest::READ) => None,
                None => Some(None),
            })
        };
        self.source.until(Interest::READ, accept).await
    }
}
