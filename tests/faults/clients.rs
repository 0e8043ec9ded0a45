//! Clients that know what has to come back.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

/// A bound on failures, not on speed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a client sends, and hears.
pub(crate) trait Client: Sync {
    /// What the client of this number sends.
    fn sends(&self, number: u8) -> Vec<u8>;
    /// Whether this is all that has to come back, true, or the beginning of it, false.
    ///
    /// # Panics
    ///
    /// If it is neither.
    fn is_all(&self, number: u8, received: &[u8]) -> bool;
}

/// Has all it sent sent back.
pub(crate) struct Echo;

impl Client for Echo {
    fn sends(&self, number: u8) -> Vec<u8> {
        // More than one read takes, and no two pieces of it alike.
        let mut state = u32::from(number) + 1;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..100_000).map(next).collect()
    }

    fn is_all(&self, number: u8, received: &[u8]) -> bool {
        let sent = self.sends(number);
        assert!(sent.starts_with(received), "after {} bytes, others", common(&sent, received));
        sent.len() == received.len()
    }
}

fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// Sends many requests in one piece.
pub(crate) struct Http;

impl Http {
    const REQUESTS: usize = 200;
}

impl Client for Http {
    fn sends(&self, _number: u8) -> Vec<u8> {
        let request = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";
        let last = "GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n";
        (request.repeat(Http::REQUESTS - 1) + last).into_bytes()
    }

    fn is_all(&self, _number: u8, received: &[u8]) -> bool {
        let received = std::str::from_utf8(received).expect("text");
        // What an answer has beside these is the date and, the last one, the farewell.
        let telling =
            |line: &&str| !line.starts_with("Date: ") && !line.starts_with("Connection: ");
        let expected = ["HTTP/1.1 200 OK", "Content-Type: text/plain", "Content-Length: 13", ""];
        let mut answers = received.split_inclusive("Hello, World!").peekable();
        let mut whole = 0;
        while let Some(answer) = answers.next() {
            let Some(head) = answer.strip_suffix("Hello, World!") else {
                assert!(answers.peek().is_none());
                break;
            };
            let head = head.strip_suffix("\r\n").expect("an empty line");
            let lines: Vec<_> = head.split("\r\n").filter(telling).collect();
            assert_eq!(lines, expected, "answer {whole}");
            whole += 1;
        }
        whole == Http::REQUESTS
    }
}

/// Lets so many clients talk at once, and tells which of them have heard all that they had to.
pub(crate) fn talk(client: &dyn Client, addr: SocketAddr, clients: u8) -> Vec<bool> {
    thread::scope(|scope| {
        let talking: Vec<_> =
            (0..clients).map(|number| scope.spawn(move || talks(client, addr, number))).collect();
        talking.into_iter().map(|talking| talking.join().expect("a client")).collect()
    })
}

fn talks(client: &dyn Client, addr: SocketAddr, number: u8) -> bool {
    let stream = TcpStream::connect(addr).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    let (sent, mut received) = (client.sends(number), Vec::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            // A server that broke off does not take all; what it said is what counts.
            let all = (&stream).write_all(&sent);
            all.and_then(|()| stream.shutdown(Shutdown::Write)).ok()
        });
        let end = (&stream).read_to_end(&mut received);
        let hangs = end.is_err_and(|e| e.kind() == ErrorKind::WouldBlock);
        assert!(!hangs, "client {number} waits in vain, with {} bytes", received.len());
    });
    client.is_all(number, &received)
}
