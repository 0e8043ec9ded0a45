//! A pool whose threads are all busy: what is handed to it waits until one is set free.

use std::cell::RefCell;
use std::sync::mpsc::{Sender, channel};

use eagain::{EventLoop, offload};

pub(crate) struct Threads(RefCell<Vec<Sender<()>>>);

impl Threads {
    pub(crate) fn occupy(event_loop: &mut EventLoop) -> Threads {
        let occupy = async {
            let mut threads = Vec::new();
            for _ in 0..4 {
                let ((begun, has_begun), (free, is_free)) = (channel(), channel());
                let work = offload(move || {
                    let _ = begun.send(());
                    let _ = is_free.recv(); // or the test has ended
                });
                has_begun.recv().expect("a thread");
                drop(work);
                threads.push(free);
            }
            threads
        };
        Threads(event_loop.block_on(occupy).expect("a run").into())
    }

    pub(crate) fn free_one(&self) {
        drop(self.0.borrow_mut().pop());
    }

    pub(crate) fn free_all(&self) {
        self.0.take();
    }
}
