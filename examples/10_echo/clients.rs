//! The other side of the echo: three clients that chat, and one that does not read.
//!
//! They run in a child process, the example's own binary started a second time, so that a trace of
//! the example shows the server only. Inside it is plain blocking code with threads. It ends when
//! the server does, since its connections do.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::process::{self, Child, Command, Stdio};
use std::time::Duration;
use std::{env, thread};

use eagain_sys::socket;

/// The argument that turns the example into its own clients.
const CLIENTS: &str = "--clients";

/// Starts the clients as a child process.
pub(crate) fn start(addr: SocketAddr) -> io::Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    command.args([CLIENTS, &addr.to_string()]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()
}

/// In the child process: runs the clients, and does not return. Elsewhere it does nothing.
pub(crate) fn run_if_asked() {
    let mut args = env::args_os().skip(1);
    if args.next().is_some_and(|arg| arg == CLIENTS) {
        let addr = args.next().and_then(|addr| addr.to_str()?.parse().ok());
        let ended = addr.ok_or("no address of a server".into()).and_then(run);
        if let Err(e) = &ended {
            // If the server is gone, there is nobody to tell, and nothing to be told.
            writeln!(io::stdout(), "the clients failed: {e}").ok();
        }
        process::exit(i32::from(ended.is_err()));
    }
}

fn run(addr: SocketAddr) -> Result<(), Box<dyn Error>> {
    let mut quick = Vec::new();
    for _ in 0..3 {
        quick.push(TcpStream::connect(addr)?);
    }
    let slow = socket::blocking_tcp(&addr)?;
    socket::set_receive_buffer(slow.as_fd(), 4096)?;
    socket::connect(slow.as_fd(), &addr)?;
    let slow = TcpStream::from(slow);
    thread::sleep(Duration::from_millis(50));

    thread::scope(|scope| {
        let sending = scope.spawn(|| {
            let sent = (&slow).write_all(&[b'x'; 32768]);
            // Either way: the one that reads waits for the end.
            slow.shutdown(Shutdown::Write).and(sent)
        });
        let chatting = scope.spawn(|| chat(quick));
        let reading = scope.spawn(|| read_slowly(&slow));
        for client in [sending, chatting, reading] {
            client.join().map_err(|_| "a client panicked")??;
        }
        Ok(())
    })
}

/// Each says three things, and waits for their echoes.
fn chat(mut streams: Vec<TcpStream>) -> io::Result<()> {
    for word in ["one", "two", "six"] {
        streams.iter_mut().try_for_each(|stream| stream.write_all(word.as_bytes()))?;
        streams.iter_mut().try_for_each(|stream| stream.read_exact(&mut [0; 3]))?;
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Lets everything lie for a while.
fn read_slowly(mut stream: &TcpStream) -> io::Result<()> {
    let (mut piece, mut bytes) = ([0; 8192], 0);
    loop {
        thread::sleep(Duration::from_millis(10));
        match stream.read(&mut piece)? {
            0 => return writeln!(io::stdout(), "the slow client had {bytes} bytes back"),
            n => bytes += n,
        }
    }
}
