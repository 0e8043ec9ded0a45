//! A connection, and what was read from it.

use std::io;

use eagain::net::TcpStream;
use eagain::time::timeout;

use crate::gateway::PATIENCE;

/// How much is read at once.
const ROOM: usize = 16 * 1024;

pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
    /// What has arrived and is not dealt with.
    pub(crate) buffer: Vec<u8>,
}

impl Peer {
    pub(crate) fn new(stream: TcpStream) -> Peer {
        Peer { stream, buffer: Vec::new() }
    }

    /// Reads more, however long it takes to come. False at the end.
    pub(crate) async fn more(&mut self) -> io::Result<bool> {
        self.make_room();
        Ok(self.stream.read_append(&mut self.buffer).await? > 0)
    }

    /// Reads what is there now, if anything is.
    pub(crate) fn more_now(&mut self) -> io::Result<bool> {
        self.make_room();
        Ok(self.stream.try_read_append(&mut self.buffer)?.is_some_and(|n| n > 0))
    }

    fn make_room(&mut self) {
        if self.buffer.capacity() - self.buffer.len() < ROOM / 4 {
            self.buffer.reserve(ROOM);
        }
    }

    pub(crate) fn consume(&mut self, n: usize) {
        self.buffer.drain(..n);
    }

    /// While nothing is expected, no memory is held.
    pub(crate) fn rest(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = Vec::new();
        }
    }
}

/// Sends all of it, to somebody who takes a piece of it now and then.
pub(crate) async fn send(to: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let n = match to.try_write(bytes)? {
            Some(n) => n,
            None => match timeout(PATIENCE, to.write(bytes)).await {
                Ok(written) => written?,
                Err(_) => return Err(io::ErrorKind::TimedOut.into()),
            },
        };
        bytes = &bytes[n..];
    }
    Ok(())
}
