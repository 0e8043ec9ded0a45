//! A server made of `hyper` 1: HTTP/1 by a crate that knows it all, on our loop.
//!
//! hyper brings no loop of its own. It is handed connections to read and write
//! ([`Io`](eagain::hyper::Io)), a timer, and a function that answers; the rest is what
//! `echo_server_async` does: accept, spawn, serve. Nothing here is `Send`: all connections count
//! in one `Cell`.
//!
//! ```text
//! cargo run --release --features hyper --example hyper_server [ADDR:PORT]
//! curl -v http://127.0.0.1:8080/
//! ```

#[path = "pages/command_line.rs"]
mod command_line;

use std::cell::Cell;
use std::convert::Infallible;
use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use eagain::EventLoop;
use eagain::hyper::{Io, Timer};
use eagain::net::{TcpListener, TcpStream};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};

const ABOUT: &str = "\
Answers GET / with `Hello, World!`, GET /count with how many requests there were, and anything else
with 404. 127.0.0.1:8080 unless told otherwise; port 0 is any.";

/// How long a connection may take for the head of a request, and so how long it may be idle.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let addr = match command_line::arguments("[ADDR:PORT]", ABOUT).as_slice() {
        [] => "127.0.0.1:8080".to_owned(),
        [addr] => addr.clone(),
        _ => command_line::refuse("one address at most (see --help)"),
    };
    let Ok(addr) = addr.parse() else {
        command_line::refuse(&format!("{addr:?} is not an address like 127.0.0.1:8080"))
    };
    command_line::finish(serve(addr))
}

fn serve(addr: SocketAddr) -> Result<(), Box<dyn Error>> {
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    event_loop.block_on(async {
        let listener = TcpListener::bind(addr).map_err(|e| format!("{addr}: {e}"))?;
        writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;
        let count = Rc::new(Cell::new(0));
        loop {
            let (stream, _) = listener.accept().await?;
            eagain::spawn(connection(stream, count.clone())).detach();
        }
    })?
}

/// A client that breaks off, is slow or speaks another language is no concern of the others.
async fn connection(stream: TcpStream, count: Rc<Cell<u64>>) {
    let answer = service_fn(move |request| {
        count.set(count.get() + 1);
        let answer = answer(&request, count.get());
        async { Ok::<_, Infallible>(answer) }
    });
    let mut http = http1::Builder::new();
    http.timer(Timer).header_read_timeout(PATIENCE);
    let _ = http.serve_connection(Io::new(stream), answer).await;
}

fn answer(request: &Request<Incoming>, count: u64) -> Response<String> {
    match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/") => Response::new("Hello, World!".to_owned()),
        (&Method::GET | &Method::HEAD, "/count") => Response::new(format!("{count}\n")),
        _ => {
            let mut answer = Response::new("nothing here\n".to_owned());
            *answer.status_mut() = StatusCode::NOT_FOUND;
            answer
        }
    }
}
