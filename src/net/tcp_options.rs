//! TCP: what can be asked of a connection, and changed.
//!
//! Each of these is one `setsockopt` or `getsockopt`, unless its page says more.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use eagain_sys::sockopt::Family;
use eagain_sys::{socket, sockopt, tcp};

use crate::net::{TcpListener, TcpStream};

/// When a silent peer is asked whether it is still there. `None` is the system's choice.
///
/// ```
/// # use std::time::Duration;
/// use eagain::net::Keepalive;
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let stream = eagain::net::TcpStream::begin_connect(listener.local_addr()?)?;
/// let often = Keepalive { idle: Some(Duration::from_secs(30)), ..Keepalive::default() };
/// stream.set_keepalive(Some(often))?;
/// assert_eq!(stream.keepalive()?.unwrap().idle, often.idle);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keepalive {
    /// After how long a silence (`TCP_KEEPIDLE`; two hours, mostly).
    pub idle: Option<Duration>,
    /// And again after how long without an answer (`TCP_KEEPINTVL`).
    pub interval: Option<Duration>,
    /// How often in vain, before the connection is broken off with `ETIMEDOUT` (`TCP_KEEPCNT`).
    pub count: Option<u32>,
}

impl TcpStream {
    /// `TCP_NODELAY`: small segments are sent at once.
    pub fn set_nodelay(&self, on: bool) -> io::Result<()> {
        self.source.with_fd(|fd| socket::set_nodelay(fd, on))
    }

    /// Whether small segments are sent at once.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.source.with_fd(socket::nodelay)
    }

    /// `SO_LINGER`: zero makes `close` break off with a reset, and what is unsent is lost; any
    /// other time makes it **block the loop** for as long, which nobody wants. `None`, the default:
    /// the kernel delivers what is unsent in the background.
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        self.source.with_fd(|fd| socket::set_linger(fd, linger))
    }

    /// Whether, and for how long, `close` lingers.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        self.source.with_fd(sockopt::linger)
    }

    /// `SO_KEEPALIVE` with its times, which are whole seconds, rounded up. `None` asks no more.
    ///
    /// System calls: a `setsockopt` for each time, one more.
    ///
    /// # Errors
    /// `ENOPROTOOPT`: OpenBSD has the times for the whole system only. `EINVAL`: too long.
    pub fn set_keepalive(&self, keepalive: Option<Keepalive>) -> io::Result<()> {
        self.source.with_fd(|fd| {
            let Keepalive { idle, interval, count } = keepalive.unwrap_or_default();
            idle.map_or(Ok(()), |idle| tcp::set_keepalive_idle(fd, idle))?;
            interval.map_or(Ok(()), |interval| tcp::set_keepalive_interval(fd, interval))?;
            count.map_or(Ok(()), |count| tcp::set_keepalive_count(fd, count))?;
            sockopt::set_keepalive(fd, keepalive.is_some())
        })
    }

    /// Whether, and when, a silent peer is asked; the times as far as the system tells them.
    ///
    /// System calls: four `getsockopt`, or one.
    pub fn keepalive(&self) -> io::Result<Option<Keepalive>> {
        self.source.with_fd(|fd| {
            Ok(sockopt::keepalive(fd)?.then(|| Keepalive {
                idle: tcp::keepalive_idle(fd).ok(),
                interval: tcp::keepalive_interval(fd).ok(),
                count: tcp::keepalive_count(fd).ok(),
            }))
        })
    }

    /// `SO_SNDBUF`: how much may wait in the kernel to be sent. It ends the kernel's own choice.
    pub fn set_send_buffer_size(&self, bytes: usize) -> io::Result<()> {
        self.source.with_fd(|fd| socket::set_send_buffer(fd, bytes))
    }

    /// How much may wait to be sent, as the kernel counts it (Linux: twice what was set).
    pub fn send_buffer_size(&self) -> io::Result<usize> {
        self.source.with_fd(sockopt::send_buffer)
    }

    /// `SO_RCVBUF`: how much may wait in the kernel to be read. What is offered to the peer was
    /// decided when the connection was made: see [`TcpStream::builder`].
    pub fn set_recv_buffer_size(&self, bytes: usize) -> io::Result<()> {
        self.source.with_fd(|fd| socket::set_receive_buffer(fd, bytes))
    }

    /// How much may wait to be read, as the kernel counts it (Linux: twice what was set).
    pub fn recv_buffer_size(&self) -> io::Result<usize> {
        self.source.with_fd(sockopt::receive_buffer)
    }

    /// `IP_TTL`, `IPV6_UNICAST_HOPS`: how many routers a packet may pass, from 1 to 255.
    ///
    /// System calls: `getsockname`, to know the family, and `setsockopt`.
    pub fn set_ttl(&self, hops: u32) -> io::Result<()> {
        self.source.with_fd(|fd| sockopt::set_hops(fd, family(&socket::local(fd)?), hops))
    }

    /// How many routers a packet may pass.
    ///
    /// System calls: `getsockname`, `getsockopt`.
    pub fn ttl(&self) -> io::Result<u32> {
        self.source.with_fd(|fd| sockopt::hops(fd, family(&socket::local(fd)?)))
    }

    /// `IP_TOS`, `IPV6_TCLASS`: the byte that tells routers what kind of traffic it is. Its lowest
    /// two bits are the kernel's on TCP.
    ///
    /// System calls: `getsockname`, to know the family, and `setsockopt`.
    pub fn set_tos(&self, class: u8) -> io::Result<()> {
        self.source.with_fd(|fd| {
            let family = family(&socket::local(fd)?);
            sockopt::set_traffic_class(fd, family, class)
        })
    }

    /// What kind of traffic it is.
    ///
    /// System calls: `getsockname`, `getsockopt`.
    pub fn tos(&self) -> io::Result<u8> {
        self.source.with_fd(|fd| sockopt::traffic_class(fd, family(&socket::local(fd)?)))
    }

    /// `TCP_QUICKACK`: what comes is acknowledged at once. The kernel may go back to its own ways
    /// at any time.
    ///
    /// # Errors
    /// `ENOPROTOOPT`: only Linux has it.
    pub fn set_quickack(&self, on: bool) -> io::Result<()> {
        self.source.with_fd(|fd| tcp::set_quickack(fd, on))
    }

    /// Whether what comes is acknowledged at once now.
    ///
    /// # Errors
    /// `ENOPROTOOPT`: only Linux has it.
    pub fn quickack(&self) -> io::Result<bool> {
        self.source.with_fd(tcp::quickack)
    }

    /// `TCP_USER_TIMEOUT`: how long what was sent may stay unacknowledged before the connection is
    /// broken off with `ETIMEDOUT`. `None`: as long as the system tries, a quarter of an hour.
    ///
    /// # Errors
    /// `ENOPROTOOPT`: only Linux has it.
    pub fn set_user_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        self.source.with_fd(|fd| tcp::set_user_timeout(fd, limit))
    }

    /// How long what was sent may stay unacknowledged.
    ///
    /// # Errors
    /// `ENOPROTOOPT`: only Linux has it.
    pub fn user_timeout(&self) -> io::Result<Option<Duration>> {
        self.source.with_fd(tcp::user_timeout)
    }

    /// `SO_OOBINLINE`: an urgent byte of the peer comes in its place among the others. Otherwise it
    /// is taken out, and a read ends before the place where it was.
    pub fn set_urgent_inline(&self, on: bool) -> io::Result<()> {
        self.source.with_fd(|fd| sockopt::set_urgent_inline(fd, on))
    }

    /// `SO_ERROR`: takes the error that the kernel has noted, if there is one. Asked a second time,
    /// it is gone.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.source.with_fd(socket::take_error)
    }
}

impl TcpListener {
    /// `TCP_NODELAY` for every connection to come. (Linux hands the option on to accepted
    /// connections, which saves a call for each.)
    pub fn set_nodelay(&self, on: bool) -> io::Result<()> {
        self.source.with_fd(|fd| socket::set_nodelay(fd, on))
    }

    /// `IPV6_V6ONLY`: whether it leaves IPv4 to others.
    ///
    /// # Errors
    /// `ENOPROTOOPT` or the like: it listens on an IPv4 address.
    pub fn only_v6(&self) -> io::Result<bool> {
        self.source.with_fd(sockopt::only_v6)
    }

    /// How many routers packets of its connections may pass: as [`TcpStream::set_ttl`].
    ///
    /// System calls: `getsockname`, `setsockopt`.
    pub fn set_ttl(&self, hops: u32) -> io::Result<()> {
        self.source.with_fd(|fd| sockopt::set_hops(fd, family(&socket::local(fd)?), hops))
    }

    /// As [`TcpStream::ttl`].
    ///
    /// System calls: `getsockname`, `getsockopt`.
    pub fn ttl(&self) -> io::Result<u32> {
        self.source.with_fd(|fd| sockopt::hops(fd, family(&socket::local(fd)?)))
    }

    /// `SO_ERROR`: as [`TcpStream::take_error`].
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.source.with_fd(socket::take_error)
    }
}

/// Whose options decide: an IPv6 socket sends to an IPv4 address by the rules of IPv4.
fn family(local: &SocketAddr) -> Family {
    match local.ip() {
        IpAddr::V6(ip) if ip.to_ipv4_mapped().is_none() => Family::V6,
        _ => Family::V4,
    }
}
