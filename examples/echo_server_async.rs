//! Sends back whatever comes: the server of `echo_server.rs`, as two async functions.
//!
//! ```text
//! echo_server_async [ADDR:PORT]  127.0.0.1:7777 unless told otherwise; port 0 is any
//! ```
//!
//! What lives across an `await` is in the task for as long as the connection lasts, so a buffer
//! must not. A connection waits until there *is* something (`readable().await`), then reads into
//! the one buffer of the loop's thread, and gives it back before it awaits anything. Only what a
//! slow reader does not take is kept. In `strace`, a request costs the same three calls:
//!
//! ```text
//! epoll_wait(3, [{events=EPOLLIN, data=0x1}], 1024, -1) = 1
//! recvfrom(6, "hello", 16384, 0, NULL, NULL) = 5
//! sendto(6, "hello", 5, MSG_NOSIGNAL, NULL, 0) = 5
//! ```

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;

use eagain::EventLoop;
use eagain::net::{TcpListener, TcpStream};

/// Where all connections read to. It is borrowed between two awaits, never across one.
type Buffer = Rc<RefCell<[u8; 16 * 1024]>>;

/// Accepts connections, and spawns a task for each.
async fn accept(listener: TcpListener) -> io::Result<()> {
    let buffer: Buffer = Rc::new(RefCell::new([0; 16 * 1024]));
    loop {
        // Out of descriptors it waits until one is closed.
        let (stream, _) = listener.accept().await?;
        eagain::spawn(echo(stream, buffer.clone())).detach();
    }
}

/// Echoes on one connection until the peer has said all.
#[expect(clippy::manual_async_fn, reason = "that would hold its arguments twice")]
fn echo(stream: TcpStream, buffer: Buffer) -> impl Future<Output = io::Result<()>> {
    async move {
        loop {
            stream.readable().await?;
            let passed = pass_on(&stream, &mut buffer.borrow_mut()[..])?;
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

/// Sends back what is there now, as far as the peer takes it.
fn pass_on(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<Passed> {
    loop {
        let n = match stream.try_read(buffer)? {
            Some(0) => return Ok(Passed::End),
            Some(n) => n,
            None => return Ok(Passed::All),
        };
        let sent = stream.try_write(&buffer[..n])?.unwrap_or(0);
        if sent < n {
            return Ok(Passed::AllBut(buffer[sent..n].into()));
        }
    }
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
