//! An upstream that does what a test says with each of its connections.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub(crate) const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

pub(crate) struct Upstream {
    pub(crate) addr: SocketAddr,
    accepted: Arc<AtomicUsize>,
}

/// A connection, as the upstream sees it.
pub(crate) struct Wire {
    pub(crate) stream: BufReader<TcpStream>,
}

impl Upstream {
    /// It ends with the test.
    pub(crate) fn start(serve: impl Fn(Wire) + Send + Sync + 'static) -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("its address");
        let accepted = Arc::new(AtomicUsize::new(0));
        let (counted, serve) = (accepted.clone(), Arc::new(serve));
        thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                let wire = Wire { stream: BufReader::new(stream.expect("a connection")) };
                let serve = serve.clone();
                thread::spawn(move || serve(wire));
            }
        });
        Upstream { addr, accepted }
    }

    /// Answers every request with this.
    pub(crate) fn saying(answer: &'static str) -> Upstream {
        Upstream::start(move |mut wire| {
            while wire.head().is_some() {
                wire.say(answer);
            }
        })
    }

    /// How many connections were made to it.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Wire {
    /// A request's head, with the empty line; `None` at the end.
    pub(crate) fn head(&mut self) -> Option<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        Some(head)
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a line");
        line
    }

    /// So much of a body.
    pub(crate) fn body(&mut self, length: usize) -> Option<Vec<u8>> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        Some(body)
    }

    /// If the gateway does not want it, that is a matter of the test's other end.
    pub(crate) fn say(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.get_mut().write_all(bytes.as_ref());
    }
}
