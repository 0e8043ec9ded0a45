//! What people write where an address is due.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::{fmt, io};

/// What can be connected to: an address, several, or a name with a port. As its namesake in std,
/// but it asks nobody: a name stays one until [`lookup_host`](crate::net::lookup_host).
///
/// ```
/// use eagain::net::{Endpoint, ToSocketAddrs};
/// assert!(matches!("127.0.0.1:80".to_endpoint()?, Endpoint::Address(_)));
/// assert!(matches!(("::1", 80).to_endpoint()?, Endpoint::Address(_)));
/// assert!(matches!("example.org:80".to_endpoint()?, Endpoint::Name { port: 80, .. }));
/// assert!("example.org".to_endpoint().is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait ToSocketAddrs {
    /// What it says, as far as that is known without asking anybody.
    ///
    /// # Errors
    /// `InvalidInput`: it is no address, and no name with a port.
    fn to_endpoint(&self) -> io::Result<Endpoint>;
}

/// What [`ToSocketAddrs`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// One address.
    Address(SocketAddr),
    /// Any of several.
    Addresses(Vec<SocketAddr>),
    /// The addresses of a name, whichever they are.
    Name {
        /// What is looked up.
        host: String,
        /// What it is connected to there.
        port: u16,
    },
}

impl Endpoint {
    /// The addresses, for who cannot wait until a name is looked up.
    pub(super) fn addresses(self) -> io::Result<Vec<SocketAddr>> {
        let why = match self {
            Endpoint::Address(address) => return Ok(vec![address]),
            Endpoint::Addresses(addresses) if addresses.is_empty() => no_address(),
            Endpoint::Addresses(addresses) => return Ok(addresses),
            name @ Endpoint::Name { .. } => invalid(format!(
                "{name} is a name, not an address: `lookup_host` knows its addresses"
            )),
        };
        Err(why)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Address(address) => address.fmt(f),
            Endpoint::Name { host, port } => write!(f, "{host}:{port}"),
            Endpoint::Addresses(addresses) => {
                let addresses: Vec<_> = addresses.iter().map(SocketAddr::to_string).collect();
                f.write_str(&addresses.join(" or "))
            }
        }
    }
}

fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

/// An empty list of addresses.
pub(super) fn no_address() -> io::Error {
    invalid("not a single address was given".to_owned())
}

fn named(host: &str, port: u16) -> io::Result<Endpoint> {
    match host.parse::<IpAddr>() {
        Ok(ip) => Ok(Endpoint::Address((ip, port).into())),
        Err(_) if host.is_empty() || host.contains('\0') => {
            Err(invalid(format!("{host:?} is not the name of a host")))
        }
        Err(_) => Ok(Endpoint::Name { host: host.to_owned(), port }),
    }
}

impl ToSocketAddrs for str {
    fn to_endpoint(&self) -> io::Result<Endpoint> {
        if let Ok(address) = self.parse() {
            return Ok(Endpoint::Address(address));
        }
        let parts = self.rsplit_once(':').filter(|(host, _)| !host.contains(':'));
        match parts.and_then(|(host, port)| Some((host, port.parse().ok()?))) {
            Some((host, port)) => named(host, port),
            None => Err(invalid(format!(
                "{self:?} is not like 127.0.0.1:80, [::1]:80 or example.org:80"
            ))),
        }
    }
}

impl ToSocketAddrs for String {
    fn to_endpoint(&self) -> io::Result<Endpoint> {
        self.as_str().to_endpoint()
    }
}

impl ToSocketAddrs for (&str, u16) {
    fn to_endpoint(&self) -> io::Result<Endpoint> {
        named(self.0, self.1)
    }
}

impl ToSocketAddrs for (String, u16) {
    fn to_endpoint(&self) -> io::Result<Endpoint> {
        named(&self.0, self.1)
    }
}

impl ToSocketAddrs for [SocketAddr] {
    fn to_endpoint(&self) -> io::Result<Endpoint> {
        Ok(Endpoint::Addresses(self.to_vec()))
    }
}

impl ToSocketAddrs for Vec<SocketAddr> {
    fn to_endpoint(&self) -> io::Result<Endpoint> {
        self.as_slice().to_endpoint()
    }
}

impl ToSocketAddrs for Endpoint {
    fn to_endpoint(&self) -> io::Result<Endpoint> {
        Ok(self.clone())
    }
}

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {
    fn to_endpoint(&self) -> io::Result<Endpoint> {
        (**self).to_endpoint()
    }
}

macro_rules! are_addresses {
    ($($address:ty),*) => {$(
        impl ToSocketAddrs for $address {
            fn to_endpoint(&self) -> io::Result<Endpoint> {
                Ok(Endpoint::Address((*self).into()))
            }
        }
    )*};
}

are_addresses!(
    SocketAddr,
    SocketAddrV4,
    SocketAddrV6,
    (IpAddr, u16),
    (Ipv4Addr, u16),
    (Ipv6Addr, u16)
);
