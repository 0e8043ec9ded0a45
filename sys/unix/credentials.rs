//! Who is at the other end of a Unix socket.

use std::os::fd::BorrowedFd;

use crate::Result;
use crate::kernel::credentials;

/// A process, as the kernel vouches for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credentials {
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its number, where the system tells it (Linux). It may be another process's by now.
    pub pid: Option<i32>,
}

impl Credentials {
    pub(crate) fn new(uid: u32, gid: u32, pid: Option<i32>) -> Credentials {
        Credentials { uid, gid, pid }
    }
}

/// `SO_PEERCRED`, elsewhere getpeereid(3): who connected, or listened, at that time.
///
/// * strace: `getsockopt(3, SOL_SOCKET, SO_PEERCRED, {pid=4242, uid=1000, gid=1000}, [12]) = 0`
/// * `ENOTCONN`: it is not connected (Linux then tells of user -1).
/// * Manual page: unix(7), getpeereid(3).
pub fn peer_cred(fd: BorrowedFd<'_>) -> Result<Credentials> {
    credentials::of_peer(fd)
}

/// `SO_PASSCRED`: each message is to tell who sent it.
///
/// * strace: `setsockopt(3, SOL_SOCKET, SO_PASSCRED, [1], 4) = 0`
/// * `EOPNOTSUPP`: Linux only.
/// * Manual page: unix(7).
pub fn set_pass_credentials(fd: BorrowedFd<'_>, on: bool) -> Result<()> {
    credentials::set_pass(fd, on)
}
