//! Descriptors, and who sent them, with the bytes of a message.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::SocketAddr;

use nix::sys::socket::SockaddrLike;

use super::credentials::Credentials;
use super::{named, raw};
use crate::kernel::credentials;
use crate::{Error, Result, born, control, sigpipe};

/// As many descriptors as Linux lets one message have: `SCM_MAX_FD`.
pub const MOST: usize = 253;

/// Room for them, and for credentials.
type Room = [u64; 144];

/// A message that was received.
#[derive(Debug)]
#[non_exhaustive]
pub struct Message {
    /// How many bytes of it are in the buffer.
    pub len: usize,
    /// The descriptors that came with it, close-on-exec.
    pub fds: Vec<OwnedFd>,
    /// Who sent it, if [`set_pass_credentials`](super::credentials::set_pass_credentials) asked.
    pub credentials: Option<Credentials>,
    /// The name of its sender, which mostly has none; on a connection no one's.
    pub from: SocketAddr,
    /// A message was longer than the buffer, and the rest is lost.
    pub truncated: bool,
    /// It had more descriptors than could be taken, and the rest is closed: `fds` has the first of
    /// them, or none.
    pub lost_fds: bool,
}

/// `ssize_t sendmsg(int sockfd, const struct msghdr *msg, int flags)`: sends bytes, and with the
/// first of them duplicates of descriptors. To `to`, or to where the socket is connected.
///
/// * strace: `sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="x", iov_len=1}],
///   msg_iovlen=1, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS,
///   cmsg_data=[5]}], msg_controllen=24, msg_flags=0}, MSG_NOSIGNAL) = 1`
/// * `EAGAIN`: no room; nothing was sent. `EINVAL`: more descriptors than [`MOST`].
///   `ETOOMANYREFS`: the user has too many of them in flight. `EPIPE`, `ECONNREFUSED`: nobody is
///   there. `EINTR`: call again.
/// * A stream does not pass descriptors without a byte.
/// * Manual page: sendmsg(2), unix(7).
pub fn send_with_fds(
    fd: BorrowedFd<'_>,
    data: &[u8],
    fds: &[BorrowedFd<'_>],
    to: Option<&SocketAddr>,
) -> Result<usize> {
    if fds.len() > MOST {
        return Err(Error::new("sendmsg", libc::EINVAL).on(fd.as_raw_fd()));
    }
    let name = to.map(|to| raw("sendmsg", fd, to)).transpose()?;
    let mut numbers = [0; MOST * size_of::<libc::c_int>()];
    for (number, fd) in numbers.chunks_exact_mut(size_of::<libc::c_int>()).zip(fds) {
        number.copy_from_slice(&fd.as_raw_fd().to_ne_bytes());
    }
    let mut room: Room = [0; 144];
    let mut vector = libc::iovec { iov_base: data.as_ptr().cast_mut().cast(), iov_len: data.len() };
    let mut header = control::empty_header();
    if let Some(name) = &name {
        header.msg_name = name.as_ptr().cast_mut().cast();
        header.msg_namelen = name.len();
    }
    header.msg_iov = &raw mut vector;
    header.msg_iovlen = 1;
    if !fds.is_empty() {
        let numbers = &numbers[..size_of_val(fds)];
        let used = control::put(&mut room, libc::SOL_SOCKET, libc::SCM_RIGHTS, numbers);
        header.msg_control = room.as_mut_ptr().cast();
        header.msg_controllen = used as _;
    }
    // SAFETY: the header tells of bytes and a control message that may be read.
    let answer = unsafe { libc::sendmsg(fd.as_raw_fd(), &raw const header, sigpipe::FLAG) };
    Error::check_len("sendmsg", fd, answer)
}

/// `ssize_t recvmsg(int sockfd, struct msghdr *msg, int flags)`: takes bytes, and what came with
/// them. Of a stream, no further than to the next bytes that have descriptors.
///
/// * strace: `recvmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="x", iov_len=16}],
///   msg_iovlen=1, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS,
///   cmsg_data=[6]}], msg_controllen=24, msg_flags=MSG_CMSG_CLOEXEC}, MSG_CMSG_CLOEXEC) = 1`
/// * `EAGAIN`: nothing there now. `ECONNRESET`: the peer is gone. `EINTR`: call again.
/// * Out of descriptors it does not fail: the message comes without some, see [`Message::lost_fds`].
/// * Where no flag makes them close-on-exec (macOS), a `fcntl` follows for each; one for which that
///   fails is closed, and counts as lost.
/// * Manual page: recvmsg(2), unix(7).
pub fn recv_message(fd: BorrowedFd<'_>, buf: &mut [u8]) -> Result<Message> {
    let mut name = MaybeUninit::<libc::sockaddr_storage>::uninit();
    let mut room: Room = [0; 144];
    let mut vector = libc::iovec { iov_base: buf.as_mut_ptr().cast(), iov_len: buf.len() };
    let mut header = control::empty_header();
    header.msg_name = name.as_mut_ptr().cast();
    header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    header.msg_iov = &raw mut vector;
    header.msg_iovlen = 1;
    header.msg_control = room.as_mut_ptr().cast();
    header.msg_controllen = size_of::<Room>() as _;
    // SAFETY: the header tells of an address, a buffer and room for control messages, all of which
    // may be written.
    let answer = unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut header, born::RECEIVED) };
    let len = Error::check_len("recvmsg", fd, answer)?;
    let (mut fds, mut credentials) = (vec![], None);
    control::each(&room, header.msg_controllen as _, |level, kind, data| {
        if (level, kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            for number in data.chunks_exact(size_of::<libc::c_int>()) {
                if let Ok(number) = number.try_into().map(libc::c_int::from_ne_bytes) {
                    fds.push(born::received(number));
                }
            }
        } else if let Some(sender) = credentials::read(level, kind, data) {
            credentials = Some(sender);
        }
    });
    let (fds, not_taken) = first_of(fds);
    Ok(Message {
        len,
        fds,
        credentials,
        from: named(&name, header.msg_namelen),
        truncated: header.msg_flags & libc::MSG_TRUNC != 0,
        lost_fds: not_taken || header.msg_flags & libc::MSG_CTRUNC != 0,
    })
}

/// Descriptors as far as all of them could be taken, and whether one could not. The bytes that they
/// came with have left the kernel: an error would lose those as well.
fn first_of(fds: Vec<Result<OwnedFd>>) -> (Vec<OwnedFd>, bool) {
    let came = fds.len();
    let first: Vec<_> = fds.into_iter().map_while(Result::ok).collect();
    let lost = first.len() < came;
    (first, lost)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;
    use crate::{descriptor, pipe};

    #[test]
    fn a_descriptor_that_could_not_be_taken_costs_none_of_the_bytes() {
        let (one, other) = pipe::pipe2().expect("a pipe");
        let number = other.as_raw_fd();
        let failed = Error::new("fcntl", libc::EBADF);
        let (first, lost) = first_of(vec![Ok(one), Err(failed), Ok(other)]);
        assert_eq!((first.len(), lost), (1, true));
        assert!(descriptor::is_close_on_exec(first[0].as_fd()).expect("it is open"));
        assert_ne!(first[0].as_raw_fd(), number, "what is behind it is closed");
        assert!(!first_of(vec![]).1, "none came, and none was lost");
    }
}
