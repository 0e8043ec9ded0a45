//! Calls on a file, which threads make. A named pipe stands for a disk that takes its time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use eagain::EventLoop;
use eagain::fs::{File, OpenOptions};
use eagain::pipe::{self, make_named};
use eagain::time::Clock;
use tempfile::TempDir;

use crate::case::Case;

/// A file in which bytes come when they are written into its other end.
struct Slow {
    _folder: TempDir,
    file: RefCell<Option<File>>,
    sender: pipe::Sender,
    sent: Cell<u8>,
    read: Cell<u8>,
}

impl Slow {
    fn new(event_loop: &mut EventLoop) -> Slow {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pipe");
        make_named(&path, 0o600).expect("a pipe");
        // For both, so that nobody waits for the other.
        let open = async { OpenOptions::new().read(true).write(true).open(&path).await };
        let file = event_loop.block_on(open).expect("a run").expect("a file");
        let sender = pipe::OpenOptions::new().open_sender(&path).expect("the other end");
        let (sent, read) = Default::default();
        Slow { _folder: folder, file: RefCell::new(Some(file)), sender, sent, read }
    }

    fn send(&self) {
        let byte = self.sent.replace(self.sent.get().wrapping_add(1));
        assert_eq!(self.sender.try_write(&[byte]).expect("no error"), Some(1));
    }

    /// One byte; none is left out, and none comes twice.
    async fn read(self: Rc<Slow>) {
        let mut lent = Lent(self.file.take(), self);
        let mut byte = [0];
        let file = lent.0.as_mut().expect("it was there");
        assert_eq!(file.read(&mut byte).await.expect("no error"), 1);
        assert_eq!(byte[0], lent.1.read.replace(byte[0].wrapping_add(1)));
    }
}

/// A file that is put back when the future that has it is dropped.
struct Lent(Option<File>, Rc<Slow>);

impl Drop for Lent {
    fn drop(&mut self) {
        self.1.file.replace(self.0.take());
    }
}

#[test]
fn pitfall_52_read_of_a_file() {
    let case = Case {
        clock: Clock::Real,
        setup: Slow::new,
        wait: |slow| Box::pin(slow.read()),
        nudge: Slow::send,
        check: |slow| {
            slow.send();
            Box::pin(async move {
                while slow.read.get() != slow.sent.get() {
                    slow.clone().read().await;
                }
            })
        },
        sources: 0,
        registrations: 0,
        polls: 2,
    };
    case.holds(); // pitfall 52
}
