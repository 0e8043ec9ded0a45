//! The fetch of step 12, for what is made of it.

use std::io;
use std::net::SocketAddr;

use eagain::net::TcpStream;

use crate::pages::{Response, Url};

/// Fetches a page, and answers the length of its body.
///
/// Cancel-safe: dropped, it closes its connection, and that is all there is to undo.
pub(crate) async fn fetch(url: &Url, addr: SocketAddr) -> io::Result<usize> {
    let refused = |e: io::Error| io::Error::new(e.kind(), format!("{url}: {e}"));
    let stream = TcpStream::connect(addr).await.map_err(refused)?;
    stream.write_all(url.request().as_bytes()).await?;
    let mut page = Vec::new();
    stream.read_to_end(&mut page).await?;
    match Response::parse(&page) {
        Ok(Response { status, body }) if status.starts_with('2') => Ok(body.len()),
        Ok(Response { status, .. }) => Err(io::Error::other(format!("{url}: {status}"))),
        Err(e) => Err(io::Error::other(format!("{url}: {e}"))),
    }
}
