//! The BSDs and macOS: `kqueue` and `kevent`.
//!
//! The kernel keeps a list of *knotes*, each a pair of an ident (mostly a descriptor) and a
//! filter (what is watched about it), and hands out those that have something to tell. One
//! call changes the list and fetches events; here it stands twice, once for each.
//!
//! What differs from epoll: reading and writing of a descriptor are two knotes, added one by
//! one. A knote belongs to the *number*: closing it drops its knotes at once, duplicates or
//! not, and the next descriptor of that number starts clean (kqueue(2), on `close`). And
//! children, signals, timers and files are waited for in the same way.
//!
//! What is relied on is numbered in docs/KERNELS.md, and named as a fact where it is.
//!
//! | file | what |
//! |---|---|
//! | `native`, `emulated` | what the C library declares, the one place that takes it from there |
//! | `knote` | [`Knote`]: a change, its receipt, an event |
//! | `events` | [`Events`]: what a wait brought, and what it means |
//! | `queue` | whom the descriptor belongs to |
//! | `files` | what happens to files and folders |
//! | `poller`, `bell` | [`Poller`] and [`Bell`], which is all that the loop above knows of |

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;
use std::time::Duration;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use crate::poller::Backend;
use crate::{Error, Result};

// Under `--cfg eagain_libkqueue` a library does with epoll what kqueue does, so that all that is
// here can be run on Linux. It is good for tests, and is no BSD.
#[cfg_attr(not(eagain_libkqueue), path = "kqueue/native.rs")]
#[cfg_attr(eagain_libkqueue, path = "kqueue/emulated.rs")]
mod abi;

#[cfg(test)]
mod behaviour;
mod bell;
mod events;
pub mod files;
mod knote;
mod poller;
mod queue;

pub use self::bell::{Bell, Trigger};
pub use self::events::Events;
pub use self::knote::Knote;
pub use self::poller::Poller;

/// Its name among the pollers.
pub const BACKEND: Backend = Backend::Kqueue;

/// `int kqueue(void)`: makes a kqueue.
///
/// A child of `fork` does not get it. Over `execve` it would stay open, and only some kernels can
/// be told otherwise here (`kqueue1`), so that `fcntl` is called after it.
///
/// * truss: `kqueue() = 3 (0x3)`, `fcntl(3,F_SETFD,FD_CLOEXEC) = 0 (0x0)`
/// * `EMFILE`, `ENFILE`, `ENOMEM`: out of descriptors or memory; handed up.
/// * Manual page: kqueue(2).
pub fn kqueue() -> Result<OwnedFd> {
    // SAFETY: takes no pointers.
    let fd = Error::check("kqueue", unsafe { abi::kqueue() })?;
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    let kqueue = unsafe { OwnedFd::from_raw_fd(fd) };
    fcntl(&kqueue, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))
        .map_err(|e| Error::from_nix("fcntl", kqueue.as_fd(), e))?;
    Ok(kqueue)
}

/// `int kevent(int kq, const struct kevent *changelist, int nchanges, struct kevent *eventlist,
/// int nevents, const struct timespec *timeout)` without a list of changes: sleeps until a knote
/// has something to tell or `timeout` has passed; `None` is for ever, zero does not sleep.
/// Replaces what `events` holds.
///
/// * truss: `kevent(3,0x0,0,{ 5,EVFILT_READ,EV_CLEAR,0,12,0x100000001 },1024,{ 0.000300000 }) = 1
///   (0x1)`
/// * `EINTR`: a signal handler ran; [`Poller::wait`] makes an empty batch of it.
/// * Manual page: kqueue(2).
#[inline]
pub fn kevent(
    kqueue: BorrowedFd<'_>,
    events: &mut Events,
    timeout: Option<Duration>,
) -> Result<()> {
    let timeout = timeout.map(timespec);
    let timeout = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
    let (room, capacity) = events.room();
    // SAFETY: `room` has space for `capacity` events, and the kernel only writes to it;
    // `timeout` is null or valid for the length of the call.
    let answer = unsafe {
        abi::kevent(kqueue.as_raw_fd(), ptr::null(), 0, room.cast(), capacity as _, timeout)
    };
    if answer < 0 {
        return Err(Error::last("kevent").on(kqueue.as_raw_fd()));
    }
    // SAFETY: the kernel wrote the first `answer` events.
    unsafe { events.set_len(answer as usize) };
    Ok(())
}

/// `int kevent(int kq, const struct kevent *changelist, int nchanges, struct kevent *eventlist,
/// int nevents, const struct timespec *timeout)` to change the list: each of `changes` is
/// replaced by its receipt ([`Knote::receipt`]), as `EV_RECEIPT` in it asks for. Fetches no events
/// and does not sleep.
///
/// There is room for the receipts and nothing else, so that no events are mixed in (fact 8).
///
/// * truss: `kevent(3,{ 5,EVFILT_READ,EV_ADD|EV_CLEAR|EV_RECEIPT,0,0,0x100000001 },1,{
///   5,EVFILT_READ,EV_ERROR,0,0,0x100000001 },1,0x0) = 1 (0x1)`
/// * `ENOMEM`, `EBADF`: of the kqueue itself; handed up. What happened to a change is in its
///   receipt: `ENOENT`, there was no such knote; `EBADF`, the descriptor is closed; `EINVAL`, this
///   kernel has no such filter, or not for this descriptor; `ESRCH`, no such process.
/// * Manual page: kqueue(2).
pub fn kevent_change(kqueue: BorrowedFd<'_>, changes: &mut [Knote]) -> Result<()> {
    let (list, n) = (changes.as_mut_ptr(), changes.len());
    // SAFETY: a `Knote` is a transparent `struct kevent`, and the list holds `n` of them. It may
    // be both lists at once: a receipt is written after its change was read. Without a timeout
    // there would be a sleep only if receipts were missing, and each change asks for its own.
    let answer = unsafe {
        abi::kevent(kqueue.as_raw_fd(), list.cast(), n as _, list.cast(), n as _, &raw const NOW)
    };
    Error::check_on("kevent", kqueue, answer).map(drop)
}

/// Does not sleep.
static NOW: libc::timespec = timespec(Duration::ZERO);

/// What no kernel finds too long: some refuse more than three years (`itimerfix`), and a wait that
/// ends early is begun anew by the caller.
const LONGEST: u64 = i32::MAX as u64 / 1000;

/// To the nanosecond; nothing is rounded.
const fn timespec(duration: Duration) -> libc::timespec {
    let seconds = duration.as_secs();
    let seconds = if seconds < LONGEST { seconds } else { LONGEST };
    libc::timespec { tv_sec: seconds as _, tv_nsec: duration.subsec_nanos() as _ }
}

/// Something to read, or to accept.
pub const EVFILT_READ: i32 = abi::EVFILT_READ as _;
/// Room to write.
pub const EVFILT_WRITE: i32 = abi::EVFILT_WRITE as _;
/// What happens to a file or directory.
pub const EVFILT_VNODE: i32 = abi::EVFILT_VNODE as _;
/// What a process does.
pub const EVFILT_PROC: i32 = abi::EVFILT_PROC as _;
/// A signal was sent to this process, ignored or not.
pub const EVFILT_SIGNAL: i32 = abi::EVFILT_SIGNAL as _;
/// Time has passed.
pub const EVFILT_TIMER: i32 = abi::EVFILT_TIMER as _;
/// Somebody triggered it.
pub const EVFILT_USER: i32 = abi::EVFILT_USER as _;

/// Adds a knote, or changes one.
pub const EV_ADD: u32 = abi::EV_ADD as _;
/// Deletes it.
pub const EV_DELETE: u32 = abi::EV_DELETE as _;
/// Deletes it once it was reported.
pub const EV_ONESHOT: u32 = abi::EV_ONESHOT as _;
/// Resets it once it was reported: an edge.
pub const EV_CLEAR: u32 = abi::EV_CLEAR as _;
/// Asks for a receipt of the change, also of one that succeeded.
pub const EV_RECEIPT: u32 = abi::EV_RECEIPT as _;
/// The end of what can be read, or nobody reads what is written.
pub const EV_EOF: u32 = abi::EV_EOF as _;
/// This is a receipt.
pub const EV_ERROR: u32 = abi::EV_ERROR as _;

/// `EVFILT_USER`: now.
pub const NOTE_TRIGGER: u32 = abi::NOTE_TRIGGER;
/// `EVFILT_PROC`: it has ended.
pub const NOTE_EXIT: u32 = abi::NOTE_EXIT;
/// `EVFILT_VNODE`: its name was removed.
pub const NOTE_DELETE: u32 = abi::NOTE_DELETE;
/// `EVFILT_VNODE`: it was written to; of a directory, an entry came or went.
pub const NOTE_WRITE: u32 = abi::NOTE_WRITE;
/// `EVFILT_VNODE`: it became longer.
pub const NOTE_EXTEND: u32 = abi::NOTE_EXTEND;
/// `EVFILT_VNODE`: its owner, mode or times were changed.
pub const NOTE_ATTRIB: u32 = abi::NOTE_ATTRIB;
/// `EVFILT_VNODE`: its number of links has changed.
pub const NOTE_LINK: u32 = abi::NOTE_LINK;
/// `EVFILT_VNODE`: it was renamed.
pub const NOTE_RENAME: u32 = abi::NOTE_RENAME;
/// `EVFILT_VNODE`: it was revoked, or its file system unmounted.
pub const NOTE_REVOKE: u32 = abi::NOTE_REVOKE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitfall_30_a_timeout_below_a_millisecond_stays_one() {
        let t = timespec(Duration::from_micros(300));
        assert_eq!((t.tv_sec, t.tv_nsec), (0, 300_000));
        let t = timespec(Duration::from_nanos(1));
        assert_eq!((t.tv_sec, t.tv_nsec), (0, 1));
    }

    #[test]
    fn pitfall_35_a_wait_too_long_for_the_kernel_is_cut() {
        let t = timespec(Duration::MAX);
        assert_eq!(t.tv_sec as u64, LONGEST);
    }

    #[test]
    fn a_kqueue_is_closed_on_exec() {
        let kqueue = kqueue().unwrap();
        assert!(crate::descriptor::is_close_on_exec(kqueue.as_fd()).unwrap());
    }
}
