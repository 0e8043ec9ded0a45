//! The other side of the loops: clients in a child process, the example's own binary started a
//! second time, so that a trace of the example shows the server only. They are plain blocking
//! code on one thread, and end when the server does, since their connections do.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{self, Command, Stdio};
use std::{env, io};

/// The argument that turns the example into its own clients.
const CLIENTS: &str = "--clients";

const CONNECTIONS: usize = 64;
/// So many of them ask to be moved.
const MOVED: usize = 8;

/// Runs the clients as a child process, to their end.
pub(crate) fn run(addr: SocketAddr) -> Result<(), Box<dyn Error>> {
    let mut command = Command::new(env::current_exe()?);
    command.args([CLIENTS, &addr.to_string()]).stdin(Stdio::null()).stdout(Stdio::piped());
    let done = command.spawn()?.wait_with_output()?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!("the clients failed: {}", String::from_utf8_lossy(&done.stdout).trim()).into())
}

/// In the child process: runs the clients, and does not return. Elsewhere it does nothing.
pub(crate) fn run_if_asked() {
    let mut args = env::args_os().skip(1);
    if args.next().is_some_and(|arg| arg == CLIENTS) {
        let addr = args.next().and_then(|addr| addr.to_str()?.parse().ok());
        let ended = addr.ok_or("no address of a server".into()).and_then(talk);
        if let Err(e) = &ended {
            // If the server is gone, there is nobody to tell.
            writeln!(io::stdout(), "{e}").unwrap_or(());
        }
        process::exit(i32::from(ended.is_err()));
    }
}

/// All are connected at the same time.
fn talk(addr: SocketAddr) -> Result<(), Box<dyn Error>> {
    let mut streams = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        streams.push(TcpStream::connect(addr)?);
    }
    streams.iter_mut().try_for_each(|stream| say(stream, "hello"))?;
    streams.iter_mut().take(MOVED).try_for_each(|stream| say(stream, "move"))?;
    streams.iter_mut().try_for_each(|stream| say(stream, "again"))
}

/// Says a word, and waits for its echo.
fn say(stream: &mut TcpStream, word: &str) -> Result<(), Box<dyn Error>> {
    let mut echo = vec![0; word.len()];
    stream.write_all(word.as_bytes())?;
    stream.read_exact(&mut echo)?;
    if echo != word.as_bytes() {
        return Err(format!("{word} came back as {:?}", String::from_utf8_lossy(&echo)).into());
    }
    Ok(())
}
