//! One call on a file after the other, whatever becomes of the futures.

use std::io;

use crate::fs::handed::answered;
use crate::thread::{Offload, offload};

/// What comes of a call.
pub(super) struct Done {
    pub(super) answer: io::Result<u64>,
    /// What was read.
    pub(super) bytes: Read,
}

/// What a call has read.
pub(super) enum Read {
    /// Nothing; and what was read ahead before was undone by it.
    Undone,
    /// This, behind what was read ahead before.
    More(Vec<u8>),
}

/// What there is to know of the calls that were made.
#[derive(Debug)]
pub(super) struct Order {
    /// A call that a thread has begun, and whose future was dropped.
    begun: Option<Work>,
    /// What was read and not given; the kernel's cursor is behind it.
    bytes: Vec<u8>,
    given: usize,
}

type Work = Offload<io::Result<Done>>;

impl Order {
    pub(super) fn new() -> Order {
        Order { begun: None, bytes: Vec::new(), given: 0 }
    }

    /// Waits until what a dropped future had begun is done.
    pub(super) async fn settle(&mut self) {
        if let Some(begun) = &mut self.begun {
            let done = begun.awaited().await;
            self.begun = None;
            // How it went was for the future that was dropped.
            if let Ok(Ok(done)) = done {
                self.keep(done.bytes);
            }
        }
    }

    /// Hands over the next call; everything before it is settled. What it reads is kept, to be taken.
    pub(super) async fn next(
        &mut self,
        call: impl FnOnce() -> Done + Send + 'static,
    ) -> io::Result<u64> {
        let work = offload(move || Ok(call()));
        let mut next = Next { order: self, work: Some(work) };
        let Some(work) = &mut next.work else { unreachable!("it was just put there") };
        let done = work.await;
        next.work = None;
        drop(next);
        let Done { answer, bytes } = answered(done)?;
        self.keep(bytes);
        answer
    }

    fn keep(&mut self, read: Read) {
        match read {
            Read::More(bytes) if !self.is_ahead() => (self.bytes, self.given) = (bytes, 0),
            Read::More(bytes) => self.bytes.extend_from_slice(&bytes),
            Read::Undone => (self.bytes, self.given) = (Vec::new(), 0),
        }
    }

    pub(super) fn is_ahead(&self) -> bool {
        self.given < self.bytes.len()
    }

    /// How far the kernel's cursor is ahead of what was given.
    pub(super) fn ahead(&self) -> i64 {
        (self.bytes.len() - self.given) as i64
    }

    /// Gives what was read, as far as there is room.
    pub(super) fn take(&mut self, buf: &mut [u8]) -> usize {
        let rest = &self.bytes[self.given..];
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        self.given += n;
        n
    }

    /// Gives all that was read.
    pub(super) fn take_all(&mut self, buf: &mut Vec<u8>) {
        if buf.is_empty() && self.given == 0 {
            *buf = std::mem::take(&mut self.bytes);
        } else {
            buf.extend_from_slice(&self.bytes[self.given..]);
        }
        self.keep(Read::Undone);
    }
}

/// A call that is awaited. Dropped before a thread has begun, it was never made.
struct Next<'a> {
    order: &'a mut Order,
    work: Option<Work>,
}

impl Drop for Next<'_> {
    fn drop(&mut self) {
        self.order.begun = self.work.take().filter(|work| !work.take_back());
    }
}
