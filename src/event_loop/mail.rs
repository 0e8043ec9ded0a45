//! The letters of other threads, read and done.

use eagain_sys::poller::Batch;

use crate::event_loop::core::Core;
use crate::event_loop::inbox::Letter;
use crate::task::body::quietly;
use crate::task::generator::Cause;

impl Core {
    /// Moves to READY whom the events are about. The letters are read after that: what they ask
    /// for may be anything, so nothing is borrowed.
    #[inline(always)]
    pub(crate) fn dispatch(&self, events: &impl Batch) -> eagain_sys::Result<()> {
        if self.reactor.dispatch(events) { self.read_letters() } else { Ok(()) }
    }

    /// Reads the letters if the bell was rung, without asking the kernel. The bell's event still
    /// comes, and finds nothing to do.
    #[inline]
    pub(crate) fn read_if_rung(&self) -> eagain_sys::Result<()> {
        if self.inbox.is_rung() { self.read_letters() } else { Ok(()) }
    }

    #[cold]
    fn read_letters(&self) -> eagain_sys::Result<()> {
        let (letters, rung) = self.inbox.take()?;
        self.bells.set(self.bells.get() + u64::from(rung));
        for letter in letters {
            match letter {
                Letter::Wake(waker) => self.scheduler.wake_key(waker.taken(), Cause::Woken),
                Letter::Call(call) => quietly(call),
                Letter::Stop => {
                    self.inbox.stop_taken();
                    self.stopped.set(true);
                }
                Letter::WorkDone => self.pool.work_done(),
            }
        }
        Ok(())
    }
}
