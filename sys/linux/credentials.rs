//! Who is at the other end of a Unix socket, as Linux tells it.

use std::os::fd::BorrowedFd;

use nix::sys::socket::{getsockopt, sockopt};

use crate::socket::set;
use crate::unix::credentials::Credentials;
use crate::{Error, Result};

pub(crate) fn of_peer(fd: BorrowedFd<'_>) -> Result<Credentials> {
    let peer = getsockopt(&fd, sockopt::PeerCredentials)
        .map_err(|e| Error::from_nix("getsockopt", fd, e))?;
    if peer.pid() == 0 && peer.uid() == u32::MAX {
        return Err(Error::from_nix("getsockopt", fd, nix::Error::ENOTCONN)); // nobody there
    }
    Ok(Credentials::new(peer.uid(), peer.gid(), Some(peer.pid())))
}

pub(crate) fn set_pass(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    set(fd, sockopt::PassCred, &on)
}

/// What a control message tells of who sent it: `struct ucred`.
pub(crate) fn read(level: i32, kind: i32, data: &[u8]) -> Option<Credentials> {
    if (level, kind) != (libc::SOL_SOCKET, libc::SCM_CREDENTIALS) {
        return None;
    }
    let number = |at| data.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    let (pid, uid, gid) = (number(0)?, number(4)?, number(8)?);
    let pid = i32::from_ne_bytes(pid);
    Some(Credentials::new(u32::from_ne_bytes(uid), u32::from_ne_bytes(gid), Some(pid)))
}
