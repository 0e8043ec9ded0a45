//! Why there is no connection, when there was more than one address to connect to.

use std::net::SocketAddr;
use std::{fmt, io};

/// All attempts to connect have failed: each address that was tried, in the order in which they
/// failed, and why. Inside the `io::Error`; its kind is that of the last one.
///
/// ```
/// use eagain::net::{ConnectError, TcpStream};
/// # let (one, other) = {
/// #     let bind = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
/// #     (bind(), bind())
/// # };
/// # eagain::run(async {
/// let error = TcpStream::connect(&[one, other][..]).await.unwrap_err(); // nobody listens there
/// assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
/// assert_eq!(ConnectError::of(&error).unwrap().tried().len(), 2);
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct ConnectError {
    name: Option<String>,
    tried: Vec<(SocketAddr, io::Error)>,
}

impl ConnectError {
    pub(super) fn new(tried: Vec<(SocketAddr, io::Error)>) -> ConnectError {
        ConnectError { name: None, tried }
    }

    /// The name whose addresses these are.
    pub(super) fn of_name(self, host: &str, port: u16) -> ConnectError {
        ConnectError { name: Some(format!("{host}:{port}")), ..self }
    }

    /// What is behind an I/O error, if it is this.
    pub fn of(error: &io::Error) -> Option<&ConnectError> {
        error.get_ref()?.downcast_ref()
    }

    /// The addresses that were tried, and why there is no connection to them.
    pub fn tried(&self) -> &[(SocketAddr, io::Error)] {
        &self.tried
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("could not connect")?;
        if let Some(name) = &self.name {
            write!(f, " to {name}")?;
        }
        for (i, (address, error)) in self.tried.iter().enumerate() {
            write!(f, "{} {address}: {error}", if i == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.tried.last().map(|(_, error)| error as _)
    }
}

impl From<ConnectError> for io::Error {
    /// Out of descriptors is what the caller has to know as such: no address is to blame.
    fn from(mut e: ConnectError) -> io::Error {
        if let Some(at) = e.tried.iter().position(|(_, e)| eagain_sys::is_fd_exhaustion(e)) {
            return e.tried.swap_remove(at).1;
        }
        let kind = e.tried.last().map_or(io::ErrorKind::InvalidInput, |(_, e)| e.kind());
        io::Error::new(kind, e)
    }
}
