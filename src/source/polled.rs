//! Trying a call as a poll: for the reading and writing that other crates know.
//!
//! A poll has no destructor: what it parks stays until the next poll of that direction, the next
//! edge or the source's end. So it makes way, for the next poll and for a future of ours alike.

use std::io;
use std::task::{Context, Poll};

use eagain_sys::poller::Interest;

use crate::error::LoopError;
use crate::event_loop::core::Core;
use crate::source::Source;

impl Source {
    /// Tries until there is an answer.
    pub(crate) fn poll_io<T>(
        &self,
        cx: &Context<'_>,
        direction: Interest,
        attempt: impl FnOnce() -> io::Result<Option<T>>,
    ) -> Poll<io::Result<T>> {
        if let Some(answer) = attempt().transpose() {
            return Poll::Ready(answer);
        }
        let parked = Core::with_current(|core| {
            // The task's budget may be spent, not the data; or the kernel cannot poll it.
            let ready = self.io.ready.get().satisfies(direction);
            if ready || !core.park_polled(cx.waker(), &self.io, direction)? {
                core.yield_behind(cx.waker());
            }
            Ok(())
        });
        match parked.unwrap_or_else(|| Err(LoopError::NoLoop.into())) {
            Ok(()) => Poll::Pending,
            Err(e) => Poll::Ready(Err(e)),
        }
    }
}
