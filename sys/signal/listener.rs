//! Who hears of a signal: any number, on any thread, each with a bell of its own.
//!
//! The handler does two things for each that listens: it sets a bit, and it writes a byte to a
//! pipe. The bit is what was said, the byte only that something was: a pipe that is full loses
//! bytes, and no signal.
//!
//! The handler may run at any time, also on another thread while somebody here stops to listen.
//! So nothing that it reads is ever freed or closed: a slot, with its pipe, is kept for the next
//! who listens.

mod disposition;

use std::ffi::{c_int, c_void};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use nix::errno::Errno;

use self::disposition::Dispositions;
use crate::{Error, Result, descriptor, pipe};

/// The highest signal that can be listened to: a bit each.
const MOST: c_int = 64;

struct Slot {
    /// The bit of the signal that is listened to; none: the slot is free.
    wanted: AtomicU64,
    /// The bits of signals that have come since somebody looked.
    heard: AtomicU64,
    bell: OwnedFd,
    /// What whoever listens waits for. Kept open, or the bell would raise SIGPIPE.
    ear: OwnedFd,
    /// The process that made it. A forked one has the same pipe, which it must leave alone.
    process: i32,
    next: *const Slot,
}

/// The handler goes from here along `next`. A slot is put in front, and never taken out.
static FIRST: AtomicPtr<Slot> = AtomicPtr::new(ptr::null_mut());

/// Whose bells these are. Between fork and exec, a child must not ring its parent's.
static PROCESS: AtomicI32 = AtomicI32::new(0);

/// The registry of this process. One that was forked has its parent's, the lock of which may be
/// held by a thread that there is not: it makes its own. None of them is ever freed.
static REGISTRY: AtomicPtr<Owned> = AtomicPtr::new(ptr::null_mut());

struct Owned {
    process: i32,
    registry: Mutex<Registry>,
}

struct Registry {
    free: Vec<&'static Slot>,
    dispositions: Box<Dispositions>,
}

// SAFETY: what `next` points to is never freed, and never changed but through atomics.
unsafe impl Sync for Slot {}

fn bit(signal: c_int) -> u64 {
    1 << (signal - 1)
}

/// `pid_t getpid(void)`: cannot fail.
fn this_process() -> i32 {
    // SAFETY: it takes nothing and cannot fail.
    unsafe { libc::getpid() }
}

/// One that listens to a signal of the process, until it is dropped.
#[derive(Debug)]
#[must_use = "dropping it ends the listening"]
pub struct Listener {
    slot: &'static Slot,
    signal: c_int,
}

impl Listener {
    /// Begins to listen, and gives a descriptor that is readable once the signal has come:
    /// `pipe2` and `fcntl` F_DUPFD_CLOEXEC; the pipe of one who has ceased is used again.
    ///
    /// The first who listens to a signal installs a handler for it (`int sigaction(int signum,
    /// const struct sigaction *act, struct sigaction *oldact)`, twice), and the last one to cease
    /// puts back what was there before. A handler of before is called after ours. The flags:
    /// `SA_RESTART`, so that no system call but those that wait for events notices; `SA_ONSTACK`,
    /// for threads that have little stack of their own; for `SIGCHLD`, what was said before about
    /// children that stop or are not waited for.
    ///
    /// Who puts another handler over ours has the signal: ours is not put over that one again, which
    /// may call it. As long as it is there and does not, whoever listens hears nothing, and who
    /// begins to is not told so. Once it has gone, and nobody listens, the next one is the first
    /// again.
    ///
    /// * strace: `rt_sigaction(SIGTERM, NULL, {sa_handler=SIG_DFL, ...}, 8) = 0`, then the same
    ///   with the handler
    /// * `EINVAL`: no signal, or none that can be listened to: `SIGKILL` and `SIGSTOP` come to
    ///   nobody, and `SIGSEGV` and its like come again as soon as a handler returns. `EMFILE`,
    ///   `ENFILE`: no descriptors are left.
    /// * Manual page: sigaction(2), signal-safety(7).
    pub fn new(signal: c_int) -> Result<(Listener, OwnedFd)> {
        let synchronous = [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL];
        if !(1..=MOST).contains(&signal) || synchronous.contains(&signal) {
            return Err(Error::new("sigaction", libc::EINVAL));
        }
        let mut registry = registry();
        let slot = registry.slot()?;
        let ear = descriptor::duplicate(slot.ear.as_fd());
        let begun = ear.and_then(|ear| registry.dispositions.begin(signal).map(|()| ear));
        let ear = begun.inspect_err(|_| registry.free.push(slot))?;
        while pipe::read(slot.ear.as_fd(), &mut [0; 64]).is_ok_and(|n| n > 0) {}
        slot.heard.store(0, Ordering::Release);
        slot.wanted.store(bit(signal), Ordering::Release);
        Ok((Listener { slot, signal }, ear))
    }

    /// Whether the signal has come since this was last asked. No system call.
    ///
    /// To be asked before the bell is [answered](Listener::answer) and after that, or a signal
    /// that comes in between is heard late.
    pub fn take(&self) -> bool {
        self.slot.heard.swap(0, Ordering::AcqRel) & bit(self.signal) != 0
    }

    /// `ssize_t read(int fd, void *buf, size_t count)` of what the handler has written.
    ///
    /// * strace: `read(5, "!", 64) = 1`
    /// * `EAGAIN`: nothing was written.
    /// * Manual page: read(2).
    pub fn answer(&self) -> Result<()> {
        pipe::read(self.slot.ear.as_fd(), &mut [0; 64]).map(drop)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut registry = registry();
        self.slot.wanted.store(0, Ordering::Release);
        if self.slot.process == PROCESS.load(Ordering::Relaxed) {
            registry.dispositions.end(self.signal);
            registry.free.push(self.slot);
        } else {
            // It listened in the parent, was not counted here, and hears nothing here. But a handler
            // that is there for nobody else would keep the signal from doing what it did.
            registry.dispositions.put_back_if_nobody_listens(self.signal);
        }
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Slot(bell {})", self.bell.as_raw_fd())
    }
}

/// The registry of this process, locked.
fn registry() -> MutexGuard<'static, Registry> {
    let process = this_process();
    let mut known = REGISTRY.load(Ordering::Acquire);
    loop {
        // SAFETY: it is null, or was leaked below.
        let before = unsafe { known.cast_const().as_ref() };
        if let Some(own) = before.filter(|owned| owned.process == process) {
            let registry = own.registry.lock().unwrap_or_else(PoisonError::into_inner);
            begin_in(process);
            return registry;
        }
        let registry = Mutex::new(Registry::after(before));
        let own = Box::into_raw(Box::new(Owned { process, registry }));
        match REGISTRY.compare_exchange(known, own, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => known = own,
            Err(now) => {
                // SAFETY: it came from a box, and nobody has seen it.
                drop(unsafe { Box::from_raw(own) });
                known = now;
            }
        }
    }
}

/// A process that was forked has its parent's pipes, and begins anew. Under the lock of its own.
fn begin_in(process: i32) {
    if PROCESS.load(Ordering::Relaxed) != process {
        FIRST.store(ptr::null_mut(), Ordering::Release);
        PROCESS.store(process, Ordering::Release);
    }
}

impl Registry {
    /// What a process takes over from its parent: none of the pipes, nobody who listens, and what
    /// is done on signals. If that was being changed by another thread as it was forked, nobody
    /// knows how far it came: it is found out anew.
    fn after(before: Option<&Owned>) -> Registry {
        let known = before.and_then(|owned| match owned.registry.try_lock() {
            Ok(registry) => Some(registry.dispositions.inherited()),
            Err(TryLockError::Poisoned(e)) => Some(e.into_inner().dispositions.inherited()),
            Err(TryLockError::WouldBlock) => None,
        });
        let dispositions = known.unwrap_or_else(|| Box::new(Dispositions::new()));
        Registry { free: Vec::new(), dispositions }
    }

    fn slot(&mut self) -> Result<&'static Slot> {
        if let Some(slot) = self.free.pop() {
            return Ok(slot);
        }
        let (ear, bell) = pipe::pipe2()?;
        let slot = Box::leak(Box::new(Slot {
            wanted: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            bell,
            ear,
            process: PROCESS.load(Ordering::Relaxed),
            next: FIRST.load(Ordering::Relaxed),
        }));
        let slot: &'static Slot = slot;
        FIRST.store(ptr::from_ref(slot).cast_mut(), Ordering::Release);
        Ok(slot)
    }
}

/// The handler. Whatever it interrupts finds `errno` as it was.
extern "C" fn hear(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let errno = Errno::last_raw();
    if this_process() == PROCESS.load(Ordering::Acquire) {
        tell(signal);
    }
    disposition::pass_on(signal, info, context);
    Errno::set_raw(errno);
}

/// Async-signal-safe: allocates, locks and waits for nothing.
fn tell(signal: c_int) {
    let bit = bit(signal);
    let mut at = FIRST.load(Ordering::Acquire).cast_const();
    // SAFETY: it is null, or a slot: these are never freed.
    while let Some(slot) = unsafe { at.as_ref() } {
        at = slot.next;
        if slot.wanted.load(Ordering::Acquire) & bit == 0 {
            continue;
        }
        // If it was set, nobody has looked since, and the bell still rings.
        if slot.heard.fetch_or(bit, Ordering::AcqRel) & bit == 0 {
            // A full pipe rings as well as it can; there is nobody to tell of anything else. But
            // a bell that did not ring now would never ring again.
            while pipe::write(slot.bell.as_fd(), b"!").is_err_and(Error::is_interrupted) {}
        }
    }
}

#[cfg(test)]
mod tests;
