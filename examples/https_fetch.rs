//! Fetches pages over TLS, all at once: `rustls` between our connection and `hyper`.
//!
//! TLS is a stream over a stream. `futures-rustls` takes anything that the crates around
//! `futures` can read and write, and is that itself; hyper takes either. So the three know nothing
//! of each other, and all of them run in the task that awaits them.
//!
//! ```text
//! cargo run --release --features hyper --example https_fetch [https://HOST[:PORT][/PATH]...]
//! ```
//!
//! Without a URL, a child process serves pages under a certificate that it makes for itself. With
//! one, the certificates that the system trusts are trusted.

#[path = "pages/command_line.rs"]
mod command_line;
#[path = "https_fetch/peer.rs"]
mod peer;

use std::error::Error;
use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eagain::EventLoop;
use eagain::hyper::Io;
use eagain::net::TcpStream;
use eagain::time::timeout;
use futures_rustls::TlsConnector;
use futures_rustls::pki_types::ServerName;
use futures_rustls::rustls::{ClientConfig, RootCertStore};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, Uri};

const ABOUT: &str = "\
Fetches all pages over TLS at once, and prints what each took. Without a URL, a child process serves
three.";

/// For one page, from looking up its host to its last byte.
const PATIENCE: Duration = Duration::from_secs(10);

type Failure = Box<dyn Error>;

fn main() -> ExitCode {
    peer::serve_if_asked();
    let named = command_line::arguments("[https://HOST[:PORT][/PATH]...]", ABOUT);
    let parse = |text: &String| parse(text).unwrap_or_else(|e| command_line::refuse(&e));
    command_line::finish(fetch_all(named.iter().map(parse).collect()))
}

fn parse(text: &str) -> Result<Uri, String> {
    let is_https = |uri: &Uri| uri.scheme_str() == Some("https") && uri.host().is_some();
    let uri = text.parse().ok().filter(is_https);
    uri.ok_or_else(|| format!("{text:?} is not a URL like https://example.com/"))
}

fn fetch_all(mut urls: Vec<Uri>) -> Result<(), Failure> {
    let mut roots = RootCertStore::empty();
    let _peer = if urls.is_empty() {
        let peer = peer::start()?;
        roots.add(peer.certificate()?)?;
        urls = (1..=3).map(|n| parse(&peer.url(n))).collect::<Result<_, _>>()?;
        Some(peer)
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        None
    };
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let tls = TlsConnector::from(Arc::new(config));

    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    let fetches = urls.into_iter().map(|url| {
        let tls = tls.clone();
        async move {
            let page = timeout(PATIENCE, fetch(&url, &tls)).await;
            let page = page.map_err(Failure::from).and_then(|page| page);
            page.map_err(|e| format!("{url}: {e}"))
        }
    });
    event_loop.block_on(eagain::future::try_join_all(fetches))??;
    Ok(())
}

async fn fetch(url: &Uri, tls: &TlsConnector) -> Result<(), Failure> {
    let began = Instant::now();
    let host = url.host().unwrap_or_default().to_owned();
    let stream = TcpStream::connect(resolve(host.clone(), url.port_u16().unwrap_or(443)).await?);
    let stream = tls.connect(ServerName::try_from(host.clone())?, stream.await?).await?;
    let protocol = stream.get_ref().1.protocol_version();
    let handshake = began.elapsed();

    let (mut sender, connection) = http1::handshake(Io::new(stream)).await?;
    // What moves the bytes; it ends with the sender.
    let connection = eagain::spawn(connection);
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path).header("host", host).body(Empty::<Bytes>::new())?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    drop(sender);
    connection.await??;

    let (handshake, all) = (handshake.as_millis(), began.elapsed().as_millis());
    let tls = protocol.and_then(|protocol| protocol.as_str()).unwrap_or("TLS");
    let bytes = body.len();
    writeln!(
        io::stdout(),
        "{url}: {status}, {bytes} bytes; {tls} after {handshake} ms, all {all} ms"
    )?;
    Ok(())
}

/// Looking a name up blocks, so a thread does it.
async fn resolve(host: String, port: u16) -> Result<SocketAddr, Failure> {
    let addresses = eagain::offload(move || (host.as_str(), port).to_socket_addrs()).await??;
    addresses.into_iter().next().ok_or("the name has no address".into())
}
