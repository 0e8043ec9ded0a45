//! Sends back whatever comes: a server as two hand-written generators.
//!
//! ```text
//! echo_server [ADDR:PORT]        127.0.0.1:7777 unless told otherwise; port 0 is any
//! ```
//!
//! One task accepts, one task echoes for each connection. A connection that has nothing to say
//! holds no buffer: all of them read into one that belongs to the loop's thread, and only what
//! a slow reader does not take is kept. In `strace`, a request costs three calls:
//!
//! ```text
//! epoll_wait(3, [{events=EPOLLIN, data=0x1}], 1024, -1) = 1
//! recvfrom(6, "hello", 16384, 0, NULL, NULL) = 5
//! sendto(6, "hello", 5, MSG_NOSIGNAL, NULL, 0) = 5
//! ```

use std::cell::RefCell;
use std::io::{self, ErrorKind::WouldBlock};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use eagain::net::{TcpListener, TcpStream};
use eagain::{Context, EventLoop, Generator, Step};

/// Where all connections read to. It is filled and emptied within one resume.
type Buffer = Rc<RefCell<[u8; 16 * 1024]>>;

/// Accepts connections, and spawns a task for each.
struct Accept {
    listener: TcpListener,
    buffer: Buffer,
}

impl Accept {
    fn advance(&mut self, cx: &mut Context<'_>) -> io::Result<Step<()>> {
        loop {
            match self.listener.try_accept() {
                Ok((stream, _)) => {
                    cx.spawn(Echo { stream, buffer: self.buffer.clone(), unsent: None }).detach();
                }
                Err(e) if e.kind() == WouldBlock => {
                    return Ok(Step::Yield(cx.readable(&self.listener)?));
                }
                // The connection still queues, so asking again at once would spin.
                Err(e) if eagain::is_fd_exhaustion(&e) => {
                    return Ok(Step::Yield(cx.descriptor_closed(Duration::from_millis(100))));
                }
                Err(e) => return Err(e),
            }
        }
    }
}

impl Generator for Accept {
    type Return = io::Result<()>;

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<io::Result<()>> {
        Step::from_result(self.advance(cx))
    }

    fn state(&self) -> &'static str {
        "accepting"
    }
}

/// Echoes on one connection until the peer has said all.
struct Echo {
    stream: TcpStream,
    buffer: Buffer,
    /// What the peer has not taken yet. Until it has, nothing more is read from it.
    unsent: Option<Box<Unsent>>,
}

struct Unsent {
    bytes: Vec<u8>,
    sent: usize,
}

impl Echo {
    fn advance(&mut self, cx: &mut Context<'_>) -> io::Result<Step<()>> {
        loop {
            let answer = match &mut self.unsent {
                Some(unsent) => {
                    let answer = self.stream.try_write(&unsent.bytes[unsent.sent..]);
                    unsent.sent += answer.as_ref().unwrap_or(&0);
                    if unsent.sent == unsent.bytes.len() {
                        self.unsent = None;
                    }
                    answer
                }
                None => self.echo(),
            };
            match answer {
                Ok(0) => return Ok(Step::Return(())),
                Ok(_) => {}
                Err(e) if e.kind() == WouldBlock && self.unsent.is_some() => {
                    return Ok(Step::Yield(cx.writable(&self.stream)?));
                }
                Err(e) if e.kind() == WouldBlock => {
                    return Ok(Step::Yield(cx.readable(&self.stream)?));
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// Reads once and sends that back; what is not taken is kept. Tells how much was read.
    fn echo(&mut self) -> io::Result<usize> {
        let mut buffer = self.buffer.borrow_mut();
        let n = self.stream.try_read(&mut buffer[..])?;
        let sent = match self.stream.try_write(&buffer[..n]) {
            Err(e) if e.kind() == WouldBlock => 0,
            answer => answer?,
        };
        if sent < n {
            self.unsent = Some(Box::new(Unsent { bytes: buffer[sent..n].to_vec(), sent: 0 }));
        }
        Ok(n)
    }
}

impl Generator for Echo {
    type Return = io::Result<()>;

    fn resume(&mut self, cx: &mut Context<'_>) -> Step<io::Result<()>> {
        Step::from_result(self.advance(cx))
    }

    fn state(&self) -> &'static str {
        if self.unsent.is_some() { "sending" } else { "reading" }
    }
}

fn serve(addr: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(addr)?;
    listener.set_nodelay(true)?;
    println!("listening on {}", listener.local_addr()?);
    let mut event_loop = EventLoop::builder().from_env()?.build()?;
    let buffer = Rc::new(RefCell::new([0; 16 * 1024]));
    let accept = event_loop.spawn(Accept { listener, buffer });
    event_loop.run()?;
    accept.take().map_or(Ok(()), |end| end.unwrap_or_else(|e| Err(io::Error::other(e.to_string()))))
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let addr = match args.as_slice() {
        [] => "127.0.0.1:7777".to_owned(),
        [help] if help == "--help" || help == "-h" => {
            println!(
                "usage: echo_server [ADDR:PORT]\nechoes on TCP; 127.0.0.1:7777 unless told otherwise, port 0 is any"
            );
            return ExitCode::SUCCESS;
        }
        [addr] => addr.clone(),
        _ => {
            eprintln!("echo_server: one address at most; see --help");
            return ExitCode::from(2);
        }
    };
    let Ok(addr) = addr.parse() else {
        eprintln!("echo_server: {addr:?} is not an address like 127.0.0.1:7777 or [::1]:7777");
        return ExitCode::from(2);
    };
    match serve(addr) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("echo_server: {addr}: {e}");
            ExitCode::FAILURE
        }
    }
}
