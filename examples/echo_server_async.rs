//! Sends back whatever comes: the server of `echo_server.rs`, as two async functions.
//!
//! ```text
//! echo_server_async [ADDR:PORT]  127.0.0.1:7777 unless told otherwise; port 0 is any
//! ```
//!
//! What lives across an `await` is in the task for as long as the connection lasts, so a buffer
//! must not. A connection waits until there *is* something, which `read_with` then lends it in the
//! loop's own buffer, until it awaits again. Only what a slow reader does not take is kept. In
//! `strace`, a request costs the same three calls:
//!
//! ```text
//! epoll_wait(3, [{events=EPOLLIN, data=0x1}], 1024, -1) = 1
//! recvfrom(6, "hello", 16384, 0, NULL, NULL) = 5
//! sendto(6, "hello", 5, MSG_NOSIGNAL, NULL, 0) = 5
//! ```

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use eagain::EventLoop;
use eagain::net::{TcpListener, TcpStream};

/// Accepts connections, and spawns a task for each.
async fn accept(listener: TcpListener) -> io::Result<()> {
    loop {
        // Out of descriptors it waits until one is closed.
        let (stream, _) = listener.accept().await?;
        eagain::spawn(echo(stream)).detach();
    }
}

/// Echoes on one connection until the peer has said all.
#[expect(clippy::manual_async_fn, reason = "that would hold its arguments twice")]
fn echo(stream: TcpStream) -> impl Future<Output = io::Result<()>> {
    async move {
        loop {
            // Not in the `match` itself: what was awaited would live as long as that.
            let passed = stream.read_with(|bytes| pass_on(&stream, bytes)).await??;
            match passed {
                Passed::All => {}
                // Until the peer has taken this, nothing more is read from it. Boxed, since the
                // task is as large as the largest future that it awaits.
                Passed::AllBut(rest) => Box::pin(send(&stream, rest)).await?,
                Passed::End => return Ok(()),
            }
        }
    }
}

enum Passed {
    All,
    AllBut(Box<[u8]>),
    End,
}

/// Sends back what has come, as far as the peer takes it.
fn pass_on(stream: &TcpStream, bytes: &[u8]) -> io::Result<Passed> {
    if bytes.is_empty() {
        return Ok(Passed::End);
    }
    let sent = stream.try_write(bytes)?.unwrap_or(0);
    Ok(if sent < bytes.len() { Passed::AllBut(bytes[sent..].into()) } else { Passed::All })
}

async fn send(stream: &TcpStream, bytes: Box<[u8]>) -> io::Result<()> {
    stream.write_all(&bytes).await
}

fn serve(addr: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(addr)?;
    listener.set_nodelay(true)?;
    println!("listening on {}", listener.local_addr()?);
    EventLoop::builder().from_env()?.build()?.block_on(accept(listener))?
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let addr = match args.as_slice() {
        [] => "127.0.0.1:7777".to_owned(),
        [help] if help == "--help" || help == "-h" => {
            println!(
                "usage: echo_server_async [ADDR:PORT]\nechoes on TCP; 127.0.0.1:7777 unless told otherwise, port 0 is any"
            );
            return ExitCode::SUCCESS;
        }
        [addr] => addr.clone(),
        _ => {
            eprintln!("echo_server_async: one address at most; see --help");
            return ExitCode::from(2);
        }
    };
    let Ok(addr) = addr.parse() else {
        eprintln!(
            "echo_server_async: {addr:?} is not an address like 127.0.0.1:7777 or [::1]:7777"
        );
        return ExitCode::from(2);
    };
    match serve(addr) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("echo_server_async: {addr}: {e}");
            ExitCode::FAILURE
        }
    }
}
