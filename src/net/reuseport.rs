//! One listener for each loop, all on one port.

use std::io;
use std::net::SocketAddr;

use eagain_sys::socket;

use crate::net::TcpListener;

impl TcpListener {
    /// Listens on `addr` as one of several (`SO_REUSEPORT`): one for each loop, each with a queue
    /// of its own. The kernel chooses one for each connection, by a hash of the addresses and ports
    /// at both ends. Every one of them must be bound like this, by the same user.
    ///
    /// Closing one resets the connections in its queue, also those that come between the last
    /// `accept` and the `close`. To drain it, first see to it that nobody connects any more: take the
    /// address from the load balancer, or let connections be refused for that long. Then accept
    /// until there is none, and close. Where that cannot be, `sysctl net.ipv4.tcp_migrate_req=1`
    /// (Linux 5.14) lets the kernel move what queues to the other listeners on the port.
    ///
    /// On macOS and the BSDs such sockets share the port, but connections are not spread.
    ///
    /// System calls: `socket`, two `setsockopt`, `bind`, `listen`.
    ///
    /// # Errors
    /// As [`bind`](TcpListener::bind).
    ///
    /// ```
    /// use eagain::net::TcpListener;
    /// let one = TcpListener::bind_reuseport("127.0.0.1:0".parse().unwrap())?;
    /// let other = TcpListener::bind_reuseport(one.local_addr()?)?;
    /// assert_eq!(one.local_addr()?, other.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bind_reuseport(addr: SocketAddr) -> io::Result<TcpListener> {
        let fd = socket::listen_tcp_reuseport(&addr, TcpListener::BACKLOG)?;
        Ok(TcpListener::from_non_blocking(fd))
    }
}
