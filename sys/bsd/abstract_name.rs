//! Names of Unix sockets that are no paths: there are none.

use std::os::unix::net::SocketAddr;

use nix::sys::socket::UnixAddr;

pub(crate) fn to_raw(_: &SocketAddr) -> Option<nix::Result<UnixAddr>> {
    None
}

pub(crate) fn from_raw(_: &[u8]) -> Option<SocketAddr> {
    None
}
