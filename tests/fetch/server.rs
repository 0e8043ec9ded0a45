//! Servers that do as they please.

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use eagain_sys::socket;

/// A server with a thread for each connection. It ends with the tests.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
}

impl Server {
    /// On a port of the loopback; each request is read, and answered like this.
    pub(crate) fn start(
        answer: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Server {
        Server::listen((Ipv4Addr::LOCALHOST, 0).into(), move |stream| {
            read_request(&stream)?;
            answer(stream)
        })
    }

    /// On this address; each connection is served like this. It may end by an error: of what the
    /// other side makes of it, its own rows tell.
    pub(crate) fn listen(
        addr: SocketAddr,
        serve: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind(addr).expect("a port is free");
        let addr = listener.local_addr().expect("a listener has an address");
        let serve = Arc::new(serve);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serve = serve.clone();
                thread::spawn(move || serve(stream));
            }
        });
        Server { addr }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }
}

/// Reads up to the empty line.
pub(crate) fn read_request(mut stream: &TcpStream) -> io::Result<String> {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&request).into_owned())
}

/// Returns when the other side has closed, in whatever way.
pub(crate) fn wait_for_end(mut stream: &TcpStream) {
    io::copy(&mut stream, &mut io::sink()).ok();
}

/// Breaks the connection off.
pub(crate) fn hang_up(stream: TcpStream) -> io::Result<()> {
    Ok(socket::set_linger(stream.as_fd(), Some(Duration::ZERO))?)
}

/// The URL of a port where nobody listens, and what keeps everybody else from listening there.
pub(crate) fn refusing() -> (OwnedFd, String) {
    let any = (Ipv4Addr::LOCALHOST, 0).into();
    let bound = socket::tcp(&any).expect("a socket can be made");
    socket::bind(bound.as_fd(), &any).expect("a port is free");
    let addr = socket::local(bound.as_fd()).expect("it has an address");
    (bound, format!("http://{addr}/"))
}
