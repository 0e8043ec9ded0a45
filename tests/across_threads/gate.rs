//! What a thread waits at until a test lets it pass.

use std::sync::{Arc, Condvar, Mutex};

/// Closed at first, and open for ever once it was opened.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn open(&self) {
        *self.0.0.lock().expect("nobody panicked") = true;
        self.0.1.notify_all();
    }

    pub(crate) fn pass(&self) {
        let open = self.0.0.lock().expect("nobody panicked");
        drop(self.0.1.wait_while(open, |open| !*open).expect("nobody panicked"));
    }
}
