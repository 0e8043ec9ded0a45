//! One request to one upstream, and its answer.

use std::future::pending;
use std::io;

use eagain::net::TcpStream;
use eagain::time::timeout;

use crate::answer::{self, Answer, Parsed};
use crate::body::{Body, Broken, Encoding};
use crate::fields::Framing;
use crate::gateway::Gateway;
use crate::peer::{Peer, send};
use crate::refusal::{self, Refusal};
use crate::request::Request;
use crate::upstreams::Connection;

/// How an exchange has ended, for the client's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The next request.
    Next,
    /// That was the last answer.
    Close,
    /// It is broken: the client must not take what it has for the whole.
    Reset,
}

/// Why the client has no answer yet.
pub(crate) enum Failure {
    /// The upstream's fault.
    Upstream(Refusal),
    /// The client's, with what is to be said to it, if it still listens.
    Client(Option<Refusal>),
}

/// So many answers before the answer, at most.
const INTERIM: usize = 16;

pub(crate) struct Attempt<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) request: &'a Request,
    pub(crate) client: &'a mut Peer,
    pub(crate) body: &'a mut Body,
    /// In the field `Host`, if the client has sent none.
    pub(crate) upstream: &'a str,
}

impl Attempt<'_> {
    /// Sends the request, and passes the answer on.
    pub(crate) async fn make(mut self, connection: &mut Connection) -> Result<End, Failure> {
        connection.is_clean = false;
        self.send(connection).await?;
        // Boxed, since the task is as large as the largest future that it awaits.
        let receiving = Box::pin(self.receive(&mut connection.peer));
        let answer = match timeout(self.gateway.limit, receiving).await {
            Ok(received) => received?,
            Err(_) => return Err(Failure::Upstream(refusal::NO_ANSWER)),
        };
        Ok(self.pass_on(answer, connection).await)
    }

    async fn send(&mut self, connection: &Connection) -> Result<(), Failure> {
        let to = &connection.peer.stream;
        let mut head = self.request.head.clone();
        if !self.request.has_host {
            crate::fields::line(&mut head, "Host", self.upstream.as_bytes());
        }
        head.extend_from_slice(b"\r\n");
        let sent = send(to, &head).await;
        sent.map_err(|_| Failure::Upstream(refusal::BROKE_OFF))?;
        if self.body.is_done() {
            return Ok(());
        }
        if self.request.expects_continue && self.client.buffer.is_empty() {
            let sent = send(&self.client.stream, b"HTTP/1.1 100 Continue\r\n\r\n").await;
            sent.map_err(|_| Failure::Client(None))?;
        }
        let encoding = match self.request.framing {
            Framing::Chunked => Encoding::Chunks,
            _ => Encoding::Plain,
        };
        let relayed = eagain::select! {
            relayed = self.body.relay(Vec::new(), self.client, to, encoding, true) => relayed,
            // Nobody wants the rest.
            () = has_answered(to) => Ok(()),
        };
        relayed.or_else(|broken| match broken {
            Broken::Source => Err(Failure::Client(None)),
            Broken::SourceLate => Err(Failure::Client(Some(refusal::TOO_LATE))),
            Broken::Malformed => Err(Failure::Client(Some(refusal::BAD))),
            // It may have said why before it broke off.
            Broken::Sink => Ok(()),
        })
    }

    /// The answer's head.
    async fn receive(&self, upstream: &mut Peer) -> Result<Answer, Failure> {
        let mut interim = 0;
        loop {
            match answer::parse(&upstream.buffer, self.request) {
                Parsed::Partial => match upstream.more().await {
                    Ok(true) => {}
                    Ok(false) | Err(_) => return Err(Failure::Upstream(refusal::BROKE_OFF)),
                },
                Parsed::NotHttp => return Err(Failure::Upstream(refusal::NOT_HTTP)),
                // Nobody here has asked for another protocol.
                Parsed::Answer(Answer { status: 101, .. }, _) => {
                    return Err(Failure::Upstream(refusal::NOT_HTTP));
                }
                Parsed::Answer(answer, length) if answer.status < 200 => {
                    upstream.consume(length);
                    interim += 1;
                    if interim > INTERIM {
                        return Err(Failure::Upstream(refusal::NOT_HTTP));
                    }
                    // 100 was given by us.
                    if answer.status != 100 && !self.request.is_old {
                        let sent = send(&self.client.stream, &answer.into_interim()).await;
                        sent.map_err(|_: io::Error| Failure::Client(None))?;
                    }
                }
                Parsed::Answer(answer, length) => {
                    upstream.consume(length);
                    return Ok(answer);
                }
            }
        }
    }

    /// From here on there is no way back: the client has the beginning of an answer.
    async fn pass_on(self, answer: Answer, connection: &mut Connection) -> End {
        let (encoding, keeps_alive) = (answer.encoding(self.request), answer.keeps_alive);
        let closes = !self.request.keeps_alive
            || !self.body.is_done()
            || encoding == Encoding::UntilClose
            || self.gateway.is_draining();
        let mut body = Body::new(answer.framing);
        let head = answer.into_head(self.request, closes);
        let relaying = body.relay(head, &mut connection.peer, &self.client.stream, encoding, false);
        if Box::pin(relaying).await.is_err() {
            return End::Reset;
        }
        let peer = &mut connection.peer;
        // What comes unasked is nobody's answer.
        connection.is_clean = keeps_alive && self.body.is_delivered() && peer.buffer.is_empty();
        connection.is_used = true;
        peer.rest();
        if closes { End::Close } else { End::Next }
    }
}

/// Waits for an answer, or for the end. What only comes before an answer ("103 Early Hints"), and what
/// is too little to tell, is there to be read when the request is out.
async fn has_answered(upstream: &TcpStream) {
    let mut begin = [0; b"HTTP/1.1 1".len()];
    let n = upstream.peek(&mut begin).await.unwrap_or(0);
    if n > 0 && (n < begin.len() || begin.ends_with(b" 1")) {
        pending().await
    }
}
