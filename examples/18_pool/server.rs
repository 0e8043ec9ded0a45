//! The other side of the pool: a server that takes its time for each answer.
//!
//! It runs in a child process, the example's own binary started a second time, so that a trace of
//! the example shows one side of the conversation only. Inside it is plain blocking code with a
//! thread per connection. It ends when its standard input does, and that is a pipe which only the
//! parent holds.
//!
//! A request is a line and so is an answer: `ping` is answered at once, anything else after a
//! while. The second connection is not answered any more once it has had one answer: servers do
//! such things, and nobody is told until he asks.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{self, Child, Command, Stdio};
use std::time::Duration;
use std::{env, thread};

/// The argument that turns the example into its own server.
const SERVE: &str = "--serve";

/// A running server. Dropping it ends the child process and waits for that.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Closes the child's standard input first, which is what ends it.
        if let Err(e) = self.child.wait() {
            eprintln!("cannot wait for the server: {e}");
        }
    }
}

/// Starts the server as a child process. `delay` is how long an answer takes.
pub(crate) fn start(delay: Duration) -> io::Result<Server> {
    let mut child = Command::new(env::current_exe()?)
        .args([SERVE, &delay.as_millis().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut port = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut port)?;
    }
    let port = port.trim().parse().map_err(|_| io::Error::other("the server has no port"))?;
    Ok(Server { addr: (Ipv4Addr::LOCALHOST, port).into(), child })
}

/// In the child process: serves, and does not return. Elsewhere it does nothing.
pub(crate) fn run_if_asked() {
    let mut args = env::args_os().skip(1);
    if args.next().is_some_and(|arg| arg == SERVE) {
        let delay = args.next().and_then(|ms| ms.to_str()?.parse().ok()).unwrap_or_default();
        if let Err(e) = serve(Duration::from_millis(delay)) {
            eprintln!("the server failed: {e}");
            process::exit(1);
        }
        process::exit(0);
    }
}

fn serve(delay: Duration) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    writeln!(io::stdout(), "{}", listener.local_addr()?.port())?;
    thread::Builder::new().spawn(move || {
        for (n, stream) in (1..).zip(listener.incoming()) {
            // What goes wrong with a connection is its client's concern, and shows there.
            let answering =
                stream.and_then(|s| thread::Builder::new().spawn(move || answer(&s, n, delay)));
            drop(answering);
        }
    })?;
    // Nothing ever comes in here but the end.
    io::copy(&mut io::stdin(), &mut io::sink()).map(drop)
}

fn answer(mut stream: &TcpStream, n: u32, delay: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    for line in BufReader::new(stream).lines() {
        if line? == "ping" {
            stream.write_all(b"pong\n")?;
            continue;
        }
        thread::sleep(delay);
        stream.write_all(b"done\n")?;
        if n == 2 {
            stream.shutdown(Shutdown::Write)?;
            // So that the next request is not answered by a reset.
            return io::copy(&mut stream, &mut io::sink()).map(drop);
        }
    }
    Ok(())
}
