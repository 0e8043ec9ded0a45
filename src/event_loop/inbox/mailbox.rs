//! Letters from any thread to one, and a bell that ends its sleep.
//!
//! The bell is a system call, so it is rung only if it is silent. The order makes it safe: who
//! writes puts the letter in, *then* looks whether the bell was rung; the reader marks the bell
//! silent, *then* takes the letters out. A letter that is put in too late to be found finds the
//! bell silent, and rings it.
//!
//! This file stands alone: `tests/loom` runs it through every order that threads can take.

use super::primitives::{AtomicBool, Mutex, MutexGuard, Ordering, PoisonError};

/// Ends the reader's sleep.
pub(crate) trait Ring {
    type Error;
    /// Any thread may.
    fn ring(&self) -> Result<(), Self::Error>;
    /// The reader heard it, or knows of it.
    fn answer(&self) -> Result<(), Self::Error>;
}

pub(crate) struct Mailbox<Letter, Bell> {
    open: Mutex<Open<Letter, Bell>>,
    rung: AtomicBool,
}

struct Open<Letter, Bell> {
    letters: Vec<Letter>,
    /// `None` when the reader is gone: who outlives it holds no descriptor.
    bell: Option<Bell>,
}

/// What became of a letter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Posted<Letter, Error> {
    /// It will be read.
    Sent,
    /// There is nobody to read it.
    Returned(Letter),
    /// It lies there, but the bell is broken.
    Unheard(Error),
}

impl<Letter, Bell: Ring> Mailbox<Letter, Bell> {
    pub(crate) fn new(bell: Bell) -> Mailbox<Letter, Bell> {
        Mailbox {
            open: Mutex::new(Open { letters: Vec::new(), bell: Some(bell) }),
            rung: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open<Letter, Bell>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn post(&self, letter: Letter) -> Posted<Letter, Bell::Error> {
        let mut open = self.lock();
        let Open { letters, bell: Some(bell) } = &mut *open else {
            return Posted::Returned(letter);
        };
        letters.push(letter);
        if self.rung.swap(true, Ordering::AcqRel) {
            return Posted::Sent;
        }
        bell.ring().map_or_else(Posted::Unheard, |()| Posted::Sent)
    }

    /// Whether the bell was rung, without asking the kernel. Its event comes all the same.
    #[inline]
    pub(crate) fn is_rung(&self) -> bool {
        self.rung.load(Ordering::Acquire)
    }

    /// Marks the bell silent, and takes all letters. Tells whether it was rung, too.
    pub(crate) fn take(&self) -> Result<(Vec<Letter>, bool), Bell::Error> {
        let mut open = self.lock();
        if let Some(bell) = &open.bell {
            bell.answer()?; // before it counts as silent: a ring after that must not be taken out
        }
        let rung = self.rung.swap(false, Ordering::AcqRel);
        Ok((std::mem::take(&mut open.letters), rung))
    }

    /// The reader goes. What it has not read is handed back, to be dropped when nothing is
    /// locked.
    pub(crate) fn close(&self) -> (Vec<Letter>, Option<Bell>) {
        let mut open = self.lock();
        (std::mem::take(&mut open.letters), open.bell.take())
    }
}

/// A letter that is put in again and again, but lies there once at most.
pub(crate) struct Once(AtomicBool);

impl Once {
    pub(crate) fn new() -> Once {
        Once(AtomicBool::new(false))
    }

    /// To be posted, if true.
    pub(crate) fn put(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }

    /// It was taken out. Acquired too: who found it put in already made no other mark of what it
    /// had done before, and the reader must see that.
    pub(crate) fn taken(&self) {
        self.0.swap(false, Ordering::AcqRel);
    }
}
