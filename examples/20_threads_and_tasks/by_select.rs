//! The echo by one thread and `select`: every wait is handed, and goes through, all connections.

use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};

use eagain_sys::select::{FdSet, select};
use eagain_sys::socket;

/// A server for `n` connections, which ends with them.
///
/// # Errors
/// Where descriptors have numbers from 1,024 on: a set has no room for them.
pub(crate) fn echo(n: usize, listener: TcpListener) -> io::Result<()> {
    let mut connections: Vec<OwnedFd> = Vec::with_capacity(n);
    for _ in 0..n {
        connections.push(listener.accept()?.0.into());
    }
    let mut buffer = [0; crate::BUFFER];
    while !connections.is_empty() {
        let mut read = FdSet::new();
        for connection in &connections {
            read.insert(connection.as_fd())
                .map_err(|_| io::Error::other("a set has no room for descriptor 1024"))?;
        }
        select(&mut read, &mut FdSet::new(), None)?;
        let mut ended = Vec::new();
        for (i, connection) in connections.iter().enumerate() {
            if read.contains(connection.as_fd()) {
                // Blocking sockets: what is readable does not block, and the clients do read.
                match socket::recv(connection.as_fd(), &mut buffer)? {
                    0 => ended.push(i),
                    n => send_all(connection, &buffer[..n])?,
                }
            }
        }
        for i in ended.into_iter().rev() {
            connections.swap_remove(i);
        }
    }
    Ok(())
}

fn send_all(connection: &OwnedFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let n = socket::send(connection.as_fd(), bytes)?;
        bytes = &bytes[n..];
    }
    Ok(())
}
