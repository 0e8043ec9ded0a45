//! Work that waits for a thread, in the order in which it came.
//!
//! Everything is decided under one lock. A thread that waits is *idle* until it has the lock
//! again, also when it was told to wake up already: so a piece of work finds an idle thread if
//! there are more of them than pieces that wait. A thread whose patience is over looks once more
//! before it ends.
//!
//! This file stands alone: `tests/loom` runs it through every order that threads can take.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use super::primitives::{Condvar, Mutex, MutexGuard, PoisonError};

/// A piece of work, as the queue sees it.
pub(crate) trait Piece {
    /// Nobody wants it done any more.
    fn is_cancelled(&self) -> bool;
}

pub(crate) struct Queue<P> {
    inner: Mutex<Inner<P>>,
    /// There is work, or there will never be any again.
    pub(super) changed: Condvar,
    limit: usize,
}

struct Inner<P> {
    waiting: VecDeque<P>,
    /// How many of those that wait were cancelled since it was last cleared of them.
    cancelled: usize,
    threads: usize,
    idle: usize,
    closed: bool,
}

/// What is to be done about a piece of work that was put in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pushed<P> {
    /// A thread will take it.
    Queued,
    /// A thread is to be started, which then takes work.
    StartThread,
    /// The queue is closed.
    Refused(P),
}

impl<P: Piece> Queue<P> {
    /// A queue for so many threads at most.
    pub(crate) fn new(limit: usize) -> Queue<P> {
        let inner =
            Inner { waiting: VecDeque::new(), cancelled: 0, threads: 0, idle: 0, closed: false };
        Queue { inner: Mutex::new(inner), changed: Condvar::new(), limit }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<P>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, piece: P) -> Pushed<P> {
        let mut inner = self.lock();
        if inner.closed {
            return Pushed::Refused(piece);
        }
        inner.waiting.push_back(piece);
        if inner.waiting.len() > inner.idle && inner.threads < self.limit {
            inner.threads += 1;
            return Pushed::StartThread;
        }
        self.changed.notify_one();
        Pushed::Queued
    }

    /// For the threads: the next piece of work. `None` ends the thread: there was none for so
    /// long, or never will be.
    pub(crate) fn next(&self, patience: Duration) -> Option<P> {
        let mut inner = self.lock();
        let mut timed_out = false;
        loop {
            if let Some(piece) = inner.waiting.pop_front() {
                return Some(piece);
            }
            if inner.closed || timed_out {
                inner.threads -= 1;
                return None;
            }
            inner.idle += 1;
            let woken = self.changed.wait_timeout(inner, patience);
            let (again, timeout) = woken.unwrap_or_else(PoisonError::into_inner);
            inner = again;
            inner.idle -= 1;
            timed_out = timeout.timed_out();
        }
    }

    /// A thread could not be started. What nobody is left to do is handed back.
    #[must_use = "somebody waits for it"]
    pub(crate) fn thread_failed(&self) -> VecDeque<P> {
        let mut inner = self.lock();
        inner.threads -= 1;
        if inner.threads == 0 { mem::take(&mut inner.waiting) } else { VecDeque::new() }
    }

    /// A piece that waits was cancelled. Once they are half of the queue they are taken out, and
    /// handed back to be dropped when nothing is locked.
    #[must_use = "it is dropped where nothing is locked"]
    pub(crate) fn piece_cancelled(&self) -> Vec<P> {
        let mut inner = self.lock();
        inner.cancelled += 1;
        if inner.cancelled * 2 < inner.waiting.len() {
            return Vec::new();
        }
        inner.cancelled = 0;
        let (cancelled, waiting) = mem::take(&mut inner.waiting)
            .into_iter()
            .partition::<VecDeque<P>, _>(Piece::is_cancelled);
        inner.waiting = waiting;
        cancelled.into()
    }

    /// There will be no more work. What waits is handed back; the threads end when they have done
    /// what they are at.
    #[must_use = "somebody waits for it"]
    pub(crate) fn close(&self) -> VecDeque<P> {
        let mut inner = self.lock();
        inner.closed = true;
        self.changed.notify_all();
        mem::take(&mut inner.waiting)
    }
}

/// Something that one of two takes: the thread that does it, or who cancels it.
pub(crate) struct Claim<W>(Mutex<Option<W>>);

impl<W> Claim<W> {
    pub(crate) fn new(work: W) -> Claim<W> {
        Claim(Mutex::new(Some(work)))
    }

    fn lock(&self) -> MutexGuard<'_, Option<W>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn take(&self) -> Option<W> {
        self.lock().take()
    }

    pub(crate) fn is_taken(&self) -> bool {
        self.lock().is_none()
    }
}
