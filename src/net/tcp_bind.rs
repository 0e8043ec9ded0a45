//! TCP: how a listener comes to be.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};

use eagain_sys::{socket, sockopt};

use crate::net::TcpListener;
use crate::net::address::ToSocketAddrs;

impl TcpListener {
    /// The backlog of [`bind`](TcpListener::bind): how many connections may queue in the kernel
    /// (which cuts it to `/proc/sys/net/core/somaxconn`, 4096 by default).
    pub const BACKLOG: u32 = 4096;

    /// Listens on `addr`; port 0 is any. `SO_REUSEADDR` is set. Of several addresses it is the
    /// first that can be had. Not for names: their addresses are known to
    /// [`lookup_host`](crate::net::lookup_host).
    ///
    /// System calls: `socket`, `setsockopt`, `bind`, `listen`.
    ///
    /// # Errors
    /// `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, as bind(2) says. `InvalidInput`: not an address.
    pub fn bind(addr: impl ToSocketAddrs) -> io::Result<TcpListener> {
        TcpListener::builder().bind(addr)
    }

    /// The same with another backlog.
    ///
    /// System calls and errors: as [`bind`](TcpListener::bind).
    pub fn bind_with_backlog(addr: impl ToSocketAddrs, backlog: u32) -> io::Result<TcpListener> {
        TcpListener::builder().backlog(backlog).bind(addr)
    }

    /// Listens on `addr` as one of several (`SO_REUSEPORT`): one for each loop, each with a queue
    /// of its own. The kernel chooses one for each connection, by a hash of the addresses and ports
    /// at both ends. Every one of them must be bound like this, by the same user.
    ///
    /// Closing one resets the connections in its queue, also those that come between the last
    /// `accept` and the `close`; [`drain`](TcpListener::drain) says what can be done about that.
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
    /// let one = TcpListener::bind_reuseport("127.0.0.1:0")?;
    /// let other = TcpListener::bind_reuseport(one.local_addr()?)?;
    /// assert_eq!(one.local_addr()?, other.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bind_reuseport(addr: impl ToSocketAddrs) -> io::Result<TcpListener> {
        TcpListener::builder().reuse_port(true).bind(addr)
    }

    /// Chooses how to listen: how many may queue, who else may bind to the port, which options the
    /// connections begin with.
    pub fn builder() -> TcpListenerBuilder {
        TcpListenerBuilder {
            backlog: TcpListener::BACKLOG,
            reuse_address: true,
            reuse_port: false,
            only_v6: None,
            nodelay: false,
            send_buffer_size: None,
            recv_buffer_size: None,
        }
    }
}

/// How a [`TcpListener`] listens: what [`TcpListener::builder`] returns.
///
/// ```
/// use eagain::net::TcpListener;
/// let listener = TcpListener::builder().backlog(128).nodelay(true).bind("127.0.0.1:0")?;
/// assert_ne!(listener.local_addr()?.port(), 0);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "it does nothing until it is bound"]
pub struct TcpListenerBuilder {
    backlog: u32,
    reuse_address: bool,
    reuse_port: bool,
    only_v6: Option<bool>,
    nodelay: bool,
    send_buffer_size: Option<usize>,
    recv_buffer_size: Option<usize>,
}

impl TcpListenerBuilder {
    /// How many connections may queue in the kernel: [`TcpListener::BACKLOG`] unless this says
    /// otherwise.
    pub fn backlog(mut self, connections: u32) -> TcpListenerBuilder {
        self.backlog = connections;
        self
    }

    /// `SO_REUSEADDR`: binds although connections of the port's last owner linger in TIME_WAIT.
    /// On unless this says otherwise.
    pub fn reuse_address(mut self, on: bool) -> TcpListenerBuilder {
        self.reuse_address = on;
        self
    }

    /// `SO_REUSEPORT`: see [`TcpListener::bind_reuseport`]. Off unless this says otherwise.
    pub fn reuse_port(mut self, on: bool) -> TcpListenerBuilder {
        self.reuse_port = on;
        self
    }

    /// `IPV6_V6ONLY`: whether a listener on `[::]` leaves IPv4 to others. As the system is
    /// configured unless this says so; OpenBSD knows only yes. Not for IPv4 addresses.
    pub fn only_v6(mut self, on: bool) -> TcpListenerBuilder {
        self.only_v6 = Some(on);
        self
    }

    /// `TCP_NODELAY` for every connection, which inherits it without a call of its own.
    pub fn nodelay(mut self, on: bool) -> TcpListenerBuilder {
        self.nodelay = on;
        self
    }

    /// `SO_SNDBUF` of every connection, inherited.
    pub fn send_buffer_size(mut self, bytes: usize) -> TcpListenerBuilder {
        self.send_buffer_size = Some(bytes);
        self
    }

    /// `SO_RCVBUF` of every connection, inherited: the only way to have it before the window is
    /// offered to the peer.
    pub fn recv_buffer_size(mut self, bytes: usize) -> TcpListenerBuilder {
        self.recv_buffer_size = Some(bytes);
        self
    }

    /// Listens: as [`TcpListener::bind`].
    ///
    /// System calls: `socket`, a `setsockopt` for each option, `bind`, `listen`.
    ///
    /// # Errors
    /// As [`TcpListener::bind`]; `EINVAL`, `ENOPROTOOPT`: an option does not fit.
    pub fn bind(&self, addr: impl ToSocketAddrs) -> io::Result<TcpListener> {
        let mut last = None;
        for addr in addr.to_endpoint()?.addresses()? {
            match self.listen(&addr) {
                Ok(fd) => return Ok(TcpListener::from_non_blocking(fd)),
                Err(e) => last = Some(e),
            }
        }
        Err(last.map_or_else(|| io::ErrorKind::InvalidInput.into(), io::Error::from))
    }

    fn listen(&self, addr: &SocketAddr) -> eagain_sys::Result<OwnedFd> {
        let socket = socket::tcp(addr)?;
        let fd = socket.as_fd();
        if self.reuse_address {
            socket::set_reuse_address(fd, true)?;
        }
        if self.reuse_port {
            socket::set_reuse_port(fd, true)?;
        }
        self.only_v6.map_or(Ok(()), |on| sockopt::set_only_v6(fd, on))?;
        if self.nodelay {
            socket::set_nodelay(fd, true)?;
        }
        self.send_buffer_size.map_or(Ok(()), |bytes| socket::set_send_buffer(fd, bytes))?;
        self.recv_buffer_size.map_or(Ok(()), |bytes| socket::set_receive_buffer(fd, bytes))?;
        socket::bind(fd, addr)?;
        socket::listen(fd, self.backlog)?;
        Ok(socket)
    }
}
