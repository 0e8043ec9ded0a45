//! What any thread may ring to end a wait: `EVFILT_USER`, or a pipe where the kernel has none.

use std::sync::Arc;

use super::queue::Queue;
use super::{EV_CLEAR, Knote};
use crate::Result;
use crate::poller::self_pipe;

/// A bell of a kqueue.
#[derive(Debug)]
pub enum Bell {
    /// FreeBSD, macOS, DragonFly, NetBSD from 10 on, OpenBSD of late (fact 9).
    User(Trigger),
    /// The others: as good, and two descriptors more.
    Pipe(self_pipe::Bell),
}

/// A knote that any thread may trigger. It keeps its kqueue open.
#[derive(Debug)]
pub struct Trigger {
    queue: Arc<Queue>,
    ident: usize,
    token: u64,
}

impl Trigger {
    /// `EVFILT_USER`, added once: it is to be there before it is triggered (FreeBSD answers
    /// `ENOENT` otherwise). `EV_CLEAR` makes of each ring one event; without it there would be no
    /// end to them.
    ///
    /// `EINVAL`: this kernel has no such filter.
    pub(super) fn new(queue: Arc<Queue>, ident: usize, token: u64) -> Result<Trigger> {
        queue.change(Knote::user(ident).add(EV_CLEAR, token))?;
        Ok(Trigger { queue, ident, token })
    }
}

impl Bell {
    /// Ends the current or the next wait. Any thread may ring: one `kevent`, or one `write`.
    pub fn ring(&self) -> Result<()> {
        match self {
            Bell::User(t) => match t.queue.change(Knote::user(t.ident).trigger(t.token)) {
                Err(e) if e.is_interrupted() => self.ring(), // twice is once
                answer => answer,
            },
            Bell::Pipe(pipe) => pipe.ring(),
        }
    }

    /// Called for each of its events, before what it announced is looked at. Empties the pipe, so
    /// that it never fills; a triggered knote was reset when it was reported.
    #[inline]
    pub fn answer(&self) -> Result<()> {
        match self {
            Bell::User(_) => Ok(()),
            Bell::Pipe(pipe) => pipe.answer(),
        }
    }
}
