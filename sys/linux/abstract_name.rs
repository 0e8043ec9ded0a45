//! Names of Unix sockets that are no paths: they are gone with the socket.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;

use nix::sys::socket::UnixAddr;

/// As the kernel wants it, if it is one.
pub(crate) fn to_raw(addr: &SocketAddr) -> Option<nix::Result<UnixAddr>> {
    addr.as_abstract_name().map(UnixAddr::new_abstract)
}

/// As the kernel gave it, behind the NUL that says that it is one.
pub(crate) fn from_raw(name: &[u8]) -> Option<SocketAddr> {
    SocketAddr::from_abstract_name(name).ok()
}
