//! What happens on a signal: ours as long as somebody listens, then what it was before.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::{MOST, hear};
use crate::Result;
use crate::signal::{Informed, call, disposition, set_disposition};

const SIGNALS: usize = MOST as usize + 1;

/// Who had the signal before, where it was a function. The handler reads it, so it is never freed.
static BEFORE: [AtomicPtr<libc::sigaction>; SIGNALS] =
    [const { AtomicPtr::new(ptr::null_mut()) }; SIGNALS];

pub(super) struct Dispositions([Signal; SIGNALS]);

#[derive(Clone, Copy)]
struct Signal {
    listeners: usize,
    /// What was there before ours, while ours is there.
    before: Option<libc::sigaction>,
}

impl Dispositions {
    pub(super) const fn new() -> Dispositions {
        Dispositions([const { Signal { listeners: 0, before: None } }; SIGNALS])
    }

    /// What a child of `fork` has of them: nobody listens there yet. Who did in the parent has no
    /// bell there, and is not to be counted as one who has.
    pub(super) fn inherited(&self) -> Box<Dispositions> {
        Box::new(Dispositions(self.0.map(|known| Signal { listeners: 0, ..known })))
    }

    /// One more listens.
    pub(super) fn begin(&mut self, signal: c_int) -> Result<()> {
        let known = &mut self.0[signal as usize];
        if known.listeners == 0 {
            let mut before = disposition(signal)?;
            // Noted though nobody listens: somebody has put another handler over ours, or this is a
            // child. A function that is there is ours or may call ours, which must not call it.
            if known.before.is_none() || is_no_function(&before) {
                if before.sa_sigaction == address() {
                    // Somebody put ours back, or this is a child that has it from its parent and
                    // knows no more. It must not call itself.
                    before = noted(signal)
                        .unwrap_or(libc::sigaction { sa_sigaction: libc::SIG_DFL, ..before });
                }
                remember(signal, &before);
                set_disposition(signal, &ours(signal, &before))?;
                known.before = Some(before);
            }
        }
        known.listeners += 1;
        Ok(())
    }

    /// One fewer, of those that began in this process.
    pub(super) fn end(&mut self, signal: c_int) {
        self.0[signal as usize].listeners -= 1;
        self.put_back_if_nobody_listens(signal);
    }

    /// After the last, what was there before comes back, unless somebody has put another handler
    /// there since: that one may call ours, which then has nobody to tell.
    pub(super) fn put_back_if_nobody_listens(&mut self, signal: c_int) {
        let known = &mut self.0[signal as usize];
        let Some(before) = known.before.filter(|_| known.listeners == 0) else { return };
        let still_ours = disposition(signal).is_ok_and(|now| now.sa_sigaction == address());
        if still_ours && set_disposition(signal, &before).is_ok() {
            known.before = None;
        }
    }
}

fn address() -> usize {
    hear as Informed as usize
}

fn is_no_function(action: &libc::sigaction) -> bool {
    [libc::SIG_DFL, libc::SIG_IGN].contains(&action.sa_sigaction)
}

fn ours(signal: c_int, before: &libc::sigaction) -> libc::sigaction {
    // SAFETY: a struct of integers, a set of bits and perhaps a pointer: zero is valid for all.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = address();
    action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK | libc::SA_SIGINFO;
    if signal == libc::SIGCHLD {
        action.sa_flags |= before.sa_flags & (libc::SA_NOCLDSTOP | libc::SA_NOCLDWAIT);
    }
    // One at a time: a thread's alternate stack has room for the registers of one or two (some 3 KiB
    // each with AVX-512, sigaltstack(2)), and all kinds may come at once.
    // SAFETY: `sa_mask` is valid for writing.
    unsafe { libc::sigfillset(&raw mut action.sa_mask) };
    action
}

/// Notes whom the handler has to call, where it was not noted before.
fn remember(signal: c_int, before: &libc::sigaction) {
    let same = |old: libc::sigaction| {
        old.sa_sigaction == before.sa_sigaction && old.sa_flags == before.sa_flags
    };
    let (old, noted) = (noted(signal), &BEFORE[signal as usize]);
    if is_no_function(before) {
        noted.store(ptr::null_mut(), Ordering::Release);
    } else if !old.is_some_and(same) {
        noted.store(Box::leak(Box::new(*before)), Ordering::Release);
    }
}

/// Calls who had the signal before.
pub(super) fn pass_on(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    if let Some(before) = noted(signal) {
        call(&before, signal, info, context);
    }
}

/// Whom the handler has to call.
fn noted(signal: c_int) -> Option<libc::sigaction> {
    // SAFETY: it is null, or was leaked above.
    unsafe { BEFORE[signal as usize].load(Ordering::Acquire).as_ref() }.copied()
}
