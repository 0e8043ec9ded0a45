//! What lies unread in the kernel.
//!
//! A `send` or `connect` over the loopback mostly has arrived when it returns, but a busy kernel
//! does its part later. Its own list of sockets tells when that is done.

use std::fs;
use std::net::SocketAddr;

/// How many connections to this address have bytes that nobody has read; connections that nobody
/// has accepted count too.
pub(crate) fn connections_with_bytes(server: SocketAddr) -> usize {
    let list = fs::read_to_string("/proc/net/tcp").expect("the kernel lists its sockets");
    list.lines().filter(|line| bytes(line, server.port()).is_some_and(|n| n > 0)).count()
}

/// `0: 0100007F:1E61 0100007F:C350 01 00000000:00000040 …`: local address, remote address, state,
/// then the lengths of both queues.
fn bytes(line: &str, port: u16) -> Option<u32> {
    let mut words = line.split_whitespace().skip(1);
    let (_, local) = words.next()?.rsplit_once(':')?;
    let (_remote, state) = (words.next()?, words.next()?);
    let (_, received) = words.next()?.split_once(':')?;
    // What a listener has in this column is no bytes but connections.
    let is_ours = u16::from_str_radix(local, 16) == Ok(port) && state == "01";
    if is_ours { u32::from_str_radix(received, 16).ok() } else { None }
}
