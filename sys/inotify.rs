//! Linux: `inotify_init1`, `inotify_add_watch`, `inotify_rm_watch`, and what a `read` brings.
//!
//! What is watched is an *inode*, found by a path once: a file that gets another name stays
//! watched, and one that takes its old name is not. Of a folder, what happens to its entries is
//! told with their names; what is below them is not told.
//!
//! The kernel keeps a queue of records until they are read. One that equals the last one in the
//! queue is left out; when the queue is full, a record with `IN_Q_OVERFLOW` says so, and what
//! came after it is lost (inotify(7)).

use std::ffi::OsStr;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::NixPath;

use crate::{Error, Result, pipe};

/// `int inotify_init1(int flags)`: makes a queue that watches nothing yet, non-blocking and
/// close-on-exec.
///
/// * strace: `inotify_init1(IN_NONBLOCK|IN_CLOEXEC) = 3`
/// * `EMFILE`: out of descriptors, or the user has as many queues as
///   `/proc/sys/fs/inotify/max_user_instances` allows; `ENFILE`, `ENOMEM`: handed up.
/// * Manual page: inotify_init(2).
pub fn inotify_init1() -> Result<OwnedFd> {
    // SAFETY: takes no pointers.
    let answer = unsafe { libc::inotify_init1(libc::IN_NONBLOCK | libc::IN_CLOEXEC) };
    let fd = Error::check("inotify_init1", answer)?;
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// `int inotify_add_watch(int fd, const char *pathname, uint32_t mask)`: watches what `path` leads
/// to for what `mask` says (the `IN_` constants of this module), and answers the number of the
/// watch. What is watched already keeps its number, and has the new mask.
///
/// A number is not given out again for as long as there are others left, 2^31 of them.
///
/// * strace: `inotify_add_watch(3, "/tmp", IN_CREATE|IN_DELETE) = 1`
/// * `ENOENT`, `EACCES` (it has to be readable), `ENOTDIR`: handed up. `ENOSPC`: the user has as
///   many watches as `/proc/sys/fs/inotify/max_user_watches` allows.
/// * Manual page: inotify_add_watch(2).
pub fn inotify_add_watch(inotify: BorrowedFd<'_>, path: &Path, mask: u32) -> Result<i32> {
    let fd = inotify.as_raw_fd();
    let answer = path.with_nix_path(|path| {
        // SAFETY: `path` ends with a zero, and is valid for the length of the call.
        unsafe { libc::inotify_add_watch(fd, path.as_ptr(), mask) }
    });
    // A path with a zero in it never reached the kernel.
    let answer = answer.map_err(|e| Error::new("inotify_add_watch", e as i32))?;
    Error::check_on("inotify_add_watch", inotify, answer)
}

/// `int inotify_rm_watch(int fd, int wd)`: ends a watch. What was told of it before is still in
/// the queue, and behind that a record with `IN_IGNORED`.
///
/// * strace: `inotify_rm_watch(3, 1) = 0`
/// * `EINVAL`: it has ended already, with what was watched.
/// * Manual page: inotify_rm_watch(2).
pub fn inotify_rm_watch(inotify: BorrowedFd<'_>, watch: i32) -> Result<()> {
    // SAFETY: takes no pointers.
    let answer = unsafe { libc::inotify_rm_watch(inotify.as_raw_fd(), watch) };
    Error::check_on("inotify_rm_watch", inotify, answer).map(drop)
}

/// `ssize_t read(int fd, void *buf, size_t count)` into the spare capacity of `buf`, behind what it
/// holds: as many whole records as there is room for; [`Record::first`] tells them apart.
///
/// * strace: `read(3, [{wd=1, mask=IN_CREATE, cookie=0, len=16, name="file"}], 4096) = 32`
/// * `EAGAIN`: nothing happened; `EINTR`: call again; `EINVAL`: no room for the next record, of
///   which none is longer than [`LONGEST`].
/// * Manual page: inotify(7).
pub fn read(inotify: BorrowedFd<'_>, buf: &mut Vec<u8>) -> Result<usize> {
    pipe::read_append(inotify, buf)
}

/// No record is longer: 16 bytes, a name of 255, and the zero at its end.
pub const LONGEST: usize = 16 + 255 + 1;

/// One thing that happened: `struct inotify_event`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Which watch tells of it; -1 for `IN_Q_OVERFLOW`.
    pub watch: i32,
    /// One of the `IN_` constants, perhaps with `IN_ISDIR`.
    pub mask: u32,
    /// The same for the two records of a rename; else 0.
    pub cookie: u32,
    /// Which entry of a folder; empty if it is what is watched itself.
    pub name: &'a OsStr,
}

impl<'a> Record<'a> {
    /// The first of the records that a read brought, and how many bytes it has. `None` if there is
    /// no whole one.
    pub fn first(bytes: &'a [u8]) -> Option<(Record<'a>, usize)> {
        let (head, rest) = bytes.split_first_chunk::<16>()?;
        let field = |at: usize| [head[at], head[at + 1], head[at + 2], head[at + 3]];
        let len = u32::from_ne_bytes(field(12)) as usize;
        // Zeros fill it up, so that the next record is aligned.
        let name = rest.get(..len)?.split(|byte| *byte == 0).next().unwrap_or_default();
        let record = Record {
            watch: i32::from_ne_bytes(field(0)),
            mask: u32::from_ne_bytes(field(4)),
            cookie: u32::from_ne_bytes(field(8)),
            name: OsStr::from_bytes(name),
        };
        Some((record, 16 + len))
    }
}

/// Its contents were changed.
pub const IN_MODIFY: u32 = libc::IN_MODIFY;
/// Its mode, owner, times, number of links or extended attributes were changed.
pub const IN_ATTRIB: u32 = libc::IN_ATTRIB;
/// Somebody who had it open for writing has closed it.
pub const IN_CLOSE_WRITE: u32 = libc::IN_CLOSE_WRITE;
/// An entry has left this name, for one with the same cookie if that is watched.
pub const IN_MOVED_FROM: u32 = libc::IN_MOVED_FROM;
/// An entry has come to this name.
pub const IN_MOVED_TO: u32 = libc::IN_MOVED_TO;
/// An entry was made.
pub const IN_CREATE: u32 = libc::IN_CREATE;
/// An entry was removed.
pub const IN_DELETE: u32 = libc::IN_DELETE;
/// What is watched is gone: it has no name any more, and nobody has it open.
pub const IN_DELETE_SELF: u32 = libc::IN_DELETE_SELF;
/// What is watched has another name.
pub const IN_MOVE_SELF: u32 = libc::IN_MOVE_SELF;
/// The file system was unmounted. Always told.
pub const IN_UNMOUNT: u32 = libc::IN_UNMOUNT;
/// The queue was full, and something is lost. Always told.
pub const IN_Q_OVERFLOW: u32 = libc::IN_Q_OVERFLOW;
/// The watch has ended. Always told.
pub const IN_IGNORED: u32 = libc::IN_IGNORED;
/// It is a folder.
pub const IN_ISDIR: u32 = libc::IN_ISDIR;
/// In a mask: nothing but a folder is watched; of anything else `inotify_add_watch` says `ENOTDIR`.
pub const IN_ONLYDIR: u32 = libc::IN_ONLYDIR;
/// In a mask: an entry that has no name any more, and is still open somewhere, is not told of.
pub const IN_EXCL_UNLINK: u32 = libc::IN_EXCL_UNLINK;

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    fn record(watch: i32, mask: u32, cookie: u32, name: &[u8]) -> Vec<u8> {
        let fields = [watch as u32, mask, cookie, name.len() as u32];
        fields.iter().flat_map(|f| f.to_ne_bytes()).chain(name.iter().copied()).collect()
    }

    #[test]
    fn records_are_told_apart() {
        let mut bytes = record(1, IN_CREATE, 0, b"a name\0\0");
        bytes.extend(record(-1, IN_Q_OVERFLOW, 0, b""));
        let (first, len) = Record::first(&bytes).unwrap();
        assert_eq!((first.watch, first.mask, first.name), (1, IN_CREATE, OsStr::new("a name")));
        let (second, rest) = Record::first(&bytes[len..]).unwrap();
        assert_eq!((second.watch, second.mask, second.name), (-1, IN_Q_OVERFLOW, OsStr::new("")));
        assert_eq!(Record::first(&bytes[len + rest..]), None);
    }

    #[test]
    fn what_is_no_whole_record_is_none() {
        let bytes = record(1, IN_CREATE, 0, b"name\0\0\0\0");
        for len in 0..bytes.len() {
            assert_eq!(Record::first(&bytes[..len]), None, "{len} bytes");
        }
        // A length that no kernel says.
        let mut bytes = record(1, IN_CREATE, 0, b"name");
        bytes[12..16].copy_from_slice(&u32::MAX.to_ne_bytes());
        assert_eq!(Record::first(&bytes), None);
    }

    #[test]
    fn each_call_says_what_is_wrong() {
        let inotify = inotify_init1().unwrap();
        let errno = |path: &str| {
            inotify_add_watch(inotify.as_fd(), Path::new(path), IN_CREATE).unwrap_err().errno()
        };
        assert_eq!(errno("/nothing/here"), libc::ENOENT);
        assert_eq!(errno("a zero\0in it"), libc::EINVAL);
        assert_eq!(inotify_rm_watch(inotify.as_fd(), 1).unwrap_err().errno(), libc::EINVAL);
        let nothing = read(inotify.as_fd(), &mut Vec::with_capacity(LONGEST));
        assert!(nothing.unwrap_err().is_would_block());
    }
}
