//! The echo server in its child process: the example's own binary, started a second time, so that
//! each side has its own descriptors, and its own memory to be measured.

use std::env;
use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsFd;
use std::process::{self, Child, Command, Stdio};

use eagain::net::{TcpListener, TcpStream};
use eagain::{EventLoop, Source};

use crate::limits::allow;

/// The argument that turns the example into its own server.
const SERVE: &str = "--serve";

const BACKLOG: u32 = 4096;

pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts a server for so many connections.
    pub(crate) fn start(n: usize) -> io::Result<Server> {
        let mut child = Command::new(env::current_exe()?)
            .args([SERVE, &n.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let addr = line.trim().parse().map_err(|_| io::Error::other("it does not say where"))?;
        Ok(Server { addr, child })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has closed all of its connections.
    pub(crate) fn end(mut self) -> io::Result<()> {
        let status = self.child.wait()?; // closes its standard input first
        if status.success() {
            Ok(())
        } else {
            Err(io::Error::other(format!("the server: {status}")))
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It has been waited for, mostly.
        let _ = self.child.wait();
    }
}

/// In the child process: serves, and does not return. Elsewhere it does nothing.
pub(crate) fn run_if_asked() {
    let mut args = env::args().skip(1);
    if args.next().as_deref() == Some(SERVE) {
        let n = args.next().and_then(|n| n.parse().ok()).unwrap_or(1);
        if let Err(e) = serve(n) {
            eprintln!("the server failed: {e}");
            process::exit(1);
        }
        process::exit(0);
    }
}

fn serve(n: usize) -> Result<(), Box<dyn Error>> {
    allow(n)?;
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    let listener =
        TcpListener::builder().backlog(BACKLOG).nodelay(true).bind((Ipv4Addr::LOCALHOST, 0))?;
    writeln!(io::stdout(), "{}", listener.local_addr()?)?;
    // Nothing ever comes in here but the end.
    let stdin = Source::new(io::stdin().as_fd().try_clone_to_owned()?)?;
    event_loop.block_on(async {
        let mut nothing = [0];
        eagain::select! {
            ended = accept(&listener) => ended,
            end = stdin.read(&mut nothing) => end.map(drop),
        }
    })??;
    Ok(())
}

async fn accept(listener: &TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        eagain::spawn(echo(stream)).detach();
    }
}

/// What goes wrong on a connection is its client's concern, and shows there.
async fn echo(stream: TcpStream) {
    while let Ok(true) = once(&stream).await {}
}

/// Sends back what comes, without memory of its own while nothing does.
async fn once(stream: &TcpStream) -> io::Result<bool> {
    let unsent = stream
        .read_with(|bytes| {
            let sent = match bytes {
                [] => return Ok(None),
                bytes => stream.try_write(bytes)?.unwrap_or(0),
            };
            io::Result::Ok(Some(bytes[sent..].to_vec()))
        })
        .await??;
    let Some(unsent) = unsent else { return Ok(false) };
    stream.write_all(&unsent).await?;
    Ok(true)
}
