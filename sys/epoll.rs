//! Linux: `epoll_create1`, `epoll_ctl`, `epoll_wait`, `epoll_pwait2`.
//!
//! The kernel keeps the list of what is watched, and hands out only what is ready: the cost
//! of a wait does not grow with the number of idle descriptors. Its entries belong to the
//! *open file description*, not to the number: a duplicate of a descriptor keeps the entry
//! alive after the original was closed, and then nothing can remove it any more (epoll(7),
//! "Questions and answers", 6).
//!
//! Here are the calls; [`Poller`], which is all that the loop above knows of, is in `poller`.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;
use std::{fmt, ptr};

use crate::poller::{Backend, Event, Readiness};
use crate::{Error, Result};

mod poller;

pub use self::poller::{Bell, Poller};

/// The name of this way of waiting.
pub const BACKEND: Backend = Backend::Epoll;

/// `int epoll_create1(int flags)`: makes an epoll instance, close-on-exec.
///
/// * strace: `epoll_create1(EPOLL_CLOEXEC) = 3`
/// * `EMFILE`, `ENFILE`, `ENOMEM`: out of descriptors or memory; handed up.
/// * Manual page: epoll_create(2).
pub fn epoll_create1() -> Result<OwnedFd> {
    // SAFETY: takes no pointers.
    let fd = Error::check("epoll_create1", unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
    // SAFETY: the kernel just handed out this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// What [`epoll_ctl`] does to the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `EPOLL_CTL_ADD`
    Add,
    /// `EPOLL_CTL_MOD`
    Modify,
    /// `EPOLL_CTL_DEL`
    Delete,
}

/// `int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)`: changes the list.
///
/// `flags` are `EPOLLIN` and its kin (the constants of this module), `data` is what
/// [`epoll_wait`] hands back. A descriptor that is ready when it is added or modified is
/// reported by the next wait, also edge-triggered.
///
/// * strace: `epoll_ctl(3, EPOLL_CTL_ADD, 5, {events=EPOLLIN|EPOLLET, data=0x100000001}) = 0`
/// * `EEXIST` (Add): watched already; `ENOENT` (Modify, Delete): not watched, or closed and
///   reused since; `EPERM`: a regular file or directory, which is always ready; `ENOSPC`: the
///   user's limit, `/proc/sys/fs/epoll/max_user_watches`.
/// * Manual page: epoll_ctl(2).
pub fn epoll_ctl(
    epoll: BorrowedFd<'_>,
    op: Op,
    fd: BorrowedFd<'_>,
    flags: u32,
    data: u64,
) -> Result<()> {
    // A kernel before 2.6.9 wanted a non-null event for Delete too; it costs nothing.
    let mut event = libc::epoll_event { events: flags, u64: data };
    let op = match op {
        Op::Add => libc::EPOLL_CTL_ADD,
        Op::Modify => libc::EPOLL_CTL_MOD,
        Op::Delete => libc::EPOLL_CTL_DEL,
    };
    // SAFETY: `event` is a valid epoll_event for the length of the call.
    let answer = unsafe { libc::epoll_ctl(epoll.as_raw_fd(), op, fd.as_raw_fd(), &raw mut event) };
    Error::check_on("epoll_ctl", fd, answer).map(drop)
}

/// `int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout)`:
/// sleeps until something is ready or `milliseconds` have passed; -1 is for ever, 0 does
/// not sleep. Replaces what `events` holds.
///
/// * strace: `epoll_wait(3, [{events=EPOLLIN, data=0x100000001}], 1024, -1) = 1`
/// * `EINTR`: a signal handler ran; [`Poller::wait`] makes an empty batch of it.
/// * Manual page: epoll_wait(2).
#[inline]
pub fn epoll_wait(epoll: BorrowedFd<'_>, events: &mut Events, milliseconds: i32) -> Result<()> {
    // SAFETY: `list` has room for `capacity` events (at least one; `Events` sees to that), and
    // the kernel only writes to it.
    let answer = unsafe {
        libc::epoll_wait(epoll.as_raw_fd(), events.list.as_mut_ptr(), events.capacity, milliseconds)
    };
    if answer < 0 {
        return Err(events.failed("epoll_wait", epoll));
    }
    // SAFETY: the kernel wrote the first `answer` events.
    unsafe { events.list.set_len(answer as usize) };
    Ok(())
}

/// `int epoll_pwait2(int epfd, struct epoll_event *events, int maxevents, const struct
/// timespec *timeout, const sigset_t *sigmask)`: [`epoll_wait`] to the nanosecond. Called
/// through `syscall`, since a C library may be older than the kernel.
///
/// * strace: `epoll_pwait2(3, [], 1024, {tv_sec=0, tv_nsec=300000}, NULL, 8) = 0`
/// * `ENOSYS`: the kernel is older than 5.11; `EPERM`: a seccomp filter that does not know
///   it. [`Poller::wait`] then stays with [`epoll_wait`].
/// * Manual page: epoll_wait(2).
pub fn epoll_pwait2(epoll: BorrowedFd<'_>, events: &mut Events, timeout: Duration) -> Result<()> {
    let timeout = KernelTimespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    };
    events.list.clear();
    // SAFETY: as in `epoll_wait`; `timeout` is valid for the length of the call, and a null
    // mask leaves the signal mask alone.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait2,
            epoll.as_raw_fd(),
            events.list.as_mut_ptr(),
            events.capacity,
            &raw const timeout,
            ptr::null::<libc::sigset_t>(),
            8usize, // the kernel's sigset is 64 bits, whatever the C library's is
        )
    };
    let n = Error::check_len("epoll_pwait2", epoll, answer as isize)?;
    // SAFETY: the kernel wrote the first `n` events.
    unsafe { events.list.set_len(n) };
    Ok(())
}

/// `struct __kernel_timespec` of linux/time_types.h: 64 bits each on every machine, which the C
/// library's own is not.
#[repr(C)]
struct KernelTimespec {
    tv_sec: i64,
    tv_nsec: i64,
}

/// Data to read.
pub const EPOLLIN: u32 = libc::EPOLLIN as u32;
/// Room to write.
pub const EPOLLOUT: u32 = libc::EPOLLOUT as u32;
/// The peer will write no more. Reported only if asked for.
pub const EPOLLRDHUP: u32 = libc::EPOLLRDHUP as u32;
/// Urgent data.
pub const EPOLLPRI: u32 = libc::EPOLLPRI as u32;
/// Both directions are shut down. Always reported.
pub const EPOLLHUP: u32 = libc::EPOLLHUP as u32;
/// An error is pending. Always reported.
pub const EPOLLERR: u32 = libc::EPOLLERR as u32;
/// Report changes, not states.
pub const EPOLLET: u32 = libc::EPOLLET as u32;
/// Report once, then be silent until modified.
pub const EPOLLONESHOT: u32 = libc::EPOLLONESHOT as u32;

/// Room for the events of one wait.
pub struct Events {
    list: Vec<libc::epoll_event>,
    capacity: i32,
}

impl Events {
    /// Room for `capacity` events; at least one, since the kernel refuses to wait for none.
    pub fn with_capacity(capacity: usize) -> Events {
        let capacity = capacity.clamp(1, 1 << 20);
        Events { list: Vec::with_capacity(capacity), capacity: capacity as i32 }
    }

    /// How many there is room for: at least one, and what was asked for, whatever the allocator
    /// rounded it to.
    pub fn capacity(&self) -> usize {
        self.capacity as usize
    }

    /// A wait failed, so there are none.
    #[cold]
    fn failed(&mut self, call: &'static str, epoll: BorrowedFd<'_>) -> Error {
        let error = Error::last(call).on(epoll.as_raw_fd());
        self.list.clear();
        error
    }

    /// How many events the last wait brought.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether the last wait brought none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether the last wait may have left some behind.
    pub fn is_full(&self) -> bool {
        self.list.len() == self.capacity as usize
    }

    /// The events of the last wait.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        // Fields are copied: the struct is packed on x86-64, so no reference may be taken.
        self.list.iter().map(|e| Event { token: e.u64, readiness: readiness(e.events) })
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What the kernel's flags mean: a hang-up or an error is worth a try in both directions
/// (a full pipe whose reader is gone says `EPOLLERR` alone, with neither IN nor OUT).
#[inline]
fn readiness(flags: u32) -> Readiness {
    if flags == EPOLLIN {
        return Readiness::READABLE; // by far the most
    }
    let mut r = Readiness::NONE;
    if flags & (EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLHUP | EPOLLERR) != 0 {
        r |= Readiness::READABLE;
    }
    if flags & (EPOLLOUT | EPOLLHUP | EPOLLERR) != 0 {
        r |= Readiness::WRITABLE;
    }
    if flags & (EPOLLRDHUP | EPOLLHUP | EPOLLERR) != 0 {
        r |= Readiness::READ_CLOSED;
    }
    if flags & EPOLLPRI != 0 {
        r |= Readiness::PRIORITY;
    }
    r
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poller::Interest;

    #[test]
    fn pitfall_6_hang_up_and_error_are_worth_a_try_in_both_directions() {
        for flags in [EPOLLHUP, EPOLLERR, EPOLLHUP | EPOLLERR] {
            let r = readiness(flags);
            assert!(
                r.satisfies(Interest::READ) && r.satisfies(Interest::WRITE),
                "{flags:#x}: {r:?}"
            );
        }
        assert_eq!(readiness(EPOLLIN), Readiness::READABLE);
        assert_eq!(readiness(EPOLLOUT), Readiness::WRITABLE);
    }

    #[test]
    fn pitfall_67_the_event_is_packed_where_the_kernel_packs_it() {
        let size = if cfg!(target_arch = "x86_64") { 12 } else { 16 };
        assert_eq!(size_of::<libc::epoll_event>(), size);
    }
}
