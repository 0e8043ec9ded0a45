//! A client's connection: a request, its answer, the next one.

use std::io;
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use eagain::net::TcpStream;
use eagain::time::timeout;

use crate::attempt::End;
use crate::exchange::exchange;
use crate::gateway::{Gateway, Presence};
use crate::peer::{Peer, send};
use crate::refusal::{self, Refusal};
use crate::request::{self, Parsed, Request};

/// How long a client may be silent between two requests.
const IDLE: Duration = Duration::from_secs(60);
/// How long a head may take once it has begun; a byte now and then gains no time.
const HEAD: Duration = Duration::from_secs(10);
/// How long a client may go on talking after the last answer.
const CLOSING: Duration = Duration::from_secs(2);

/// Serves a connection until its end. What goes wrong on it is no concern of the others.
pub(crate) async fn serve(stream: TcpStream, from: SocketAddr, presence: Presence) {
    let gateway = presence.gateway().clone();
    let mut client = Client { peer: Peer::new(stream), from: from.ip(), gateway };
    let _ = client.talk().await;
}

struct Client {
    peer: Peer,
    from: IpAddr,
    gateway: Rc<Gateway>,
}

impl Client {
    async fn talk(&mut self) -> io::Result<()> {
        while self.something_comes().await? {
            let request = match timeout(HEAD, self.request()).await {
                Ok(Ok(Some(request))) => request,
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(refusal)) => return self.refuse(refusal).await,
                Err(_) => return self.refuse(refusal::TOO_LATE).await,
            };
            // Boxed, since the task is as large as the largest future that it awaits.
            match Box::pin(exchange(&mut self.peer, &request, &self.gateway)).await? {
                End::Next => {}
                End::Close => return Box::pin(self.close()).await,
                End::Reset => return self.peer.stream.set_linger(Some(Duration::ZERO)),
            }
        }
        Ok(())
    }

    /// Waits for the beginning of a request. False if none will come.
    async fn something_comes(&mut self) -> io::Result<bool> {
        if !self.peer.buffer.is_empty() {
            return Ok(true);
        }
        self.peer.rest();
        let come = eagain::select! {
            // From the loop's own buffer: while it waits, a connection holds none.
            read = timeout(IDLE, self.peer.stream.read_with(<[u8]>::to_vec)) => match read {
                Ok(read) => read?,
                Err(_) => return Ok(false),
            },
            // What has come before that is answered.
            () = self.gateway.draining() => return self.peer.more_now(),
        };
        self.peer.buffer = come;
        Ok(!self.peer.buffer.is_empty())
    }

    /// The head of a request, `None` at the end: half a head is nothing that could be answered.
    async fn request(&mut self) -> Result<Option<Box<Request>>, Refusal> {
        loop {
            match request::parse(&self.peer.buffer, self.from) {
                Parsed::Request(request, length) => {
                    self.peer.consume(length);
                    return Ok(Some(request));
                }
                Parsed::Refused(refusal) => return Err(refusal),
                Parsed::Partial => match self.peer.more().await {
                    Ok(true) => {}
                    Ok(false) | Err(_) => return Ok(None),
                },
            }
        }
    }

    async fn refuse(&mut self, refusal: Refusal) -> io::Result<()> {
        let wants_body = request::may_have_body(&self.peer.buffer);
        send(&self.peer.stream, &refusal.bytes(true, wants_body)).await?;
        Box::pin(self.close()).await
    }

    /// Tells the client that this was all, and reads what it still says: to close with something
    /// unread would be a reset, which takes the answer along (RFC 9112, 9.6).
    async fn close(&mut self) -> io::Result<()> {
        self.peer.stream.shutdown(Shutdown::Write)?;
        let goodbye = async {
            while self.peer.stream.read_with(<[u8]>::len).await? > 0 {}
            Ok(())
        };
        timeout(CLOSING, goodbye).await.unwrap_or(Ok(()))
    }
}
