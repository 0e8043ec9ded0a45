//! Which upstreams are tried, and what is tried again.

use std::io;

use crate::attempt::{Attempt, End, Failure};
use crate::body::Body;
use crate::gateway::Gateway;
use crate::peer::{Peer, send};
use crate::refusal::{self, Refusal};
use crate::request::Request;

/// Has a request answered, by an upstream or by us.
pub(crate) async fn exchange(
    client: &mut Peer,
    request: &Request,
    gateway: &Gateway,
) -> io::Result<End> {
    let mut body = Body::new(request.framing);
    let refusal = match Box::pin(try_all(client, request, &mut body, gateway)).await {
        Ok(end) => return Ok(end),
        Err(Failure::Upstream(refusal)) | Err(Failure::Client(Some(refusal))) => refusal,
        Err(Failure::Client(None)) => return Ok(End::Reset),
    };
    let closes = !request.keeps_alive || !body.is_done() || gateway.is_draining();
    send(&client.stream, &refusal.bytes(closes || request.is_old, !request.is_head)).await?;
    Ok(if closes || request.is_old { End::Close } else { End::Next })
}

async fn try_all(
    client: &mut Peer,
    request: &Request,
    body: &mut Body,
    gateway: &Gateway,
) -> Result<End, Failure> {
    let upstreams = &gateway.upstreams;
    let mut tried = vec![false; upstreams.count()];
    let mut last = refusal::UNREACHABLE;
    // Each once over a connection that was idle, and once over a new one.
    for _ in 0..2 * upstreams.count() {
        let Some(i) = upstreams.choose(&tried) else { break };
        let upstream = upstreams.get(i);
        let mut connection = match upstream.connection().await {
            Ok(connection) => connection,
            Err(refusal) => {
                // Nothing was sent: any request may go elsewhere.
                tried[i] = true;
                last = refusal;
                continue;
            }
        };
        let was_used = connection.is_used;
        let attempt = Attempt { gateway, request, client, body, upstream: upstream.name.as_str() };
        match attempt.make(&mut connection).await {
            Ok(end) => {
                upstream.is_up();
                if !connection.is_clean {
                    connection.discard();
                }
                return Ok(end);
            }
            Err(failure) => {
                connection.discard();
                let Failure::Upstream(refusal) = failure else { return Err(failure) };
                last = refusal;
                match (was_used, refusal) {
                    // One slow answer says nothing about the next.
                    (_, refusal::NO_ANSWER) => {}
                    (true, _) => upstream.distrust_idle(),
                    (false, _) => {
                        tried[i] = true;
                        upstream.is_down(refusal.why());
                    }
                }
                if !may_be_repeated(request, body, refusal) {
                    break;
                }
            }
        }
    }
    Err(Failure::Upstream(last))
}

fn may_be_repeated(request: &Request, body: &Body, refusal: Refusal) -> bool {
    request.is_idempotent && !body.has_begun() && refusal != refusal::NO_ANSWER
}
