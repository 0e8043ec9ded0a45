//! Signals. What is done here is done to the whole process: a [`Listener`] undoes it when it is
//! dropped, [`answer_sigusr1`] does not.

mod listener;

use std::ffi::{c_int, c_void};
use std::mem::{MaybeUninit, transmute};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use nix::errno::Errno;

pub use self::listener::Listener;
use crate::{Error, Result, board};

/// The numbers of signals, from signal(7).
pub mod number {
    pub use libc::{
        SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGIO, SIGKILL, SIGPIPE, SIGQUIT, SIGTERM, SIGUSR1,
        SIGUSR2, SIGWINCH,
    };
}

type Simple = extern "C" fn(c_int);
type Informed = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

/// Who had `SIGUSR1` before. Never freed, since the handler reads it.
static BEFORE: AtomicPtr<libc::sigaction> = AtomicPtr::new(ptr::null_mut());

/// `int sigaction(SIGUSR1, const struct sigaction *act, struct sigaction *oldact)`: from now on,
/// `SIGUSR1` makes the process write what is on the [`board`] to standard error
/// ([`board::tell`]).
///
/// The first call installs the handler, for the rest of the process's life; later ones do
/// nothing. A handler that was there before is called after ours. Where there was none, the signal
/// no longer ends the process. A program that a child process executes does not inherit it.
///
/// The flags: `SA_RESTART`, so that no system call but those that wait for events notices;
/// `SA_ONSTACK`, for threads that have little stack of their own; `SA_SIGINFO`, for the one before.
///
/// * strace: `rt_sigaction(SIGUSR1, NULL, {sa_handler=SIG_DFL, ...}, 8) = 0`, then the same with
///   the handler
/// * `EINVAL`: not for this signal.
/// * Manual page: sigaction(2), signal-safety(7).
pub fn answer_sigusr1() -> Result<()> {
    // No lock, which a thread that is no more could hold in a child of `fork`: two threads that do
    // it at a time do the same.
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if !INSTALLED.load(Ordering::Acquire) {
        // Known before ours is there, so that no signal misses it.
        note(disposition(libc::SIGUSR1)?);
        install()?;
        INSTALLED.store(true, Ordering::Release);
    }
    Ok(())
}

/// The first who was there, and not ourselves.
fn note(before: libc::sigaction) {
    if before.sa_sigaction != answer as Informed as usize {
        let noted = Box::into_raw(Box::new(before));
        let none = ptr::null_mut();
        if BEFORE.compare_exchange(none, noted, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            // SAFETY: it came from a box, and nobody has seen it.
            drop(unsafe { Box::from_raw(noted) });
        }
    }
}

/// What happens on a signal today.
fn disposition(signal: c_int) -> Result<libc::sigaction> {
    let mut now = MaybeUninit::uninit();
    // SAFETY: `now` is valid for writing; nothing is installed.
    let answer = unsafe { libc::sigaction(signal, ptr::null(), now.as_mut_ptr()) };
    Error::check("sigaction", answer)?;
    // SAFETY: the call succeeded, so it is filled in.
    Ok(unsafe { now.assume_init() })
}

fn install() -> Result<()> {
    // SAFETY: a struct of integers, a set of bits and perhaps a pointer: zero is valid for all.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = answer as Informed as usize;
    action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK | libc::SA_SIGINFO;
    // One at a time: see the other handler, in listener/disposition.rs.
    // SAFETY: `sa_mask` is valid for writing.
    unsafe { libc::sigfillset(&raw mut action.sa_mask) };
    set_disposition(libc::SIGUSR1, &action)
}

/// What is to happen from now on: a handler of ours, which does only what is async-signal-safe and
/// has the signature that its flags ask for, or what [`disposition`] told.
fn set_disposition(signal: c_int, action: &libc::sigaction) -> Result<()> {
    // SAFETY: see above.
    let answer = unsafe { libc::sigaction(signal, ptr::from_ref(action), ptr::null_mut()) };
    Error::check("sigaction", answer).map(drop)
}

/// The handler. Whatever it interrupts finds `errno` as it was.
extern "C" fn answer(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let errno = Errno::last_raw();
    board::tell();
    // SAFETY: it is null, or was leaked above.
    if let Some(before) = unsafe { BEFORE.load(Ordering::Acquire).as_ref() } {
        call(before, signal, info, context);
    }
    Errno::set_raw(errno);
}

/// Calls a handler of somebody else's.
fn call(to: &libc::sigaction, signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let address = to.sa_sigaction;
    if address == libc::SIG_DFL || address == libc::SIG_IGN {
        return;
    }
    if to.sa_flags & libc::SA_SIGINFO != 0 {
        // SAFETY: the kernel would have called it this way.
        let handler = unsafe { transmute::<usize, Informed>(address) };
        handler(signal, info, context);
    } else {
        // SAFETY: the kernel would have called it this way.
        let handler = unsafe { transmute::<usize, Simple>(address) };
        handler(signal);
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::c_int;
    use std::os::unix::thread::JoinHandleExt;
    use std::sync::Once;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    use nix::errno::Errno;
    use nix::sys::pthread::{Pthread, pthread_kill};
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};

    use super::answer_sigusr1;

    static CALLS: AtomicU32 = AtomicU32::new(0);

    extern "C" fn before(_: c_int) {
        CALLS.fetch_add(1, Ordering::Relaxed);
        Errno::EIO.set();
    }

    /// Puts a handler there, and ours on top of it. Both tests need the same.
    fn install() {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            let earlier = SigHandler::Handler(before);
            let earlier = SigAction::new(earlier, SaFlags::empty(), SigSet::empty());
            // SAFETY: the handler does only what is async-signal-safe.
            unsafe { sigaction(Signal::SIGUSR1, &earlier) }.expect("a handler");
        });
        answer_sigusr1().expect("ours"); // the second time it finds itself, and does nothing
    }

    #[test]
    fn who_had_the_signal_before_is_called_and_errno_stays() {
        for _ in 0..2 {
            install();
            let calls = CALLS.load(Ordering::Relaxed);
            Errno::ENOENT.set();
            raise(Signal::SIGUSR1).expect("a signal");
            assert_eq!(Errno::last(), Errno::ENOENT);
            assert!(CALLS.load(Ordering::Relaxed) > calls);
        }
    }

    #[test]
    fn a_system_call_that_waits_goes_on() {
        install();
        let (read, write) = nix::unistd::pipe().expect("a pipe");
        let reader = thread::spawn(move || nix::unistd::read(read, &mut [0; 8]));
        for _ in 0..100 {
            let calls = CALLS.load(Ordering::Relaxed);
            // A number to std; musl makes a pointer of it.
            let thread = reader.as_pthread_t() as Pthread;
            pthread_kill(thread, Signal::SIGUSR1).expect("a signal");
            while CALLS.load(Ordering::Relaxed) == calls && !reader.is_finished() {
                thread::yield_now();
            }
        }
        nix::unistd::write(write, b"hello").expect("a write");
        assert_eq!(reader.join().expect("no panic"), Ok(5)); // SA_RESTART
    }
}
