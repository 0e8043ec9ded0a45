//! The other side, in a child process: pages over TLS, under a certificate made for the occasion.
//!
//! The child prints its port and its certificate, and ends when its standard input does: however
//! the parent ends, the kernel closes that pipe.

use std::convert::Infallible;
use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::process::{self, Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use std::{env, thread};

use eagain::hyper::Io;
use eagain::net::{TcpListener, TcpStream};
use eagain::time::sleep;
use futures_rustls::TlsAcceptor;
use futures_rustls::pki_types::pem::PemObject;
use futures_rustls::pki_types::{CertificateDer, PrivateKeyDer};
use futures_rustls::rustls::ServerConfig;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};

/// The argument that turns the example into its own peer.
const SERVE: &str = "--serve-pages";

/// How long a page takes.
const DELAY: Duration = Duration::from_millis(200);

/// A running peer. Dropping it ends the child process and waits for that.
pub(crate) struct Peer {
    child: Child,
    port: u16,
    /// As text (PEM).
    certificate: String,
}

impl Peer {
    pub(crate) fn url(&self, n: usize) -> String {
        format!("https://localhost:{}/page/{n}", self.port)
    }

    pub(crate) fn certificate(&self) -> Result<CertificateDer<'static>, Box<dyn Error>> {
        Ok(CertificateDer::from_pem_slice(self.certificate.as_bytes())?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Closes the child's standard input first, which is what ends it.
        if let Err(e) = self.child.wait() {
            eprintln!("cannot wait for the page server: {e}");
        }
    }
}

pub(crate) fn start() -> Result<Peer, Box<dyn Error>> {
    let mut child = Command::new(env::current_exe()?)
        .arg(SERVE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let port = lines.next().ok_or("the page server has no port")??.parse()?;
    let mut certificate = String::new();
    for line in lines {
        let line = line?;
        certificate.extend([line.as_str(), "\n"]);
        if line.starts_with("-----END") {
            break;
        }
    }
    Ok(Peer { child, port, certificate })
}

/// In the child process: serves pages, and does not return. Elsewhere it does nothing.
pub(crate) fn serve_if_asked() {
    if env::args_os().nth(1).is_some_and(|argument| argument == SERVE) {
        thread::spawn(|| {
            // Nothing ever comes in here but the end.
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            process::exit(0)
        });
        if let Err(e) = serve() {
            eprintln!("the page server failed: {e}");
        }
        process::exit(1);
    }
}

fn serve() -> Result<(), Box<dyn Error>> {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der())?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)?;
    let tls = TlsAcceptor::from(Arc::new(config));

    eagain::run(async move {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        write!(io::stdout(), "{}\n{}", listener.local_addr()?.port(), own.cert.pem())?;
        loop {
            let (stream, _) = listener.accept().await?;
            eagain::spawn(connection(tls.clone(), stream)).detach();
        }
    })?
}

/// A fetcher that leaves early is no concern of its server.
async fn connection(tls: TlsAcceptor, stream: TcpStream) {
    let page = service_fn(|request: Request<_>| async move {
        sleep(DELAY).await;
        Ok::<_, Infallible>(Response::new(format!("this is {}\n", request.uri().path())))
    });
    if let Ok(stream) = tls.accept(stream).await {
        let _ = http1::Builder::new().serve_connection(Io::new(stream), page).await;
    }
}
