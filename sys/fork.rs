//! Processes that are forked: what they must not use is taken from them.
//!
//! A child of `fork` shares its parent's epoll instance: what it adds there is reported to the
//! parent, and what it waits for there the parent never hears. Of a kqueue it has only the number,
//! which is the next descriptor's. So each poller is on a list, and a handler of `pthread_atfork`
//! puts something dead in its place, in the child, before anybody else runs there. Every call on it
//! fails from then on; nobody has to ask before each call whether this is still the same process.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, Ordering};

/// How often this process was forked off, it and its parents.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// The list, which only grows. The handler takes no lock, since one that another thread held would
/// be held for ever.
static FIRST: AtomicPtr<Slot> = AtomicPtr::new(ptr::null_mut());

/// In place of a number that is not known yet.
const TAKEN: i32 = -2;

struct Slot {
    /// The descriptor; -1: the slot is free.
    number: AtomicI32,
    /// The child gets it. What it does not get, its number tells nothing of there.
    is_inherited: AtomicBool,
    next: *const Slot,
}

// SAFETY: what `next` points to is never freed, and never changed but through atomics.
unsafe impl Sync for Slot {}

unsafe extern "C" {
    fn pthread_atfork(
        prepare: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> i32;
}

/// How often this process was forked off: a number that is another one in each child. An atomic
/// load.
///
/// It counts once the first [`Guard`] was made. `vfork`, `posix_spawn` and a bare `clone`, which
/// are for those who execute another program at once, are not seen.
pub fn forks() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

/// A descriptor that no child of `fork` shall use.
#[derive(Debug)]
#[must_use = "dropping it leaves the descriptor to children"]
pub struct Guard {
    slot: &'static Slot,
}

impl Guard {
    /// From now on, until it is dropped, a child of `fork` has a socket that is connected with
    /// nothing under this number. To be dropped before the descriptor is closed.
    ///
    /// No system call, but `int pthread_atfork(void (*prepare)(void), void (*parent)(void), void
    /// (*child)(void))` for the first one, which is a matter of the C library. In the child:
    /// `socket`, `dup2`, `close` and `fcntl` F_SETFD for each.
    ///
    /// * Manual page: pthread_atfork(3).
    pub fn new(fd: BorrowedFd<'_>) -> Guard {
        Guard::of(fd.as_raw_fd(), true)
    }

    /// The same for what a child of `fork` does not get, a kqueue: there the number would be that of
    /// the next descriptor, and whoever drops the old one would close it. If it is another one's
    /// already (it was closed here before the guard was dropped), that is left alone.
    pub fn of_uninherited(fd: BorrowedFd<'_>) -> Guard {
        Guard::of(fd.as_raw_fd(), false)
    }

    fn of(number: i32, is_inherited: bool) -> Guard {
        install();
        let take = |slot: &&Slot| {
            slot.number.compare_exchange(-1, TAKEN, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        };
        let slot = slots().find(take).unwrap_or_else(add);
        slot.is_inherited.store(is_inherited, Ordering::Relaxed);
        slot.number.store(number, Ordering::Release);
        Guard { slot }
    }
}

/// Sees to it that children are told. No lock and no `Once`, which a thread that is no more could
/// hold in a child for ever; a handler that two threads install runs twice, and that is no harm.
fn install() {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if !INSTALLED.load(Ordering::Acquire) {
        // SAFETY: the handler does only what is async-signal-safe, as a child may.
        // (It fails where there is no memory for three pointers: then nobody is warned.)
        unsafe { pthread_atfork(None, None, Some(in_the_child)) };
        INSTALLED.store(true, Ordering::Release);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.slot.number.store(-1, Ordering::Release);
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Slot({})", self.number.load(Ordering::Relaxed))
    }
}

fn add() -> &'static Slot {
    let (number, is_inherited) = (AtomicI32::new(TAKEN), AtomicBool::new(true));
    let slot = Slot { number, is_inherited, next: ptr::null() };
    let slot = Box::leak(Box::new(slot));
    let mut first = FIRST.load(Ordering::Acquire);
    loop {
        slot.next = first;
        match FIRST.compare_exchange(first, slot, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return slot,
            Err(now) => first = now,
        }
    }
}

fn slots() -> impl Iterator<Item = &'static Slot> {
    let mut at = FIRST.load(Ordering::Acquire).cast_const();
    std::iter::from_fn(move || {
        // SAFETY: it is null, or a slot: these are never freed.
        let slot = unsafe { at.as_ref() }?;
        at = slot.next;
        Some(slot)
    })
}

/// The only thread of the child, before `fork` returns there.
extern "C" fn in_the_child() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    for slot in slots() {
        let number = slot.number.load(Ordering::Acquire);
        if number >= 0 && (slot.is_inherited.load(Ordering::Relaxed) || is_free(number)) {
            replace(number);
        }
    }
}

fn is_free(number: i32) -> bool {
    // SAFETY: takes no pointers.
    unsafe { libc::fcntl(number, libc::F_GETFD) == -1 }
}

/// Puts something dead where a descriptor was. A number that was merely closed would be the next
/// one's.
fn replace(number: i32) {
    let mut dead = socket();
    if dead < 0 {
        // None is left: then it is the one that is free from here on.
        // SAFETY: the guard says that it is open, or it is free; nobody uses it any more.
        unsafe { libc::close(number) };
        dead = socket();
    }
    if dead >= 0 && dead != number {
        // SAFETY: takes no pointers; in this process nobody uses the one that goes.
        unsafe { libc::dup2(dead, number) };
        // SAFETY: it was made above.
        unsafe { libc::close(dead) };
    }
    // SAFETY: takes no pointers.
    unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
}

fn socket() -> i32 {
    // SAFETY: takes no pointers.
    unsafe { libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0) }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs::File;
    use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

    use super::*;

    /// What `check` says in a child.
    pub(crate) fn in_a_child(check: impl FnOnce() -> bool) -> bool {
        // SAFETY: the child makes system calls and ends.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            let status = i32::from(!check());
            // SAFETY: it does not return.
            unsafe { libc::_exit(status) };
        }
        let mut status = -1;
        // SAFETY: `status` is valid for writing.
        let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
        waited == pid && status == 0
    }

    /// A number that is far from those that other tests are given meanwhile.
    pub(crate) fn move_to(number: i32, fd: OwnedFd) -> OwnedFd {
        // SAFETY: takes no pointers; the number is nobody's.
        assert_eq!(unsafe { libc::dup2(fd.as_raw_fd(), number) }, number);
        // SAFETY: it was just made.
        unsafe { OwnedFd::from_raw_fd(number) }
    }

    pub(crate) fn is_socket(number: i32) -> bool {
        let (mut kind, mut size) = (0_i32, size_of::<i32>() as libc::socklen_t);
        let kind = (&raw mut kind).cast();
        // SAFETY: `kind` and `size` are valid for writing.
        unsafe {
            libc::getsockopt(number, libc::SOL_SOCKET, libc::SO_TYPE, kind, &raw mut size) == 0
        }
    }

    #[test]
    fn what_a_child_does_not_get_leaves_its_number_to_nobody_there() {
        let fd = move_to(200, File::open("/dev/null").expect("a file").into());
        let _guard = Guard::of_uninherited(fd.as_fd());
        assert!(in_a_child(|| !is_socket(200)), "it is there: then it is what it was");
        drop(fd); // as if it had not been inherited
        assert!(in_a_child(|| is_socket(200)));
        let _other = move_to(200, File::open("/dev/null").expect("a file").into());
        assert!(in_a_child(|| !is_free(200) && !is_socket(200)), "it is another one's");
    }

    #[test]
    fn what_a_child_gets_is_replaced_there() {
        let fd = move_to(201, File::open("/dev/null").expect("a file").into());
        let guard = Guard::new(fd.as_fd());
        assert!(in_a_child(|| is_socket(201)));
        drop(guard);
        assert!(in_a_child(|| !is_socket(201)));
    }
}
