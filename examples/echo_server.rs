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
use std::io;
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
                Ok(Some((stream, _))) => {
                    cx.spawn(Echo { stream, buffer: self.buffer.clone(), unsent: None }).detach();
                }
                Ok(None) => return Ok(Step::Yield(cx.readable(&self.listener)?)),
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
        let Echo { stream, buffer, unsent } = self;
        let mut buffer = buffer.borrow_mut();
        loop {
            if let Some(rest) = unsent {
                if rest.send(stream)?.is_none() {
                    return Ok(Step::Yield(cx.writable(stream)?));
                }
                *unsent = None;
            }
            let n = match stream.try_read(&mut buffer[..])? {
                Some(0) => return Ok(Step::Return(())),
                Some(n) => n,
                None => return Ok(Step::Yield(cx.readable(stream)?)),
            };
            let sent = stream.try_write(&buffer[..n])?.unwrap_or(0);
            if sent < n {
                *unsent = Some(Box::new(Unsent { bytes: buffer[sent..n].to_vec(), sent: 0 }));
            }
        }
    }
}

impl Unsent {
    /// Sends on. `None` if the peer has still not taken all of it.
    fn send(&mut self, stream: &TcpStream) -> io::Result<Option<()>> {
        while self.sent < self.bytes.len() {
            match stream.try_write(&self.bytes[self.sent..])? {
                Some(n) => self.sent += n,
                None => return Ok(None),
            }
        }
        Ok(Some(()))
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
