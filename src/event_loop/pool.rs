//! Threads for work that blocks. They are started when there is work for them, a few at most, and
//! end when there was none for a while.

mod primitives;
mod queue;

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub(crate) use self::queue::Claim;
use self::queue::{Piece, Pushed, Queue};
use crate::task::body::quietly;
use crate::task::join::JoinError;

/// A piece of work that somebody waits for.
pub(crate) trait Work: Send + Sync {
    /// Does it, unless it was cancelled. When it is done the loop is sent word.
    fn run(&self);
    /// It will not be done, unless a thread has begun: then the answer is false.
    fn cancel(&self, why: JoinError) -> bool;
    fn is_cancelled(&self) -> bool;
}

impl Piece for Arc<dyn Work> {
    fn is_cancelled(&self) -> bool {
        (**self).is_cancelled()
    }
}

/// The threads of one loop.
pub(crate) struct Pool {
    queue: Arc<Queue<Arc<dyn Work>>>,
    idle: Duration,
    pending: Cell<usize>,
}

impl Pool {
    /// So many threads at most, which end when they were idle for so long.
    pub(crate) fn new(threads: usize, idle: Duration) -> Pool {
        Pool { queue: Arc::new(Queue::new(threads)), idle, pending: Cell::new(0) }
    }

    /// How many pieces of work wait for a thread or are being done, as far as the loop has
    /// heard.
    pub(crate) fn pending(&self) -> usize {
        self.pending.get()
    }

    /// Hands a piece of work to the threads.
    pub(crate) fn submit(&self, work: Arc<dyn Work>) {
        self.pending.set(self.pending.get() + 1);
        match self.queue.push(work) {
            Pushed::Queued => {}
            Pushed::StartThread => self.start_thread(),
            Pushed::Refused(work) => self.refuse([work], || JoinError::Cancelled),
        }
    }

    fn start_thread(&self) {
        let (queue, idle) = (self.queue.clone(), self.idle);
        let thread = thread::Builder::new().name("eagain-offload".to_owned());
        if let Err(e) = thread.spawn(move || work(&queue, idle)) {
            let why = || JoinError::NoThread(io::Error::from(e.kind()));
            self.refuse(self.queue.thread_failed(), why);
        }
    }

    /// Nobody will do these.
    fn refuse(&self, pieces: impl IntoIterator<Item = Arc<dyn Work>>, why: impl Fn() -> JoinError) {
        for piece in pieces {
            if piece.cancel(why()) {
                self.work_done();
            }
        }
    }

    /// A piece of work is pending no more.
    pub(crate) fn work_done(&self) {
        self.pending.set(self.pending.get() - 1);
    }

    /// A piece of work was cancelled before it was begun.
    pub(crate) fn work_cancelled(&self) {
        self.work_done();
        drop(self.queue.piece_cancelled());
    }

    /// The loop ends. What has not been begun is cancelled; what is being done, is done, and the
    /// threads end after it.
    pub(crate) fn close(&self) {
        self.refuse(self.queue.close(), || JoinError::Cancelled);
    }
}

/// What a thread does.
fn work(queue: &Queue<Arc<dyn Work>>, idle: Duration) {
    while let Some(piece) = queue.next(idle) {
        // What nobody waits for any more is dropped here, too.
        quietly(move || piece.run());
    }
}
