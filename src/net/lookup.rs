//! From names to addresses.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::panic::Location;
use std::time::Duration;

use crate::event_loop::core::Core;
use crate::net::address::{Endpoint, ToSocketAddrs, no_address};
use crate::task::generator::Place;
use crate::thread::offload;
use crate::time::timeout;

/// How long a name may take, unless the caller is less patient. Twice what a resolver takes by
/// default to ask one server in vain (resolv.conf(5): two attempts of 5 s).
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks up the addresses of a host, in the order in which it wants them to be tried (RFC 6724).
///
/// The C library does it (`getaddrinfo`: `/etc/hosts`, DNS, what else nsswitch.conf(5) names), and
/// blocks; so a thread of [`offload`]'s pool waits for it. As many names are looked up at once as
/// the pool has threads. What is an address already is given back as it is, without the pool.
///
/// Cancel-safe: what has not begun is taken back; what has, ends by itself. System calls: those of
/// [`offload`].
///
/// # Errors
/// They tell the name. `TimedOut`: no answer for 20 s; a [`timeout`] around it may be shorter.
/// `InvalidInput`: neither an address nor a name with a port.
///
/// # Panics
/// If it is awaited for a name where no event loop runs.
///
/// ```
/// # eagain::run(async {
/// let addresses = eagain::net::lookup_host("localhost:80").await?;
/// assert!(addresses.iter().all(|address| address.ip().is_loopback() && address.port() == 80));
/// # std::io::Result::Ok(())
/// # })??;
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn lookup_host(host: impl ToSocketAddrs) -> impl Future<Output = io::Result<Vec<SocketAddr>>> {
    let (endpoint, at) = (host.to_endpoint(), Location::caller());
    drop(host);
    async move {
        match endpoint? {
            Endpoint::Name { host, port } => look_up(host, port, at).await,
            Endpoint::Addresses(addresses) if addresses.is_empty() => Err(no_address()),
            addresses => addresses.addresses(),
        }
    }
}

pub(super) async fn look_up(host: String, port: u16, at: Place) -> io::Result<Vec<SocketAddr>> {
    Core::must_run(at);
    let name = host.clone();
    let work = offload(move || Ok((name.as_str(), port).to_socket_addrs()?.collect()));
    let (kind, why) = match timeout(PATIENCE, work).await {
        Ok(Ok(Ok(addresses))) if !Vec::is_empty(&addresses) => return Ok(addresses),
        Ok(Ok(Ok(_))) => (io::ErrorKind::NotFound, "it has no address".to_owned()),
        Ok(Ok(Err(e))) => (io::Error::kind(&e), e.to_string()),
        Ok(Err(e)) => (io::ErrorKind::Other, e.to_string()),
        Err(_) => (io::ErrorKind::TimedOut, format!("no answer within {PATIENCE:?}")),
    };
    Err(io::Error::new(kind, format!("{host:?} could not be looked up: {why}")))
}
