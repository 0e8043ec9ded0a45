//! A chat: people, rooms, lines.
//!
//! ```text
//! cargo run --release --example chat [ADDR:PORT]
//! nc 127.0.0.1 7000
//! telnet 127.0.0.1 7000
//! ```
//!
//! | a line | what it does |
//! |---|---|
//! | `/nick NAME` | another name: up to 24 letters, digits, `-` and `_`, and nobody else's |
//! | `/join ROOM` | goes to another room, which is there as long as somebody is; all begin in `lobby` |
//! | `/who` | who is in this room |
//! | `/rooms` | which rooms there are, and how many are in each |
//! | `/help`, `/quit` | |
//! | any other | is told to the others in the room |
//!
//! **Nobody waits for a slow reader.** A line is put into a queue for each member of the room, and
//! each member has a task that sends from it. Whoever leaves 256 lines unread there, beside the 64 KiB
//! that the kernel keeps, is dropped, and the room is told so. Lines are shared, not copied: a queue
//! holds pointers.
//!
//! **Nobody is flooded**, or a fast talker would make slow readers of all others: after 100 lines at
//! once a member is heard 100 times a second, and what he says beyond that waits in his own socket.
//!
//! A line has up to 1,000 bytes; what is longer is cut there. What is no UTF-8 is replaced, control
//! characters (which could take over the others' terminals) are left out, and so is what `telnet` says
//! to `telnet`. SIGTERM and Ctrl-C end it, with a goodbye to everybody.
//!
//! | file | what |
//! |---|---|
//! | `hall` | who is here, in which room; who is told what |
//! | `member` | a connection: its lines in, its queue out |
//! | `command` | what a line asks for |
//! | `lines` | from bytes to lines |
//! | `pace` | how fast one may talk |
//!
//! A line from 6 to 7 and 8, in strace:
//!
//! ```text
//! recvfrom(6, "hello\n", 16384, 0, NULL, NULL) = 6
//! sendto(7, "<guest1> hello\n", 15, MSG_NOSIGNAL, NULL, 0) = 15
//! sendto(8, "<guest1> hello\n", 15, MSG_NOSIGNAL, NULL, 0) = 15
//! ```

#[path = "chat/command.rs"]
mod command;
#[path = "pages/command_line.rs"]
mod command_line;
#[path = "chat/hall.rs"]
mod hall;
#[path = "chat/lines.rs"]
mod lines;
#[path = "chat/member.rs"]
mod member;
#[path = "chat/pace.rs"]
mod pace;

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;

use eagain::EventLoop;
use eagain::net::TcpListener;
use eagain::signal::{SignalKind, signal};
use eagain::time::timeout;
use hall::Hall;

const ABOUT: &str = "\
A chat with rooms, for nc and telnet. 127.0.0.1:7000 unless told otherwise; port 0 is any.
SIGTERM and Ctrl-C end it.";

/// `SO_SNDBUF`; the kernel takes it twice. What it holds for somebody who does not read is the
/// lesser part of the backlog.
const SEND_BUFFER: usize = 32 * 1024;

fn main() -> ExitCode {
    let addr = match command_line::arguments("[ADDR:PORT]", ABOUT).as_slice() {
        [] => "127.0.0.1:7000".to_owned(),
        [addr] => addr.clone(),
        _ => command_line::refuse("one address at most (see --help)"),
    };
    let Ok(addr) = addr.parse() else {
        command_line::refuse(&format!("{addr:?} is not an address like 127.0.0.1:7000"))
    };
    command_line::finish(run(addr))
}

fn run(addr: SocketAddr) -> Result<(), Box<dyn Error>> {
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    event_loop.block_on(serve(addr))?
}

async fn serve(addr: SocketAddr) -> Result<(), Box<dyn Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener = TcpListener::builder().nodelay(true).send_buffer_size(SEND_BUFFER).bind(addr);
    let listener = listener.map_err(|e| format!("{addr}: {e}"))?;
    writeln!(io::stdout(), "listening on {}", listener.local_addr()?)?;

    let hall = Rc::new(Hall::default());
    eagain::select! {
        ended = accept(&listener, &hall) => return Ok(ended?),
        asked = terminate.recv() => asked?,
        asked = interrupt.recv() => asked?,
    }
    // Nobody hears a second one: it ends the program at once.
    drop((terminate, interrupt));
    drop(listener);
    writeln!(io::stdout(), "saying goodbye to {}", hall.count())?;
    hall.end();
    // Whoever does not take the goodbye goes without.
    let _ = timeout(member::FAREWELL, hall.empty()).await;
    Ok(())
}

async fn accept(listener: &TcpListener, hall: &Rc<Hall>) -> io::Result<()> {
    loop {
        // Out of descriptors it waits until one is closed.
        let (stream, _) = listener.accept().await?;
        eagain::spawn(member::attend(stream, hall.clone())).detach();
    }
}
